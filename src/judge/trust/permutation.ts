/** Whether two numbers of each row go together more than chance would have it: correlation with a permutation test. */

import { type Random, seededRandom } from '../../compare/random.ts';

/** A row with its two numbers. Values are exchanged within a stratum only: what sets strata apart cannot look like an effect. */
export interface PairedRow {
  x: number;
  y: number;
  stratum: string;
}

export interface PermutationOptions {
  repetitions?: number;
  seed?: number;
}

export interface Correlation {
  n: number;
  /** Pearson's, -1 to 1, of what is left of both once the mean of its stratum is taken off; null where one never varies. */
  correlation: number | null;
  /** Change of y for one more of x. */
  slope: number | null;
  /** Share of the shuffles, this order among them, with a correlation at least as far from 0; null where there is none. */
  p: number | null;
}

const REPETITIONS = 1000;
/** Shuffled numbers in all; of many rows fewer shuffles are made, but never under 200. */
const MAX_DRAWS = 20_000_000;
const MIN_REPETITIONS = 200;
/** Sums of the same numbers in another order differ by about this much of themselves. */
const ROUNDING = 1e-9;

/**
 * p is (1 + shuffles as extreme) / (1 + shuffles), so it is never 0: Phipson & Smyth (2010), Permutation P-values should
 * never be zero, doi 10.2202/1544-6115.1585.
 */
export function correlationWithin(
  rows: PairedRow[],
  { repetitions = REPETITIONS, seed = 1 }: PermutationOptions = {},
): Correlation {
  const strata = strataOf(rows);
  const x = centred(
    rows.map((row) => row.x),
    strata,
  );
  const y = centred(
    rows.map((row) => row.y),
    strata,
  );
  const [xx, yy, xy] = [product(x, x), product(y, y), product(x, y)];
  if (xx === 0 || yy === 0) return { n: rows.length, correlation: null, slope: null, p: null };
  const random = seededRandom(seed);
  const rounds = Math.max(
    Math.min(repetitions, MIN_REPETITIONS),
    Math.min(repetitions, Math.floor(MAX_DRAWS / x.length)),
  );
  const shuffled = Float64Array.from(y);
  let extreme = 1;
  for (let round = 0; round < rounds; round++) {
    for (const stratum of strata) shuffle(shuffled, stratum, random);
    if (Math.abs(product(x, shuffled)) >= Math.abs(xy) * (1 - ROUNDING)) extreme += 1;
  }
  return { n: rows.length, correlation: xy / Math.sqrt(xx * yy), slope: xy / xx, p: extreme / (rounds + 1) };
}

/** The places of the rows of each stratum. */
function strataOf(rows: PairedRow[]): number[][] {
  const strata = new Map<string, number[]>();
  rows.forEach(({ stratum }, at) => {
    const known = strata.get(stratum);
    if (known === undefined) strata.set(stratum, [at]);
    else known.push(at);
  });
  return [...strata.values()];
}

/** Less the mean of their stratum; exactly 0 where all of a stratum are the same. */
function centred(list: number[], strata: number[][]): Float64Array {
  const out = new Float64Array(list.length);
  for (const places of strata) {
    if (places.every((at) => list[at] === list[places[0]!])) continue;
    const mean = places.reduce((sum, at) => sum + list[at]!, 0) / places.length;
    for (const at of places) out[at] = list[at]! - mean;
  }
  return out;
}

/** Fisher and Yates, over the places of one stratum. */
function shuffle(list: Float64Array, places: number[], random: Random): void {
  for (let last = places.length - 1; last > 0; last--) {
    const [a, b] = [places[last]!, places[Math.floor(random() * (last + 1))]!];
    const kept = list[a]!;
    list[a] = list[b]!;
    list[b] = kept;
  }
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}
