/** Orders rows for an engine whose slots have a cache each: every slot gets a part of the prefix order, all parts side by side. */

import { sharedBlocks } from './prefix-bound.ts';
import { blockEnd } from './prefix-key.ts';

/** Takes keys in sorted order, one by one, in nine bytes a row, and twelve more while the order is made. */
export interface LaneOrder {
  add(key: Buffer, promptChars: number): void;
  /** Places of the rows, as they were added, in the order in which they should run. */
  order(): Int32Array;
}

/**
 * What a row costs beside the part of its prompt that is not in the cache, in characters: its answer, whose length nobody
 * knows, is made token by token.
 */
const answerChars = 2048;
/** How far the border between two parts may lie from the place that would make them equal, as a share of a part. */
const slack = 0.25;

/**
 * Slots share no cache, so neighbours of the sorted order that run at the same time on several slots have each of them
 * evaluate the same prefix. Instead the order is cut into `slots` parts of about equal cost, where neighbours share
 * least, and a row of each part follows a row of each other: the lanes then find rows of their own part to go on with.
 */
export function laneOrder(slots: number, rows: number): LaneOrder {
  const costs = new Float64Array(rows);
  const shared = new Uint8Array(rows);
  let filled = 0;
  let previous: Buffer = Buffer.alloc(0);
  return {
    add(key, promptChars) {
      const blocks = sharedBlocks(previous, key);
      shared[filled] = blocks;
      costs[filled] = answerChars + Math.max(0, promptChars - blockEnd(blocks));
      filled += 1;
      previous = key;
    },
    order: () => sideBySide(costs.subarray(0, filled), borders(costs.subarray(0, filled), shared, slots)),
  };
}

/** Where each part begins, and the end: `slots` + 1 places, of which some may be the same when rows are few. */
function borders(costs: Float64Array, shared: Uint8Array, slots: number): number[] {
  const before = new Float64Array(costs.length + 1);
  for (const [at, cost] of costs.entries()) before[at + 1] = before[at]! + cost;
  const part = before.at(-1)! / slots;
  const found = [0];
  for (let k = 1; k < slots; k++) {
    const from = firstAtLeast(before, part * (k - slack));
    const to = firstAtLeast(before, part * (k + slack));
    let best = firstAtLeast(before, part * k);
    for (let at = from; at < to; at++) {
      const closer = Math.abs(before[at]! - part * k) < Math.abs(before[best]! - part * k);
      if (shared[at]! < shared[best]! || (shared[at] === shared[best] && closer)) best = at;
    }
    found.push(Math.max(found.at(-1)!, best));
  }
  return [...found, costs.length];
}

/** The first place of `sorted` with at least `value`; its last place when there is none. */
function firstAtLeast(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A row of that part which is furthest behind, again and again, so that all parts come to their end together. */
function sideBySide(costs: Float64Array, starts: number[]): Int32Array {
  const parts = starts.slice(0, -1).map((from, k) => {
    const to = starts[k + 1]!;
    return { at: from, to, spent: 0, all: costs.subarray(from, to).reduce((sum, cost) => sum + cost, 0) };
  });
  const order = new Int32Array(costs.length);
  for (let place = 0; place < order.length; place++) {
    let next: (typeof parts)[number] | null = null;
    for (const part of parts) {
      if (part.at < part.to && (next === null || part.spent / part.all < next.spent / next.all)) next = part;
    }
    next!.spent += costs[next!.at]!;
    order[place] = next!.at++;
  }
  return order;
}
