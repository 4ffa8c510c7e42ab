/** The state of a training job, its figures and its sources in words. */

import { Badge } from '@mantine/core';
import type { TrainingJob, TrainingSource, TrainingStatus } from '../../../src/contracts/training.ts';
import { countText } from '../grid/cell-text.ts';

const states: Record<TrainingStatus, [words: string, colour: string]> = {
  created: ['waits for its trainer', 'gray'],
  running: ['running', 'blue'],
  completed: ['completed', 'green'],
  failed: ['failed', 'red'],
  interrupted: ['interrupted', 'orange'],
};

export function TrainingStatusBadge({ status }: Pick<TrainingJob, 'status'>) {
  const [words, colour] = states[status];
  return (
    <Badge variant="dot" color={colour} tt="none" fw={500} styles={{ root: { flex: 'none' } }}>
      {words}
    </Badge>
  );
}

/** What is smaller is written with an exponent. */
const SMALL = 0.001;

/** Four digits that count: "1.834", "0.0291", "1.5e-4". */
export function metricText(value: number): string {
  const rounded = Number(value.toPrecision(4));
  return rounded !== 0 && Math.abs(rounded) < SMALL ? rounded.toExponential() : String(rounded);
}

/** "1 sample", "12 samples". */
export const samplesText = (count: number): string => (count === 1 ? '1 sample' : `${countText(count)} samples`);

/** "120 of 400", "120", or nothing before the first word of the trainer. */
export function stepText({ step, total_steps }: Pick<TrainingJob, 'step' | 'total_steps'>): string {
  if (step === null) return '';
  return total_steps === null ? countText(step) : `${countText(step)} of ${countText(total_steps)}`;
}

/** Of all steps, 0 to 1; null while it is not known. */
export function shareDone({ step, total_steps }: Pick<TrainingJob, 'step' | 'total_steps'>): number | null {
  return step === null || total_steps === null || total_steps === 0 ? null : Math.min(1, step / total_steps);
}

const sources: Record<TrainingSource['kind'], string> = {
  golden_set: 'golden set',
  analysis: 'data of the analysis',
  dataset: 'dataset',
};

export const sourceText = (source: TrainingSource | null, own: string): string =>
  source === null ? own : `${sources[source.kind]} ${source.id}`;
