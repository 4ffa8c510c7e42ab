/** Draws the rows wanted of each stratum out of its pool, and leaves out what is near to one drawn before. */

import { openNearDuplicates } from './near-duplicates.ts';
import type { Candidate } from './pool.ts';

export interface Drawn {
  /** Of each stratum, in the order of the pools. */
  rows: Candidate[][];
  /** Rows left out as equal or near to one that was drawn. */
  removed: number;
}

/** `threshold` is null where all rows are kept, 1 where only equal ones are left out; `usedUp` tells of each stratum. */
export interface DrawOptions {
  threshold: number | null;
  seed: number;
  /** Whether it has no more to give than is wanted, so that all else in it is equal or near to others. */
  usedUp: (stratum: number) => boolean;
}

export function draw(pools: Candidate[][], quotas: number[], on: DrawOptions): Drawn {
  const near = openNearDuplicates({ threshold: on.threshold ?? 1, seed: on.seed });
  const keys = new Set<number>();
  let removed = 0;
  const isNew = ({ key, number, shingles }: Candidate): boolean => {
    if (on.threshold === null) return true;
    if (keys.has(key)) return false;
    if (shingles !== null && near.addUnlessNear(String(number), shingles) !== null) return false;
    keys.add(key);
    return true;
  };
  const rows = pools.map((pool, at) => {
    const taken: Candidate[] = [];
    let left = 0;
    for (const candidate of pool) {
      if (taken.length === quotas[at]) break;
      if (isNew(candidate)) {
        taken.push(candidate);
        left += candidate.copies - 1;
      } else left += candidate.copies;
    }
    removed += on.usedUp(at) ? pool.reduce((sum, { copies }) => sum + copies, 0) - taken.length : left;
    return taken;
  });
  return { rows, removed };
}
