/** Random numbers that a seed repeats, and binomial draws from them. */

import { logFactorial } from './log-factorial.ts';

/** Draws evenly from 0 (with) to 1 (without). */
export type Random = () => number;

/** Chris Doty-Humphrey's sfc32, as PractRand has it, started from one number. */
export function seededRandom(seed: number): Random {
  let [a, b, c, counter] = [seed | 0, Math.floor(seed / 2 ** 32) | 0, 0x9e3779b9 | 0, 1];
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  // The first numbers of similar seeds are similar.
  for (let i = 0; i < 15; i++) next();
  return next;
}

/** How many of `n` tries succeed when each does with probability `p`. */
export function drawBinomial(random: Random, n: number, p: number): number {
  if (n <= 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - drawBinomial(random, n, 1 - p);
  return n * p < 10 ? byInversion(random, n, p) : byRejection(random, n, p);
}

/** Walks along the probabilities of 0, 1, 2, … until they add up to a random number. */
function byInversion(random: Random, n: number, p: number): number {
  const odds = p / (1 - p);
  let probability = Math.exp(n * Math.log1p(-p));
  let left = random();
  let k = 0;
  while (left > probability && k < n) {
    left -= probability;
    k += 1;
    probability *= ((n - k + 1) / k) * odds;
  }
  return k;
}

/** Transformed rejection: Hormann (1993), The generation of binomial random variates, algorithm BTRS, doi 10.1080/00949659308811496. */
function byRejection(random: Random, n: number, p: number): number {
  const spread = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const centre = n * p + 0.5;
  const sure = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * spread;
  const logOdds = Math.log(p / (1 - p));
  const mode = Math.floor((n + 1) * p);
  const height = logFactorial(mode) + logFactorial(n - mode);
  for (;;) {
    const u = random() - 0.5;
    const v = random();
    const rest = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / rest + b) * u + centre);
    if (rest >= 0.07 && v <= sure) return k;
    if (k < 0 || k > n) continue;
    const bound = height - logFactorial(k) - logFactorial(n - k) + (k - mode) * logOdds;
    if (Math.log((v * alpha) / (a / (rest * rest) + b)) <= bound) return k;
  }
}
