/** Says how far two ways of putting things into clusters agree, beyond chance. */

/**
 * 1: the same clusters, about 0: by chance. -1 is a cluster like another.
 * Hubert and Arabie (1985), Comparing partitions, doi 10.1007/BF01908075.
 */
export function adjustedRandIndex(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const pairs = (counts: Map<string | number, number>) =>
    [...counts.values()].reduce((sum, count) => sum + (count * (count - 1)) / 2, 0);
  const [ofA, ofB, both] = [new Map<number, number>(), new Map<number, number>(), new Map<string, number>()];
  const count = <Key>(counts: Map<Key, number>, key: Key) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (let at = 0; at < a.length; at++) {
    count(ofA, a[at]!);
    count(ofB, b[at]!);
    count(both, `${a[at]} ${b[at]}`);
  }
  const all = (a.length * (a.length - 1)) / 2;
  const expected = all === 0 ? 0 : (pairs(ofA) * pairs(ofB)) / all;
  const most = (pairs(ofA) + pairs(ofB)) / 2;
  return most === expected ? 1 : (pairs(both) - expected) / (most - expected);
}
