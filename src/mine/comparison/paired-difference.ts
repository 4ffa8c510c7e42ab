/** The difference of two shares that were counted on the same items, with its interval. */

import { wilson } from '../../judge/trust/wilson.ts';

/** Items by whether they fail after and fail before. */
export interface PairedCounts {
  both: number;
  afterOnly: number;
  beforeOnly: number;
  neither: number;
}

/**
 * Share that fails after less share that fails before, with its 95 % interval; null without an item. Good for small counts and for shares
 * near 0 and 1. Newcombe (1998), Improved confidence intervals for the difference between binomial proportions based on
 * paired data, method 10, doi 10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C: Wilson's intervals of both shares, put
 * together by their correlation.
 */
export function pairedDifference(
  counts: PairedCounts,
): { difference: number; interval: [low: number, high: number] } | null {
  const { both, afterOnly, beforeOnly, neither } = counts;
  const n = both + afterOnly + beforeOnly + neither;
  const after = wilson(both + afterOnly, n);
  const before = wilson(both + beforeOnly, n);
  if (after === null || before === null) return null;
  const [p, q] = [(both + afterOnly) / n, (both + beforeOnly) / n];
  const phi = correlation(counts, n);
  const reach = (one: number, other: number) => Math.sqrt(Math.max(0, one ** 2 - 2 * phi * one * other + other ** 2));
  const difference = (afterOnly - beforeOnly) / n;
  return {
    difference,
    interval: [
      Math.max(-1, difference - reach(p - after[0], before[1] - q)),
      Math.min(1, difference + reach(after[1] - p, q - before[0])),
    ],
  };
}

/** Phi with the paper's correction for continuity, which takes no more than what there is; 0 where a margin is empty. */
function correlation({ both, afterOnly, beforeOnly, neither }: PairedCounts, n: number): number {
  const margins = (both + afterOnly) * (beforeOnly + neither) * (both + beforeOnly) * (afterOnly + neither);
  if (margins === 0) return 0;
  const product = both * neither - afterOnly * beforeOnly;
  return (product > 0 ? Math.max(0, product - n / 2) : product) / Math.sqrt(margins);
}
