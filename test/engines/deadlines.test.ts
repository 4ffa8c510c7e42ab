/** Deadlines of requests: each expires in its time, and all share one timer, which is there only while something waits. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Deadline, unwatch, watch } from '../../src/engines/deadlines.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A deadline in `ms`, which notes `name` when it comes. */
function deadline(ms: number, name: string, seen: string[]): Deadline {
  return { at: performance.now() + ms, expire: () => void seen.push(name) };
}

test('each expires in its time, also one that is earlier than those before it, and one that was unwatched never', () => {
  const seen: string[] = [];
  const gone = deadline(60, 'gone', seen);
  watch(deadline(300, 'third', seen));
  watch(gone);
  watch(deadline(120, 'second', seen));
  watch(deadline(30, 'first', seen));
  unwatch(gone);
  vi.advanceTimersByTime(29);
  expect(seen).toEqual([]);
  vi.advanceTimersByTime(2);
  expect(seen).toEqual(['first']);
  vi.advanceTimersByTime(90);
  expect(seen).toEqual(['first', 'second']);
  vi.advanceTimersByTime(180);
  expect(seen).toEqual(['first', 'second', 'third']);
});

test('one timer serves all, and none is left when nothing is waited for', () => {
  const seen: string[] = [];
  const all = Array.from({ length: 50 }, (_, i) => deadline(60_000 - i, 'late', seen));
  for (const one of all) watch(one);
  expect(vi.getTimerCount()).toBe(1);
  for (const one of all) unwatch(one);
  expect(vi.getTimerCount()).toBe(0);
});

test('a deadline that has passed already expires, and one that is watched in its end is kept', () => {
  const seen: string[] = [];
  watch({
    at: performance.now() - 5,
    expire() {
      seen.push('past');
      watch(deadline(20, 'anew', seen));
    },
  });
  vi.advanceTimersByTime(1);
  expect(seen).toEqual(['past']);
  vi.advanceTimersByTime(21);
  expect(seen).toEqual(['past', 'anew']);
  expect(vi.getTimerCount()).toBe(0);
});
