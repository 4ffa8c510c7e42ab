/** Places items one after the other, each the most useful of those left once those before it are known. */

import { setImmediate } from 'node:timers/promises';
import { type UsefulItem, weights } from './most-useful.ts';
import { type Sketches, sketchDistance } from './sketch.ts';

/** What the texts say of an item; a cluster is a number of texts that are alike, null where they were not compared. */
export interface PlacedText {
  novelty: number;
  cluster: number | null;
}

/** Items at this distance or nearer are of one cluster: half of their word pairs are shared. */
const alike = 0.5;
/** Items placed between two looks at what else the process has to do. */
const placedAtOnce = 100;

/** Distances of each item to what is known (`novelty`) and to what is placed (`apart`, of the item `nearest`). */
interface Distances {
  novelty: Float64Array;
  apart: Float64Array;
  nearest: Int32Array;
}

export const usefulnessOf = (item: Omit<UsefulItem, 'ordinal' | 'reserved'> & { novelty: number }): number =>
  weights.disagreement * item.disagreement + weights.uncertainty * item.uncertainty + weights.novelty * item.novelty;

/**
 * The first `wanted` of `items`, greedily: an item loses novelty with each like it that was placed before, so one of each kind
 * comes first. Reserved items come last. `sketches` are of the first items; those beyond follow as they are, their novelty 0.
 * With `wanted` 0 all items stay where they are, and their novelty is to what is known alone.
 * Carbonell & Goldstein (1998), The use of MMR, doi 10.1145/290941.291025.
 */
export async function placeByUse<T extends UsefulItem>(
  items: T[],
  of: { sketches: Sketches; known: Sketches; wanted: number },
): Promise<(T & PlacedText)[]> {
  const compared = items.slice(0, of.sketches.count);
  const distances = distancesTo(of.known, of.sketches);
  const beyond = items.slice(compared.length).map((item) => ({ ...item, novelty: 0, cluster: null }));
  if (of.wanted === 0)
    return [...compared.map((item, at) => ({ ...item, novelty: distances.novelty[at]!, cluster: null })), ...beyond];
  const placed: (T & PlacedText)[] = [];
  const clusters = new Int32Array(compared.length).fill(-1);
  const before = Float64Array.from(compared, (item) => usefulnessOf({ ...item, novelty: 0 }) - (item.reserved ? 2 : 0));
  let next = 0;
  while (placed.length < Math.min(of.wanted, compared.length)) {
    const best = mostUseful(before, { clusters, distances });
    const near = distances.apart[best]! <= alike ? clusters[distances.nearest[best]!]! : -1;
    clusters[best] = near === -1 ? next++ : near;
    placed.push({ ...compared[best]!, novelty: noveltyAt(distances, best), cluster: clusters[best]! });
    comeNear(distances, of.sketches, { best, clusters });
    if (placed.length % placedAtOnce === 0) await setImmediate();
  }
  return [...placed, ...beyond].slice(0, of.wanted);
}

function distancesTo(known: Sketches, sketches: Sketches): Distances {
  const novelty = new Float64Array(sketches.count).fill(1);
  for (let at = 0; at < sketches.count; at++)
    for (let one = 0; one < known.count && novelty[at]! > 0; one++)
      novelty[at] = Math.min(novelty[at]!, sketchDistance(sketches, at, [known, one]));
  return {
    novelty,
    apart: new Float64Array(sketches.count).fill(Number.POSITIVE_INFINITY),
    nearest: new Int32Array(sketches.count),
  };
}

const noveltyAt = ({ novelty, apart }: Distances, at: number): number => Math.min(novelty[at]!, apart[at]!);

/** The item that is not placed yet (its cluster is -1) and is most useful; the first of several. */
function mostUseful(before: Float64Array, on: { clusters: Int32Array; distances: Distances }): number {
  let best = -1;
  let most = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < before.length; at++) {
    if (on.clusters[at] !== -1) continue;
    const use = before[at]! + weights.novelty * noveltyAt(on.distances, at);
    if (use <= most) continue;
    best = at;
    most = use;
  }
  return best;
}

/** The others are as near to what is placed as to `best`, where that is nearer. */
function comeNear(distances: Distances, sketches: Sketches, on: { best: number; clusters: Int32Array }): void {
  for (let at = 0; at < sketches.count; at++) {
    if (on.clusters[at] !== -1 || distances.apart[at] === 0) continue;
    const apart = sketchDistance(sketches, at, [sketches, on.best]);
    if (apart >= distances.apart[at]!) continue;
    distances.apart[at] = apart;
    distances.nearest[at] = on.best;
  }
}
