/** McNemar's test in its exact form: do two models that saw the same items differ in how many they get right? */

import { logChoose } from './log-factorial.ts';

/**
 * Two-sided p of a split of the discordant pairs as uneven as `b` (one right, the other wrong) against `c` (the
 * reverse), each side being as likely: twice the smaller tail of the binomial distribution, at most 1. Exact for any
 * counts: the tail is summed from its largest part downwards, so that nothing overflows and small parts are not lost.
 */
export function mcnemar(b: number, c: number): number {
  const n = b + c;
  const k = Math.min(b, c);
  if (b === c) return 1;
  let part = 1;
  let sum = 1;
  for (let i = k; i > 0 && part > Number.EPSILON * sum * 1e-2; i--) {
    part *= i / (n - i + 1);
    sum += part;
  }
  return Math.min(1, Math.exp(Math.LN2 + logChoose(n, k) + Math.log(sum) - n * Math.LN2));
}
