/** The state of a project in a word or two: whether tasks go out, whether something went wrong, how it is joined. */

import { Badge } from '@mantine/core';
import type { LabelProject } from '../../../src/contracts/label-studio.ts';
import { originNames } from './label-words.ts';

export function ProjectState({ project }: { project: Pick<LabelProject, 'push' | 'problem' | 'origin'> }) {
  const [words, colour] = stateOf(project);
  return (
    <Badge variant="dot" color={colour} tt="none" fw={500} styles={{ root: { flex: 'none' } }}>
      {words}
    </Badge>
  );
}

function stateOf({ push, problem, origin }: Pick<LabelProject, 'push' | 'problem' | 'origin'>): [string, string] {
  if (push?.state === 'running') return [push.problem === null ? 'pushing' : 'pushing, waits', 'blue'];
  if (push?.state === 'failed') return ['push failed', 'red'];
  if (problem !== null) return ['needs a look', 'orange'];
  return [originNames[origin], 'green'];
}
