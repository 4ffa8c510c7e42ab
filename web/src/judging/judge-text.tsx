/** Words for judge runs: modes, states, kinds of errors, who judges; and how far one is, as a bar. */

import { Badge, Progress } from '@mantine/core';
import type { JudgeRunObject, JudgeRunStatus } from '../../../src/contracts/judging.ts';
import { countText, percentText } from '../grid/cell-text.ts';
import { doneOf } from './judge-progress.ts';

export const modeNames: Record<JudgeRunObject['mode'], string> = {
  rules: 'Rules',
  metrics: 'Similarity',
  single: 'One by one',
  batch: 'Many a call',
  pairwise: 'In pairs',
  human: 'People',
};

const states: Record<JudgeRunStatus, [words: string, colour: string]> = {
  running: ['judging', 'blue'],
  completed: ['completed', 'green'],
  failed: ['failed', 'red'],
  cancelled: ['cancelled', 'gray'],
  stopped_by_budget: ['stopped by its budget', 'orange'],
  imported: ['imported', 'gray'],
};

export function JudgeStatus({ status }: { status: JudgeRunStatus }) {
  const [words, colour] = states[status];
  return (
    <Badge variant="dot" color={colour} tt="none" fw={500} styles={{ root: { flex: 'none' } }}>
      {words}
    </Badge>
  );
}

export function JudgeProgress({ run, total }: { run: JudgeRunObject; total: number }) {
  const share = (count: number) => (total === 0 ? 0 : Math.min(100, (count / total) * 100));
  return (
    <Progress.Root size="sm">
      <Progress.Section
        value={share(run.judged)}
        aria-label={`Progress of ${run.id}`}
        aria-valuetext={`${countText(doneOf(run))} of ${countText(total)} judged, ${countText(run.failed)} without a verdict`}
      />
      <Progress.Section value={share(run.failed)} color="red" withAria={false} />
    </Progress.Root>
  );
}

/** The models that judge, or what does instead. */
export const judgeNames = ({ judges, mode }: Pick<JudgeRunObject, 'judges' | 'mode'>): string =>
  judges.length > 0 ? judges.join(', ') : mode === 'human' ? 'people' : 'no model';

const errorWords: Record<string, string> = {
  unusable: 'the reply could not be used, also when asked again',
  missing: 'the reply left the answer out',
  doubled: 'the reply judged the answer twice',
  call_failed: 'the call failed',
  refused: 'the judge refused',
  no_answer: 'there is no answer to judge',
  no_reference: 'there is no expected answer',
  unsure: 'who labelled it was unsure',
};

/** "missing: the reply left the answer out". */
export const errorText = (code: string): string => (code in errorWords ? `${code}: ${errorWords[code]}` : code);

/** "63 %, between 60 % and 66 %". */
export function rateWords(rate: number | null, interval: readonly [number, number] | null): string {
  if (rate === null) return 'unknown';
  if (interval === null) return percentText(rate);
  return `${percentText(rate)}, between ${percentText(interval[0])} and ${percentText(interval[1])}`;
}

/** A score of 10 with the digits it needs. */
export const scoreText = (score: number): string => String(Math.round(score * 100) / 100);

/** Which of two answers a comparison prefers. */
export const preferenceNames = {
  a: 'A is better',
  b: 'B is better',
  tie: 'As good',
  undecided: 'Undecided: it followed the order',
} as const;
