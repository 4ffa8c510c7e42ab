/** Puts the failures of a later run to the clusters that were found in an earlier one. */

import { AssayError } from '../../errors.ts';

/** The middle of a cluster, and how alike to it a failure must be to belong. */
export interface Centre {
  cluster: number;
  /** Of length 1. */
  direction: Float32Array;
  /** Cosine from which a failure is like the cluster. */
  least: number;
}

export interface LaterFailure {
  itemId: string;
  /** In the space of the centres; null: there is none. Of any length. */
  vector: Float32Array | null;
}

/** Share of a cluster's own members that would be put to it: those farther from its middle are its fringe. */
const KEPT = 0.95;

/**
 * The centres of clusters ("other" has none) by the vectors of their members. What 95 % of a cluster's members reach is its least cosine, or
 * what 95 % of all members reach where that is less: few and equal members would let nothing in that is not their copy.
 * @throws AssayError conflict when vectors differ in length
 */
export function centresOf(members: { cluster: number; vector: Float32Array }[]): Centre[] {
  const kept = members.flatMap(({ cluster, vector }) => {
    const unit = cluster < 0 ? null : unitOf(vector);
    return unit === null ? [] : [{ cluster, unit }];
  });
  const sums = new Map<number, Float32Array>();
  for (const { cluster, unit } of kept) {
    const sum = sums.get(cluster) ?? new Float32Array(unit.length);
    sameLength(sum, unit);
    for (let at = 0; at < unit.length; at++) sum[at]! += unit[at]!;
    sums.set(cluster, sum);
  }
  const directions = new Map(
    [...sums].flatMap(([cluster, sum]) => {
      const unit = unitOf(sum);
      return unit === null ? [] : [[cluster, unit] as const];
    }),
  );
  const own = new Map<number, number[]>([...directions.keys()].map((cluster) => [cluster, []]));
  for (const { cluster, unit } of kept) {
    const direction = directions.get(cluster);
    if (direction !== undefined) own.get(cluster)!.push(dot(direction, unit));
  }
  const overall = reachedBy([...own.values()].flat());
  return [...directions]
    .sort(([a], [b]) => a - b)
    .map(([cluster, direction]) => ({
      cluster,
      direction,
      least: Math.min(overall, reachedBy(own.get(cluster)!)),
    }));
}

/**
 * The cluster of each failure, by item: the one in which the item failed before (`known`), else the most alike of those that it is like; -1:
 * it is like none; null: it has no vector.
 * @throws AssayError conflict when a vector is not of the centres' length
 */
export function assignToClusters(
  failures: LaterFailure[],
  { known, centres }: { known: ReadonlyMap<string, number>; centres: Centre[] },
): Map<string, number | null> {
  return new Map(
    failures.map(({ itemId, vector }) => [
      itemId,
      known.get(itemId) ?? (vector === null ? null : nearest(vector, centres)),
    ]),
  );
}

function nearest(vector: Float32Array, centres: Centre[]): number | null {
  const unit = unitOf(vector);
  if (unit === null) return null;
  let best = { cluster: -1, cosine: Number.NEGATIVE_INFINITY };
  for (const { cluster, direction, least } of centres) {
    sameLength(direction, unit);
    const cosine = dot(direction, unit);
    // Sums of 32-bit floats differ in their last digits: a copy of a member is as near as the member.
    if (cosine >= least - 1e-6 && cosine > best.cosine) best = { cluster, cosine };
  }
  return best.cluster;
}

/** The cosine that `KEPT` of them reach; the least of few. */
function reachedBy(cosines: number[]): number {
  const sorted = cosines.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * (1 - KEPT))] ?? 1;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}

/** null for a vector without a direction: of zeros, or with a number that is not finite. */
function unitOf(vector: Float32Array): Float32Array | null {
  const length = Math.sqrt(dot(vector, vector));
  return length > 0 && Number.isFinite(length) ? vector.map((value) => value / length) : null;
}

function sameLength(a: Float32Array, b: Float32Array): void {
  if (a.length !== b.length)
    throw new AssayError('conflict', {
      what: `The vectors of the failures have ${b.length} numbers, those of the clusters ${a.length}`,
      remedy: 'Embed both with the same model.',
    });
}
