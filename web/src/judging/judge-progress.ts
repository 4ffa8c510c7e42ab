/** How far a judge run is: how many verdicts there will be, how fast they come, how long is left, what batching saved. */

import type { JudgeRunObject } from '../../../src/contracts/judging.ts';
import type { Judgment } from '../../../src/contracts/judgments.ts';
import type { RunObject } from '../../../src/contracts/runs.ts';

/** Verdicts there are, usable or not, at a time in milliseconds. */
export interface Sample {
  at: number;
  done: number;
}

/** Verdicts come a whole call at a time, so their speed is taken over a while. */
const WINDOW_MS = 120_000;
/** Shorter than this says nothing of a speed. */
const LEAST_MS = 3000;

/** The samples with one more, without those too old to say how fast it is now. A fall (a judge run gone on with) begins anew. */
export function withSample(samples: readonly Sample[], next: Sample): Sample[] {
  const last = samples.at(-1);
  if (last !== undefined && next.done < last.done) return [next];
  return [...samples.filter(({ at }) => next.at - at <= WINDOW_MS), next];
}

/** Verdicts a second; null while it cannot be told. */
export function rateOf(samples: readonly Sample[]): number | null {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.at - first.at < LEAST_MS) return null;
  return ((last.done - first.done) / (last.at - first.at)) * 1000;
}

export const doneOf = ({ judged, failed }: Pick<JudgeRunObject, 'judged' | 'failed'>) => judged + failed;

/**
 * Verdicts that a judge run will have, or would have at its end. Answers are taken up a while ahead, so before that its own
 * count is too low: then it is what the run has (or, when it is judged while it goes, will have), by the share that is judged.
 */
export function answersToJudge(
  run: Pick<JudgeRunObject, 'answers' | 'status' | 'follows' | 'settings'>,
  of: Pick<RunObject, 'total' | 'completed'> | null,
): number {
  if (run.status === 'completed' || run.status === 'imported' || of === null) return run.answers;
  const share = typeof run.settings.sample_rate === 'number' ? run.settings.sample_rate : 1;
  return Math.max(run.answers, Math.round((run.follows ? of.total : of.completed) * share));
}

/** Seconds to the end at this speed; null: not known. */
export function secondsLeft(total: number, done: number, rate: number | null): number | null {
  return rate === null || rate <= 0 ? null : Math.max(0, total - done) / rate;
}

/** Calls and tokens of batched judging against one call an answer. */
export interface Saved {
  calls: number;
  callsAlone: number;
  tokens: number;
  /** By the mean tokens of the answers that were judged alone as well; null where none were. */
  tokensAlone: number | null;
}

/** `checks`: judgments of answers judged alone, some of them or all. */
export function savedBy(
  run: Pick<
    JudgeRunObject,
    'judged' | 'failed' | 'spared' | 'judges' | 'calls' | 'prompt_tokens' | 'completion_tokens'
  >,
  checks: readonly Pick<Judgment, 'prompt_tokens' | 'completion_tokens'>[],
): Saved {
  const callsAlone = Math.max(0, doneOf(run) - run.spared) * Math.max(1, run.judges.length);
  const told = checks.filter(({ prompt_tokens }) => prompt_tokens !== null);
  const sum = told.reduce((all, one) => all + (one.prompt_tokens ?? 0) + (one.completion_tokens ?? 0), 0);
  return {
    calls: run.calls,
    callsAlone,
    tokens: run.prompt_tokens + run.completion_tokens,
    tokensAlone: told.length === 0 ? null : Math.round((sum / told.length) * callsAlone),
  };
}
