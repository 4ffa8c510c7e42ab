/** Finds rows that stand next to each other in prefix order and part inside the same block, whose order the keys leave open. */

import type { TextRun } from '../batches/text-order.ts';
import { sharedBlocks } from './prefix-bound.ts';
import { blockEnd } from './prefix-key.ts';

/** Takes keys in sorted order, one by one, in one byte a row. */
export interface TextRuns {
  add(key: Buffer): void;
  /** In the order of their places; none of fewer than three rows, since two have no better order. */
  runs(): Generator<TextRun>;
}

/** For rows whose keys are the same; more blocks than a key has. */
const all = 255;
const leastRows = 3;

export function textRuns(rows: number): TextRuns {
  // Blocks that a row shares with the one before it.
  const shared = new Uint8Array(rows);
  let filled = 0;
  let previous: Buffer = Buffer.alloc(0);
  const deepest = (row: number): number => Math.max(shared[row]!, row + 1 < filled ? shared[row + 1]! : 0);
  return {
    add(key) {
      shared[filled++] = key.equals(previous) ? all : sharedBlocks(previous, key);
      previous = key;
    },
    *runs() {
      for (let from = 0; from < filled; ) {
        const depth = deepest(from);
        let to = from + 1;
        while (to < filled && shared[to] === depth && deepest(to) === depth) to += 1;
        if (depth !== all && to - from >= leastRows)
          yield { from, to, text: { from: blockEnd(depth), to: blockEnd(depth + 1) } };
        from = to;
      }
    },
  };
}
