/** Writes estimates, progress and figures of judge runs for a terminal. */

import type { JudgeEstimate, JudgeRunObject } from '../contracts/judging.ts';
import type { GroupFigures, JudgeSummary } from '../contracts/judgments.ts';
import { bar, clean, count, cut, duration, pad, percent } from './text.ts';

/** A figure as `write` writes it, or that nobody knows it. */
export const known = (value: number | null, write: (value: number) => string): string =>
  value === null ? 'unknown' : write(value);
/** US dollars. */
export const usd = (value: number): string => `$${value < 1 ? value.toFixed(4) : value.toFixed(2)}`;

/** What a judge run will take, before anything is asked. */
export function estimateLines(estimate: JudgeEstimate): string[] {
  const { answers, calls, calls_one_by_one: alone } = estimate;
  if (calls === 0) return [`${count(answers)} answers, no call to a model.`];
  const dated = estimate.price_as_of === null ? '' : ` (prices as of ${estimate.price_as_of})`;
  const spared = alone > calls ? ` (one by one: ${count(alone)})` : '';
  return [
    `${count(answers)} answers, ${count(calls)} calls${spared}; tokens in ${known(estimate.prompt_tokens, count)}, out ` +
      `${known(estimate.completion_tokens, count)}; time ${known(estimate.seconds, duration)}; cost ${known(estimate.cost, usd)}${dated}.`,
    estimate.basis,
  ];
}

/** One or two lines: how far it is, how fast, what it took so far. `rate` is verdicts a second. */
export function progressLines(run: JudgeRunObject, { rate, width }: { rate: number | null; width: number }): string[] {
  const done = run.judged + run.failed;
  const left = rate === null || rate === 0 ? null : (run.answers - done) / rate;
  const share = run.answers === 0 ? 0 : done / run.answers;
  const state = run.status === 'running' ? `left ${duration(left)}` : run.status;
  const lines = [
    `${bar(share, 20)} ${count(done)}/${count(run.answers)} judged${run.failed > 0 ? `, ${count(run.failed)} without a verdict` : ''}  ${state}`,
    `${count(run.passed)} passed${run.judges.length === 0 ? '' : callsOf(run)}${rate === null ? '' : `; ${rate.toFixed(1)}/s`}`,
  ];
  if (run.problem !== null) lines.push(clean(run.problem));
  return lines.map((line) => cut(line, width));
}

/** What was asked of models so far. */
const callsOf = (run: JudgeRunObject): string =>
  `; ${count(run.calls)} calls, ${count(run.asked_again)} of them again; tokens in ${count(run.prompt_tokens)}, ` +
  `out ${count(run.completion_tokens)}; cost ${known(run.cost, usd)}`;

/** The figures of a judge run: all, by category, by criterion. */
export function summaryLines(summary: JudgeSummary): string[] {
  const { judge_run: run } = summary;
  const categories = Object.entries(summary.categories);
  const lines = [
    '',
    row('all', summary),
    ...(categories.length > 1 ? categories.map(([name, one]) => row(name, one)) : []),
  ];
  const criteria = Object.entries(summary.criteria);
  if (criteria.length > 0) lines.push('');
  for (const [name, one] of criteria)
    lines.push(
      `${pad(clean(name), 24)} mean ${one.mean.toFixed(2)}, ${percent(one.pass_rate)} at ${one.pass} or above`,
    );
  if (summary.preferences !== null) {
    const { a, b, tie, undecided } = summary.preferences;
    lines.push('', `first better ${a}, second better ${b}, tie ${tie}, undecided (it followed the order) ${undecided}`);
  }
  for (const [code, n] of Object.entries(summary.error_codes)) lines.push(`without a verdict, ${code}: ${count(n)}`);
  if (run.check !== null) {
    const { n, kappa, batch_size: size } = run.check;
    const agreement = kappa === null ? 'kappa is not defined: all passed, or none' : `kappa ${kappa.toFixed(2)}`;
    lines.push(`batched against alone: ${agreement} over ${count(n)} answers; ${size} answers a call at the end`);
  }
  return lines;
}

function row(name: string, one: GroupFigures): string {
  const interval = one.pass_ci === null ? '' : ` (${percent(one.pass_ci[0])} to ${percent(one.pass_ci[1])})`;
  const rate = one.pass_rate === null ? 'nothing to pass' : `${percent(one.pass_rate)} pass${interval}`;
  return `${pad(clean(name), 24)} ${count(one.n)} answers, ${rate}${one.mean === null ? '' : `, mean ${one.mean.toFixed(2)}`}`;
}
