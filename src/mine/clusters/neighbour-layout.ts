/** Lays points out in few dimensions so that neighbours stay together and others go apart. */

import type { Random } from '../../compare/random.ts';
import type { Matrix } from '../vectors/matrix.ts';
import type { Neighbours } from './nearest-neighbours.ts';

/** Points pushed away for each pair pulled together; how far one push or pull goes at most. */
const PUSHES = 5;
const LONGEST_STEP = 4;
/** Of the curve 1 / (1 + a d^(2b)), which says how alike points at a distance d are; fitted for a least distance of 0.5, which makes clusters wide enough to point at. */
const [a, b] = [0.58, 1.33];

interface Pair {
  from: Int32Array;
  to: Int32Array;
  weights: Float32Array;
}

export interface LayoutOptions {
  /** Where the points begin: n x dimensions. It is changed in place. */
  start: Matrix;
  epochs: number;
  random: Random;
}

/** McInnes, Healy and Melville (2018), UMAP, arXiv 1802.03426, with stochastic gradient descent in one thread, thus repeatable. */
export function neighbourLayout(neighbours: Neighbours, { start, epochs, random }: LayoutOptions): Matrix {
  const { from, to, weights } = likenesses(neighbours);
  const { rows, columns, values } = start;
  const largest = weights.reduce((most, weight) => Math.max(most, weight), 0);
  const due = new Float32Array(weights.length);
  for (let epoch = 0; epoch < epochs && largest > 0; epoch++) {
    const step = 1 - epoch / epochs;
    for (let pair = 0; pair < weights.length; pair++) {
      due[pair]! += weights[pair]! / largest;
      if (due[pair]! < 1) continue;
      due[pair]! -= 1;
      move(values, { of: from[pair]! * columns, other: to[pair]! * columns, columns, step, pull: true });
      for (let push = 0; push < PUSHES; push++) {
        const other = Math.floor(random() * rows);
        if (other !== from[pair])
          move(values, { of: from[pair]! * columns, other: other * columns, columns, step, pull: false });
      }
    }
  }
  return start;
}

interface Move {
  of: number;
  other: number;
  columns: number;
  step: number;
  pull: boolean;
}

/** One step down the gradient of the cross entropy; a pull moves both points. */
function move(values: Float32Array, { of, other, columns, step, pull }: Move): void {
  let squared = 0;
  for (let at = 0; at < columns; at++) squared += (values[of + at]! - values[other + at]!) ** 2;
  if (pull && squared === 0) return;
  const raised = a * squared ** b;
  const slope = pull ? (-2 * b * raised) / squared / (1 + raised) : (2 * b) / ((0.001 + squared) * (1 + raised));
  for (let at = 0; at < columns; at++) {
    const wanted = slope * (values[of + at]! - values[other + at]!);
    const moved = Math.max(-LONGEST_STEP, Math.min(LONGEST_STEP, wanted)) * step;
    values[of + at]! += moved;
    if (pull) values[other + at]! -= moved;
  }
}

/** Each pair in both directions, with how likely one of the two takes the other for a neighbour. */
function likenesses({ k, places, distances }: Neighbours): Pair {
  const rows = k === 0 ? 0 : places.length / k;
  const found = new Map<number, number>();
  for (let row = 0; row < rows; row++) {
    const own = distances.subarray(row * k, (row + 1) * k);
    const nearest = own[0]!;
    const width = widthOf(own, nearest);
    for (let rank = 0; rank < k; rank++) {
      const other = places[row * k + rank]!;
      const likeness = Math.exp(-Math.max(0, own[rank]! - nearest) / width);
      const key = Math.min(row, other) * rows + Math.max(row, other);
      const before = found.get(key) ?? 0;
      // Either of the two: a fuzzy union.
      found.set(key, before + likeness - before * likeness);
    }
  }
  const pairs = [...found];
  const both = (pick: (low: number, high: number) => number[]) =>
    Int32Array.from(pairs.flatMap(([key]) => pick(Math.floor(key / rows), key % rows)));
  return {
    from: both((low, high) => [low, high]),
    to: both((low, high) => [high, low]),
    weights: Float32Array.from(pairs.flatMap(([, weight]) => [weight, weight])),
  };
}

/** The width for which the likenesses of a point add up to log2 k, found by halving. */
function widthOf(distances: Float32Array, nearest: number): number {
  const wanted = Math.log2(distances.length + 1);
  const mean = distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
  let [low, high] = [0, 1000 * mean];
  for (let round = 0; round < 40 && high > 0; round++) {
    const middle = (low + high) / 2;
    let sum = 0;
    for (const distance of distances) sum += Math.exp(-Math.max(0, distance - nearest) / middle);
    if (sum > wanted) high = middle;
    else low = middle;
  }
  // Equal texts: all neighbours are as near, and the width is of no matter.
  return Math.max((low + high) / 2, 1e-3 * mean, 1e-9);
}
