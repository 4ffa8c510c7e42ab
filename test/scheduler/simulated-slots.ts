/** A llama-server in simulated time: slots with a cache of their own, which keeps the prompt served last. */

import { openLanes } from '../../src/scheduler/lanes.ts';
import type { WorkRow } from '../../src/scheduler/leases.ts';

/** Simulated cost of a character of prompt that is not in the cache, and of one of the answer. */
const promptMs = 0.25;
const answerMs = 4;

export interface Prompted {
  text: string;
  answerChars: number;
}

/** Characters that `a` and `b` have in common at their beginning. */
function commonChars(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

/**
 * Runs rows, in the order given, on `slots`; what was evaluated (characters of prompt not in a cache) and how long it
 * took. With `lanes` each row goes to the lane that the scheduler chooses among the next `window` rows, else to any free
 * slot.
 */
export function simulateSlots(
  rows: (Prompted & { row: WorkRow })[],
  on: { slots: number; lanes: boolean; window?: number },
): { evaluated: number; ms: number } {
  const texts = new Map(rows.map((each) => [each.row, each]));
  const waiting = rows.map((each) => each.row);
  const lanes = openLanes(on.lanes ? on.slots : null);
  const caches: string[] = Array.from({ length: on.slots }, () => '');
  const busy: { until: number; slot: number; lane: number | null }[] = [];
  const free = new Set(caches.keys());
  let evaluated = 0;
  let now = 0;
  const ready: WorkRow[] = [];
  for (;;) {
    while (ready.length < (on.window ?? 128) && waiting.length > 0) ready.push(waiting.shift()!);
    const next = free.size > 0 ? lanes.pick(ready) : null;
    if (next === null) {
      if (busy.length === 0) return { evaluated, ms: now };
      busy.sort((a, b) => a.until - b.until);
      const done = busy.shift()!;
      now = done.until;
      free.add(done.slot);
      lanes.free(done.lane);
      continue;
    }
    const slot = next.lane ?? free.values().next().value!;
    free.delete(slot);
    const { text, answerChars } = texts.get(next.row)!;
    const fresh = text.length - commonChars(caches[slot]!, text);
    caches[slot] = text;
    evaluated += fresh;
    busy.push({ until: now + fresh * promptMs + answerChars * answerMs, slot, lane: next.lane });
  }
}
