/** The interval of a share that was counted. */

import { normalQuantile } from './normal.ts';

/** How sure an interval is, unless it is asked for otherwise. */
export const LEVEL = 0.95;

/**
 * The interval from `low` to `high` that holds the true share with the probability `level`, after `hits` of `n`; null
 * when n is 0. Good for small n and for shares near 0 and 1.
 * Wilson (1927), Probable inference, doi 10.1080/01621459.1927.10502953.
 */
export function wilson(hits: number, n: number, level = LEVEL): [low: number, high: number] | null {
  if (n === 0) return null;
  const z2 = normalQuantile((1 + level) / 2) ** 2;
  const share = hits / n;
  const middle = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Math.sqrt(z2) / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/** A share with its interval. */
export interface Share {
  hits: number;
  n: number;
  /** null when n is 0. */
  value: number | null;
  interval: [low: number, high: number] | null;
}

export function shareOf(hits: number, n: number, level = LEVEL): Share {
  return { hits, n, value: n === 0 ? null : hits / n, interval: wilson(hits, n, level) };
}
