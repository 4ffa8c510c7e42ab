/** Chooses which waiting row goes next: the one that shares most with what a free slot's cache holds, else the first. */

import { sharedBlocks } from '../prompts/prefix-bound.ts';
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
 * common prefix and, among equals, the one that shares least with the other lanes, since that is nobody else's. Slots
 * share no cache, so plain sorted order would make each of them evaluate each prefix.
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
      const best = bestFor([...open], last, ready);
      if (best === null) return null;
      const [row] = ready.splice(best.at, 1);
      open.delete(best.lane);
      last[best.lane] = row!.prefixKey;
      return { row: row!, lane: best.lane };
    },
    free: (lane) => void (lane !== null && open.add(lane)),
  };
}

interface Choice {
  at: number;
  lane: number;
  /** Blocks the row shares with the lane's last one, and the most it shares with any other lane's. */
  shared: number;
  elsewhere: number;
}

function bestFor(open: number[], last: Buffer[], ready: WorkRow[]): Choice | null {
  let best: Choice | null = null;
  const end = Math.min(ready.length, lookAhead);
  for (const lane of open) {
    for (let at = 0; at < end; at++) {
      const key = ready[at]!.prefixKey;
      const shared = sharedBlocks(last[lane]!, key);
      if (best !== null && (shared < best.shared || (shared === best.shared && best.elsewhere === 0))) continue;
      const elsewhere = Math.max(0, ...last.map((other, number) => (number === lane ? 0 : sharedBlocks(other, key))));
      if (best === null || shared > best.shared || elsewhere < best.elsewhere) best = { at, lane, shared, elsewhere };
    }
  }
  return best;
}
