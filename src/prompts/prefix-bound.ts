/** Computes from sorted prefix keys what share of the prompts a perfect cache would save (H*), whole and per slot. */

import { blockEnd } from './prefix-key.ts';

export interface PrefixBound {
  /** 1 - unique / all, in characters of prompt, 0 to 1. */
  whole: number;
  /** The same where each of `slots` caches pays for a prefix once: min(slots, rows of the group) times. */
  perSlot: number;
}

/** Takes keys in sorted order, one by one, in memory that does not grow with their number. */
export function prefixBoundCounter(slots: number): {
  add(key: Buffer, promptChars: number): void;
  result(): PrefixBound;
} {
  let previous: Buffer = Buffer.alloc(0);
  let previousChars = 0;
  let rows = 0;
  let all = 0;
  let unique = 0;
  let paid = 0;
  // opened[d] is the number of the row that opened the tree node at depth d on the current path.
  const opened: number[] = [];

  const close = (fromDepth: number) => {
    const depths = previous.length / 4;
    for (let depth = fromDepth; depth < depths; depth++) {
      const from = blockEnd(depth);
      const chars = depth === depths - 1 ? Math.max(0, previousChars - from) : blockEnd(depth + 1) - from;
      unique += chars;
      paid += chars * Math.min(slots, rows - opened[depth]!);
    }
  };

  return {
    add(key, promptChars) {
      const shared = sharedBlocks(previous, key);
      close(shared);
      for (let depth = shared; depth < key.length / 4; depth++) opened[depth] = rows;
      previous = key;
      previousChars = promptChars;
      rows += 1;
      all += promptChars;
    },
    result() {
      close(0);
      previous = Buffer.alloc(0);
      return all === 0
        ? { whole: 0, perSlot: 0 }
        : { whole: Math.max(0, 1 - unique / all), perSlot: Math.max(0, 1 - paid / all) };
    },
  };
}

/** Number of leading blocks two keys have in common. */
export function sharedBlocks(a: Buffer, b: Buffer): number {
  const end = Math.min(a.length, b.length);
  let at = 0;
  while (at < end && a[at] === b[at]) at++;
  return at >> 2;
}
