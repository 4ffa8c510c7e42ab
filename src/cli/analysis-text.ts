/** Writes the steps, estimates, patterns and comparisons of analyses for a terminal. */

import type { AnalysisEstimate, AnalysisStep, StepObject, WholeAnalysis } from '../contracts/analyses.ts';
import type { PatternComparison, TargetedStats } from '../contracts/mining.ts';
import { known, usd } from './judge-text.ts';
import { bar, clean, count, cut, duration, pad, percent, table } from './text.ts';

const stepNames: Record<AnalysisStep, string> = {
  test_set: 'test set',
  outputs: 'outputs',
  judge: 'judge',
  cluster: 'cluster',
  label: 'label',
  generate: 'generate',
};
const NAME_COLUMNS = 9;
const BAR_COLUMNS = 12;

/** `rate`: what of the step is done a second, null while unknown; `now` and `width` in seconds and columns. */
export interface StepLineOptions {
  rate: number | null;
  now: number;
  width: number;
}

/** One line: what a step does or did, how far it is, what it took. */
export function stepLine(step: StepObject, { rate, now, width }: StepLineOptions): string {
  const parts = [stateOf(step, rate), spentOn(step), secondsOf(step, now), step.note === null ? '' : clean(step.note)];
  return cut(`${pad(stepNames[step.step], NAME_COLUMNS)} ${parts.filter((part) => part !== '').join('; ')}`, width);
}

function stateOf(step: StepObject, rate: number | null): string {
  if (step.status === 'running') return progressOf(step, rate);
  const counts = Object.entries(step.counts).map(([name, value]) => `${count(value)} ${clean(name)}`);
  const ended = step.status === 'done' || step.status === 'reused';
  return ended && counts.length > 0 ? `${step.status}: ${counts.join(', ')}` : step.status;
}

function progressOf({ done, total }: StepObject, rate: number | null): string {
  const speed = rate === null ? '' : `, ${rate.toFixed(1)}/s`;
  if (total === null || total === 0) return done === 0 ? 'running' : `running: ${count(done)}${speed}`;
  const left = rate === null || rate === 0 ? null : (total - done) / rate;
  return `${bar(done / total, BAR_COLUMNS)} ${count(done)}/${count(total)}${speed}, left ${duration(left)}`;
}

function spentOn({ calls, prompt_tokens: prompt, completion_tokens: completion, cost }: StepObject): string {
  if (calls === 0) return '';
  return `${count(calls)} calls, tokens in ${count(prompt)}, out ${count(completion)}, cost ${known(cost, usd)}`;
}

function secondsOf({ started_at: from, ended_at: to, status }: StepObject, now: number): string {
  if (from === null || status === 'waiting' || status === 'skipped') return '';
  return duration((to ?? now) - from);
}

/** A line a step: what it would take. */
export function analysisEstimateLines({ steps }: AnalysisEstimate): string[] {
  return steps.map((one) => {
    const { prompt_tokens: prompt, completion_tokens: completion } = one;
    const asked =
      one.calls === 0
        ? 'no call to a model'
        : `${known(one.calls, count)} calls; tokens in ${known(prompt, count)}, out ${known(completion, count)}; cost ${known(one.cost, usd)}`;
    return `${pad(stepNames[one.step], NAME_COLUMNS)} ${asked}; time ${known(one.seconds, duration)}. ${clean(one.basis)}`;
  });
}

/** The patterns that were found, the largest first, and what of them is to be known. */
export function foundLines(analysis: WholeAnalysis, width: number): string[] {
  if (analysis.failures === 0) return ['No failures: there is nothing to group.'];
  if (analysis.found.length === 0) return [`${count(analysis.failures)} failures, not grouped.`];
  const by = analysis.vectors === null || analysis.vectors.by === 'tfidf' ? 'words (TF-IDF)' : analysis.vectors.model!;
  const rows = analysis.found.map(({ cluster, pattern }) => [
    cluster.cluster === -1 ? 'other' : String(cluster.cluster),
    `${count(cluster.size)} (${percent(cluster.share)})`,
    pattern?.severity ?? '-',
    pattern?.test ? `${percent(pattern.test.precision)} / ${percent(pattern.test.recall)}` : '-',
    clean(cluster.cluster === -1 ? 'like no other' : (pattern?.title ?? termsOf(cluster.terms))),
  ]);
  const notes = analysis.found.flatMap(({ cluster, pattern }) =>
    pattern?.note ? [`${cluster.cluster === -1 ? 'other' : cluster.cluster}: ${clean(pattern.note)}`] : [],
  );
  return [
    `${count(analysis.failures)} failures, ${count(analysis.clusters)} cluster${analysis.clusters === 1 ? '' : 's'} by ${clean(by)}:`,
    ...table([['', 'failures', 'severity', 'precision / recall', 'pattern'], ...rows], width),
    ...notes.map((note) => cut(note, width)),
  ];
}

const termsOf = (terms: { term: string }[]): string =>
  terms
    .slice(0, 5)
    .map(({ term }) => term)
    .join(', ');

/** What became of the rows of targeted data. */
export function targetedLines(stats: TargetedStats): string[] {
  const dropped = Object.entries(stats.dropped).filter(([, rows]) => rows > 0);
  const lines = [
    `${count(stats.kept)} of ${count(stats.wanted)} rows kept, ${count(stats.asked)} asked for; cost ${known(stats.cost, usd)}.`,
  ];
  if (dropped.length > 0)
    lines.push(`Dropped: ${dropped.map(([why, rows]) => `${count(rows)} ${why.replaceAll('_', ' ')}`).join(', ')}.`);
  lines.push(
    `Leakage: ${count(stats.leakage.removed)} rows like one of the ${count(stats.leakage.test_rows)} prompts of the test set were removed.`,
  );
  if (stats.stopped_by_budget) lines.push('The budget ended it; what is there was kept.');
  return [...lines, ...stats.notes.map(clean)];
}

/** Which patterns went and which came. */
export function comparisonLines(comparison: PatternComparison, width: number): string[] {
  const { before, after, overall, patterns, unlike } = comparison;
  const row = (name: string, one: PatternComparison['overall']): string[] => [
    one.change,
    `${count(one.failed_before)} to ${count(one.failed_after)} of ${count(one.n)}`,
    one.difference === null ? '-' : points(one.difference),
    one.difference_ci === null ? '-' : `${points(one.difference_ci[0])} to ${points(one.difference_ci[1])}`,
    one.p === null ? '-' : one.p < 0.001 ? '< 0.001' : one.p.toFixed(3),
    name,
  ];
  return [
    `${clean(before.model_id)} (${before.judge_run_id}) before, ${clean(after.model_id)} (${after.judge_run_id}) after; ${count(comparison.n)} items judged in both.`,
    ...table(
      [
        ['change', 'failures', 'points', '95 % interval', 'p', 'pattern'],
        row('all', overall),
        ...patterns.map((one) => row(clean(one.title), one)),
      ],
      width,
    ),
    ...(unlike === 0 ? [] : [`${count(unlike)} failures that were none before are like no pattern.`]),
    ...comparison.notes.map(clean),
  ];
}

/** A difference of shares in percentage points, with its sign. */
const points = (share: number): string => `${share > 0 ? '+' : ''}${(share * 100).toFixed(1)}`;
