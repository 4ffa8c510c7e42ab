/** Which row goes to which slot: the one that shares most with what the slot's cache holds. */

import { expect, test } from 'vitest';
import { openLanes } from '../../src/scheduler/lanes.ts';
import { workRow } from './work-row.ts';

test('an engine without slots of its own takes rows in their order', () => {
  const lanes = openLanes(null);
  const ready = [workRow(1), workRow(2)];
  expect(lanes.pick(ready)).toMatchObject({ row: { line: 1 }, lane: null });
  lanes.free(null);
  expect(lanes.pick(ready)).toMatchObject({ row: { line: 2 }, lane: null });
  expect(lanes.pick(ready)).toBeNull();
});

test('each slot is one lane: no more rows than free slots, and none without rows', () => {
  const lanes = openLanes(2);
  const ready = [workRow(1), workRow(2), workRow(3)];
  const taken = [lanes.pick(ready)!, lanes.pick(ready)!];
  expect(taken.map(({ lane }) => lane).toSorted()).toEqual([0, 1]);
  expect(lanes.pick(ready)).toBeNull();
  lanes.free(taken[0]!.lane);
  expect(lanes.pick(ready)).toMatchObject({ row: { line: 3 }, lane: taken[0]!.lane });
  lanes.free(taken[0]!.lane);
  expect(lanes.pick(ready)).toBeNull();
});

test('groups of equal beginnings keep to a lane each, though they come mixed', () => {
  const lanes = openLanes(2);
  const ready = Array.from({ length: 40 }, (_, i) =>
    workRow(i, { key: `${i % 3 === 0 ? 'AAAA' : 'BBBB'}${String(i).padStart(4)}` }),
  );
  const served: string[][] = [[], []];
  const running = [lanes.pick(ready)!, lanes.pick(ready)!];
  for (;;) {
    const { row, lane } = running.shift()!;
    served[lane!]!.push(row.prefixKey.toString().slice(0, 4));
    lanes.free(lane);
    const next = lanes.pick(ready);
    if (next === null) break;
    running.push(next);
  }
  // A lane changes its group once at most, when the smaller group has come to its end.
  const changes = served.map((groups) => groups.filter((group, at) => at > 0 && group !== groups[at - 1]).length);
  expect(Math.max(...changes)).toBeLessThanOrEqual(1);
  expect(changes.reduce((a, b) => a + b)).toBe(1);
});

test('a free lane takes the longest common beginning, else a group that no other lane serves', () => {
  const lanes = openLanes(2);
  const first = lanes.pick([workRow(1, { key: 'AAAA1111' })])!;
  const second = lanes.pick([workRow(2, { key: 'BBBB1111' })])!;
  expect(first.lane).not.toBe(second.lane);
  lanes.free(first.lane);
  const ready = [workRow(3, { key: 'BBBB2222' }), workRow(4, { key: 'AAAA2222' }), workRow(5, { key: 'AAAA1111' })];
  expect(lanes.pick(ready)).toMatchObject({ row: { line: 5 }, lane: first.lane });
  lanes.free(first.lane);
  const strangers = [workRow(6, { key: 'BBBB3333' }), workRow(7, { key: 'CCCC1111' })];
  expect(lanes.pick(strangers)).toMatchObject({ row: { line: 7 }, lane: first.lane });
  lanes.free(first.lane);
  expect(lanes.pick(strangers)).toMatchObject({ row: { line: 6 }, lane: first.lane });
});

test('rows of one prefix that all lanes may serve leave no lane idle', () => {
  const lanes = openLanes(3);
  const ready = Array.from({ length: 3 }, (_, i) => workRow(i, { key: 'AAAA' }));
  expect(new Set([1, 2, 3].map(() => lanes.pick(ready)!.lane)).size).toBe(3);
});
