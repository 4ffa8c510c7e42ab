/** Puts the predictions of two jobs beside each other, sample by sample, and counts who is right where. */

import type { Prediction } from '../../../src/contracts/predictions.ts';

/** What of a prediction says which sample it is of, and how it went. */
export type Matched = Pick<
  Prediction,
  'sample_index' | 'sample_id' | 'prompt' | 'ground_truth' | 'scores' | 'truth_nll' | 'prediction'
>;

export interface SamplePair<P extends Matched> {
  a: P;
  b: P;
}

export interface SamplePairs<P extends Matched> {
  /** In the order of the first. */
  pairs: SamplePair<P>[];
  /** Samples that only one of the two has. */
  onlyInA: P[];
  onlyInB: P[];
}

/**
 * Samples are one and the same by their id with the same truth (ids of two datasets may be alike by chance), else by
 * prompt and truth. Each is matched once.
 */
export function matchSamples<P extends Matched>(a: readonly P[], b: readonly P[]): SamplePairs<P> {
  const free = new Set(b);
  const partners = new Map<P, P>();
  for (const keyOf of [byId, byText]) {
    const left = new Map<string, P[]>();
    for (const each of free) {
      const key = keyOf(each);
      if (key === null) continue;
      const same = left.get(key);
      if (same) same.push(each);
      else left.set(key, [each]);
    }
    for (const each of a) {
      const key = partners.has(each) ? null : keyOf(each);
      const partner = key === null ? undefined : left.get(key)?.shift();
      if (partner === undefined) continue;
      partners.set(each, partner);
      free.delete(partner);
    }
  }
  return {
    pairs: a.flatMap((each) => (partners.has(each) ? [{ a: each, b: partners.get(each)! }] : [])),
    onlyInA: a.filter((each) => !partners.has(each)),
    onlyInB: [...free],
  };
}

const byId = ({ sample_id, ground_truth }: Matched) =>
  sample_id === null ? null : JSON.stringify([sample_id, ground_truth]);
const byText = ({ prompt, ground_truth }: Matched) => JSON.stringify([prompt, ground_truth]);

/** untold: one of the two could not be made, or has no such score. */
export const standings = ['both', 'only_a', 'only_b', 'neither', 'untold'] as const;
export type Standing = (typeof standings)[number];

export interface RightBy {
  score: string;
  /** A prediction is right at a score of at least this. */
  mark: number;
}

/** Whether a prediction is right; null: it could not be made, or has no such score. */
export function isRight(
  { prediction, scores }: Pick<Matched, 'prediction' | 'scores'>,
  { score, mark }: RightBy,
): boolean | null {
  const value = prediction === null ? null : (scores[score] ?? null);
  return value === null ? null : value >= mark;
}

export function standingOf({ a, b }: SamplePair<Matched>, by: RightBy): Standing {
  const [rightA, rightB] = [isRight(a, by), isRight(b, by)];
  if (rightA === null || rightB === null) return 'untold';
  if (rightA) return rightB ? 'both' : 'only_a';
  return rightB ? 'only_b' : 'neither';
}

export function countStandings(pairs: readonly SamplePair<Matched>[], by: RightBy): Record<Standing, number> {
  const counts = { both: 0, only_a: 0, only_b: 0, neither: 0, untold: 0 };
  for (const pair of pairs) counts[standingOf(pair, by)] += 1;
  return counts;
}

/** Means over the pairs that have the figure on both sides. */
export interface PairedMean {
  a: number;
  b: number;
  /** b less a. */
  difference: number;
  pairs: number;
}

/** null: no pair has the figure on both sides. */
export function pairedMean(
  pairs: readonly SamplePair<Matched>[],
  figure: (of: Matched) => number | null,
): PairedMean | null {
  const both = pairs.flatMap(({ a, b }) => {
    const [x, y] = [figure(a), figure(b)];
    return x === null || y === null ? [] : [[x, y] as const];
  });
  if (both.length === 0) return null;
  const mean = (at: 0 | 1) => both.reduce((sum, each) => sum + each[at], 0) / both.length;
  const [a, b] = [mean(0), mean(1)];
  return { a, b, difference: b - a, pairs: both.length };
}
