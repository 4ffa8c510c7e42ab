/** McNemar's exact test: whether two jobs that predicted the same samples differ in how many they get right. */

/**
 * Two-sided p of `onlyA` against `onlyB` samples that only one of the two got right, each side being as likely: twice
 * the smaller tail of the binomial distribution B(n, 1/2), at most 1. Summed from its largest part, taken by
 * logarithms, so that nothing underflows.
 */
export function mcnemar(onlyA: number, onlyB: number): number {
  const n = onlyA + onlyB;
  const k = Math.min(onlyA, onlyB);
  if (2 * k === n) return 1;
  let log = Math.LN2 * (1 - n);
  for (let i = 1; i <= k; i++) log += Math.log((n - i + 1) / i);
  let part = 1;
  let sum = 1;
  for (let i = k; i > 0; i--) {
    part *= i / (n - i + 1);
    sum += part;
  }
  return Math.min(1, Math.exp(log) * sum);
}
