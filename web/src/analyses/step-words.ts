/** The steps of an analysis in words: names, states, what came out, how long it took, what is done anew. */

import type { AnalysisObject, AnalysisStep, StepObject, StepStatus } from '../../../src/contracts/analyses.ts';
import { durationText } from '../app/figures.ts';
import { countText } from '../grid/cell-text.ts';

export const stepNames: Record<AnalysisStep, string> = {
  test_set: 'Test set',
  outputs: 'Outputs',
  judge: 'Judge',
  cluster: 'Cluster',
  label: 'Label',
  generate: 'Generate',
};

export const stepAbout: Record<AnalysisStep, string> = {
  test_set: 'draws the items that are asked',
  outputs: 'asks the models, once',
  judge: 'says which answers fail',
  cluster: 'puts failures that are alike together',
  label: 'names each group, and tests the name',
  generate: 'writes training data against the patterns',
};

export const statusWords: Record<StepStatus, string> = {
  waiting: 'waiting',
  running: 'running',
  done: 'done',
  reused: 'was there already',
  skipped: 'left out',
  failed: 'failed',
};

/** "312 of 1,000", "312", or nothing before it began. */
export function progressWords({ status, done, total }: Pick<StepObject, 'status' | 'done' | 'total'>): string | null {
  if (status === 'waiting' || status === 'skipped' || (total === null && done === 0)) return null;
  if (total === null || (total === done && status !== 'running')) return countText(done);
  return `${countText(done)} of ${countText(total)}`;
}

/** Share that is done, 0 to 1; null while nobody knows. */
export const shareDone = ({ done, total }: Pick<StepObject, 'done' | 'total'>): number | null =>
  total === null || total <= 0 ? null : Math.min(1, done / total);

/** "280 failures", "6 clusters": what came out, by its names. */
export const countWords = (counts: Record<string, number>): string[] =>
  Object.entries(counts).map(([name, value]) => `${countText(value)} ${name.replaceAll('_', ' ')}`);

/** How long a step took, or has taken by `now` (unix seconds); null before it began. */
export function tookText(
  { started_at, ended_at }: Pick<StepObject, 'started_at' | 'ended_at'>,
  now: number,
): string | null {
  return started_at === null ? null : durationText((ended_at ?? now) - started_at);
}

/** The step that an analysis is at, or ended at. */
export function currentStep({ steps }: Pick<AnalysisObject, 'steps'>): StepObject | null {
  return (
    steps.find(({ status }) => status === 'running' || status === 'failed') ??
    steps.findLast(({ status }) => status === 'done' || status === 'reused') ??
    null
  );
}

/** What says that failures are clustered otherwise than before: then map and failures are fetched anew. */
export function clusteringOf({ steps }: Pick<AnalysisObject, 'steps'>): string | null {
  const step = steps.find(({ step }) => step === 'cluster');
  if (step === undefined || (step.status !== 'done' && step.status !== 'reused')) return null;
  return `${step.inputs} ${step.ended_at}`;
}

/** Steps that are done anew when one is begun again: that one and those behind it, without what is left out. */
export function stepsFrom({ steps }: Pick<AnalysisObject, 'steps'>, from: AnalysisStep): AnalysisStep[] {
  const at = steps.findIndex(({ step }) => step === from);
  return steps.filter(({ status }, i) => i >= at && status !== 'skipped').map(({ step }) => step);
}
