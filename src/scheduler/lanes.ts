/** Chooses which waiting row goes next: the one that shares most with what a free slot's cache holds, else the first. */

import type { WorkRow } from './leases.ts';

/** Rows looked at when a lane chooses. */
const lookAhead = 256;

export interface Lanes {
  /** Takes a row out of `ready` for a free lane; null lane where the engine has none of its own. */
  pick(ready: WorkRow[]): { row: WorkRow; lane: number | null } | null;
  free(lane: number | null): void;
}

/**
 * With `slots`, each slot is a lane that remembers the prompt it served last; a free lane takes the row with the longest
 * common prefix, and a row of a group that no other lane serves when it shares nothing. Slots share no cache, so plain
 * sorted order would make each of them evaluate each prefix.
 */
export function openLanes(slots: number | null): Lanes {
  if (slots === null) {
    return {
      pick: (ready) => {
        const row = ready.shift();
        return row === undefined ? null : { row, lane: null };
      },
      free: () => undefined,
    };
  }
  const last: Buffer[] = Array.from({ length: slots }, () => Buffer.alloc(0));
  const open = new Set<number>(last.keys());
  return {
    pick(ready) {
      let best: { at: number; lane: number; shared: number } | null = null;
      const end = Math.min(ready.length, lookAhead);
      for (const lane of open) {
        for (let at = 0; at < end; at++) {
          const shared = common(last[lane]!, ready[at]!.prefixKey);
          if (best === null || shared > best.shared) best = { at, lane, shared };
        }
      }
      if (best === null) return null;
      if (best.shared === 0) best.at = unserved(ready, last, end);
      const [row] = ready.splice(best.at, 1);
      open.delete(best.lane);
      last[best.lane] = row!.prefixKey;
      return { row: row!, lane: best.lane };
    },
    free: (lane) => void (lane !== null && open.add(lane)),
  };
}

/** The first row whose beginning no lane serves; the first of all when each is served. */
function unserved(ready: WorkRow[], last: Buffer[], end: number): number {
  for (let at = 0; at < end; at++) {
    if (last.every((key) => common(key, ready[at]!.prefixKey) === 0)) return at;
  }
  return 0;
}

function common(a: Buffer, b: Buffer): number {
  const end = Math.min(a.length, b.length);
  let at = 0;
  while (at < end && a[at] === b[at]) at++;
  return at >> 2;
}
