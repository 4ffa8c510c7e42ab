/** Places failures on a map of two dimensions, where those that are alike lie together. */

import type { Random } from '../../compare/random.ts';
import { zeros } from '../vectors/matrix.ts';
import type { Found } from './find-clusters.ts';
import type { Neighbours } from './nearest-neighbours.ts';
import { neighbourLayout } from './neighbour-layout.ts';

/** Neighbours that pull a point, evenly drawn from all by rank: the nearest alone, which say the same in the same words, make a spot of each wording. And those that place one outside of the sample. */
const PULLING = 15;
const PLACING = 3;
const EPOCHS = 200;
/** Width of the map at the start, and of the chance that parts equal points. */
const START_WIDTH = 10;
const JITTER = 0.05;

export interface Places {
  x: Float32Array;
  y: Float32Array;
}

/** Each between -1 and 1. The same `random` gives the same map. */
export function mapPoints(found: Found, sample: Int32Array, random: Random): Places {
  const { coordinates, sampled, others, rest, of } = found;
  const start = zeros(coordinates.rows, 2);
  const widest = coordinates.values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  const jitter = () => JITTER * (random() - 0.5);
  for (let at = 0; at < start.values.length; at++) {
    const axis = at % 2;
    const value = axis < coordinates.columns ? coordinates.values[(at >> 1) * coordinates.columns + axis]! : 0;
    start.values[at] = (START_WIDTH * value) / widest + jitter();
  }
  const { values } = neighbourLayout(spreadOf(sampled, PULLING), { start, epochs: EPOCHS, random });
  const [x, y] = [new Float32Array(of.length), new Float32Array(of.length)];
  for (const [at, place] of sample.entries()) [x[place], y[place]] = [values[2 * at]!, values[2 * at + 1]!];
  const near = Math.min(PLACING, others.k);
  for (const [at, place] of rest.entries()) {
    for (let rank = 0; rank < near; rank++) {
      const other = others.places[at * others.k + rank]!;
      x[place]! += values[2 * other]! / near;
      y[place]! += values[2 * other + 1]! / near;
    }
    x[place]! += jitter();
    y[place]! += jitter();
  }
  scale(x);
  scale(y);
  return { x, y };
}

function spreadOf({ k, places, distances }: Neighbours, wanted: number): Neighbours {
  if (k <= wanted) return { k, places, distances };
  const ranks = new Set(Array.from({ length: wanted }, (_, at) => Math.floor((at * k) / wanted)));
  const kept = (_: number, at: number) => ranks.has(at % k);
  return { k: wanted, places: places.filter(kept), distances: distances.filter(kept) };
}

/** From -1 to 1, in place. */
function scale(values: Float32Array): void {
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  for (let at = 0; at < values.length; at++)
    values[at] = high > low ? Math.max(-1, Math.min(1, (2 * (values[at]! - low)) / (high - low) - 1)) : 0;
}
