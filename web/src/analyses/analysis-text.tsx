/** The state of an analysis in words. */

import { Badge } from '@mantine/core';
import type { AnalysisObject, AnalysisStatus } from '../../../src/contracts/analyses.ts';
import { currentStep, stepNames } from './step-words.ts';

const states: Record<AnalysisStatus, [words: string, colour: string]> = {
  running: ['running', 'blue'],
  completed: ['completed', 'green'],
  failed: ['failed', 'red'],
  cancelled: ['cancelled', 'gray'],
};

export function AnalysisStatusBadge({ analysis }: { analysis: Pick<AnalysisObject, 'status' | 'steps'> }) {
  const [words, colour] = states[analysis.status];
  const at = analysis.status === 'completed' ? null : currentStep(analysis);
  return (
    <Badge variant="dot" color={colour} tt="none" fw={500} styles={{ root: { flex: 'none' } }}>
      {words}
      {at !== null && `: ${stepNames[at.step].toLowerCase()}`}
    </Badge>
  );
}
