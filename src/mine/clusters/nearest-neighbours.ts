/** Finds the nearest neighbours of points by comparing all with all. */

import { type Matrix, rowsAt } from '../vectors/matrix.ts';

/** The k nearest of each point, the nearest first: at [point * k + rank], with Euclidean distances. */
export interface Neighbours {
  k: number;
  places: Int32Array;
  distances: Float32Array;
}

/** Points that are compared with one another while they lie in the processor's cache. */
const BLOCK = 256;

/** Neighbours of each point among the others, itself left out. There are k for each: `k` is at most one less than the points. */
export function neighboursOf(points: Matrix, k: number): Neighbours {
  const found = emptyNeighbours(points.rows, Math.max(0, Math.min(k, points.rows - 1)));
  const { rows, columns, values } = points;
  for (let first = 0; first < rows; first += BLOCK)
    for (let second = first; second < rows; second += BLOCK)
      for (let a = first; a < Math.min(first + BLOCK, rows); a++)
        for (let b = Math.max(second, a + 1); b < Math.min(second + BLOCK, rows); b++) {
          let squared = 0;
          for (let at = a * columns, other = b * columns; at < (a + 1) * columns; at++, other++) {
            const difference = values[at]! - values[other]!;
            squared += difference * difference;
          }
          insert(found, { point: a, other: b, squared });
          insert(found, { point: b, other: a, squared });
        }
  return rooted(found);
}

/** Neighbours of each point of `from` among the points at `places` of the same matrix, as places in `places`. */
export function neighboursAmong(
  points: Matrix,
  o: { from: ArrayLike<number>; places: ArrayLike<number>; k: number },
): Neighbours {
  const found = emptyNeighbours(o.from.length, Math.min(o.k, o.places.length));
  const among = rowsAt(points, o.places);
  const { columns } = points;
  for (let start = 0; start < among.rows; start += BLOCK)
    for (let point = 0; point < o.from.length; point++) {
      const own = o.from[point]! * columns;
      for (let other = start; other < Math.min(start + BLOCK, among.rows); other++) {
        let squared = 0;
        for (let at = 0; at < columns; at++) {
          const difference = points.values[own + at]! - among.values[other * columns + at]!;
          squared += difference * difference;
        }
        insert(found, { point, other, squared });
      }
    }
  return rooted(found);
}

function emptyNeighbours(points: number, k: number): Neighbours {
  return {
    k,
    places: new Int32Array(points * k).fill(-1),
    distances: new Float32Array(points * k).fill(Number.POSITIVE_INFINITY),
  };
}

/** Of two as near the one that came first stays. */
function insert({ k, places, distances }: Neighbours, o: { point: number; other: number; squared: number }): void {
  const start = o.point * k;
  let at = start + k - 1;
  if (k === 0 || o.squared >= distances[at]!) return;
  for (; at > start && distances[at - 1]! > o.squared; at--) {
    distances[at] = distances[at - 1]!;
    places[at] = places[at - 1]!;
  }
  distances[at] = o.squared;
  places[at] = o.other;
}

function rooted(found: Neighbours): Neighbours {
  for (let at = 0; at < found.distances.length; at++) found.distances[at] = Math.sqrt(found.distances[at]!);
  return found;
}
