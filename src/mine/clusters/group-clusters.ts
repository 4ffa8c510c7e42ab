/** Puts clusters that are alike into groups: the second level of the hierarchy. */

import { between, type Cohesion, within } from './cohesion.ts';

/** Fewer clusters are a group each. */
const FEWEST = 3;

/** Group of each cluster, numbered as its first cluster comes. Average linkage; cut where the next two to be joined are least alike against the last two. */
export function groupClusters(c: Cohesion): Int32Array {
  const count = c.sizes.length;
  let of = Int32Array.from(c.sizes.keys());
  if (count < FEWEST) return of;
  const states = [of];
  const heights: number[] = [];
  for (let groups = count; groups > 1; groups--) {
    const { a, b, alike } = nearestPair(c, of);
    of = of.map((group) => (group === b ? a : group));
    heights.push(alike);
    states.push(of);
  }
  // After `joins` joins there are count - joins groups: more than one, fewer than the clusters.
  let [best, widest] = [0, 0];
  for (let joins = 1; joins < heights.length; joins++) {
    const gap = heights[joins - 1]! - heights[joins]!;
    if (gap > widest) [best, widest] = [joins, gap];
  }
  return numbered(states[best]!);
}

/** The two groups whose clusters are most alike in the mean, as cosines of the clusters' sums. */
function nearestPair(c: Cohesion, of: Int32Array): { a: number; b: number; alike: number } {
  const groups = [...new Set(of)];
  const members = new Map(groups.map((group) => [group, [...of.keys()].filter((at) => of[at] === group)]));
  let best = { a: groups[0]!, b: groups[1]!, alike: Number.NEGATIVE_INFINITY };
  for (const [at, a] of groups.entries())
    for (const b of groups.slice(at + 1)) {
      let sum = 0;
      for (const one of members.get(a)!) for (const other of members.get(b)!) sum += cosine(c, one, other);
      const alike = sum / (members.get(a)!.length * members.get(b)!.length);
      if (alike > best.alike) best = { a, b, alike };
    }
  return best;
}

/** How alike two clusters are against how alike each is in itself. */
function cosine(c: Cohesion, a: number, b: number): number {
  const own = Math.sqrt(Math.max(0, within(c, a)) * Math.max(0, within(c, b)));
  return own === 0 ? 0 : between(c, a, b) / own;
}

function numbered(of: Int32Array): Int32Array {
  const numbers = new Map<number, number>();
  for (const group of of) if (!numbers.has(group)) numbers.set(group, numbers.size);
  return of.map((group) => numbers.get(group)!);
}
