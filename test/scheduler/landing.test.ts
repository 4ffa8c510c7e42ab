/** The buffer of ended rows: groups by number and by time, kept while nothing can be committed. */

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { LandedAttempt, LandedGroup, LandedRow, Landing } from '../../src/contracts/landing.ts';
import { AssayError } from '../../src/errors.ts';
import { openLanding } from '../../src/scheduler/landing.ts';
import type { Lease } from '../../src/scheduler/leases.ts';
import { answeredRow } from '../../src/scheduler/output-line.ts';
import { silentLog } from '../harness/database.ts';
import { lease, workRow } from './work-row.ts';
import { answer, until } from './workplace.ts';

const row = (line: number): LandedRow => answeredRow(workRow(line), answer(), { sentAt: 1000, trim: null });
const attempt = (line: number): LandedAttempt => ({
  line,
  attempt: 1,
  code: 'timeout',
  statusCode: null,
  message: '',
  startedAt: new Date(),
  endedAt: new Date(),
});

function open(options: { rows?: number; ms?: number; land?: (group: LandedGroup) => Promise<Landing> } = {}) {
  const groups: LandedGroup[] = [];
  const told: { batchId: string; leases: Lease[]; landing: Landing }[] = [];
  const reasons: (string | null)[] = [];
  const landing = openLanding({
    async land(group) {
      const ended = (await options.land?.(group)) ?? { written: group.rows.length, finished: false, live: true };
      groups.push(group);
      return ended;
    },
    workerId: 'worker-a',
    rows: options.rows ?? 10,
    ms: options.ms ?? 20,
    retryMs: 10,
    log: silentLog,
    landed: (group) => void told.push(group),
    waiting: (reason) => void reasons.push(reason),
  });
  const linesOf = () => groups.map((group) => group.rows.map((each) => each.line));
  return { landing, groups, told, reasons, linesOf };
}

test('rows that end together are committed at once, in one group; later ones after the wait, or when they fill one', async () => {
  const { landing, groups, told, linesOf } = open({ rows: 5, ms: 60 });
  landing.add(lease(), row(1), 3000);
  landing.add(lease(), row(2), 2000);
  expect(landing.held()).toBe(2);
  await until(() => groups.length === 1, 'the group');
  expect(groups[0]).toMatchObject({
    userId: 'local',
    batchId: 'b1',
    workerId: 'worker-a',
    dispatchedAt: new Date(2000),
  });
  expect(linesOf()).toEqual([[1, 2]]);
  await until(() => told.length === 1, 'the word of it');
  expect(told[0]!.leases).toHaveLength(2);
  expect(landing.held()).toBe(0);
  landing.add(lease(), row(3), 0);
  await sleep(15);
  expect(linesOf()).toEqual([[1, 2]]);
  await until(() => groups.length === 2, 'the group after the wait');
  for (let line = 10; line < 15; line++) landing.add(lease(), row(line), 0);
  await sleep(5);
  expect(linesOf().slice(2).flat()).toEqual([10, 11, 12, 13, 14]);
});

test('rows of several batches are committed in groups of their own', async () => {
  const { landing, groups } = open();
  for (let line = 1; line <= 6; line++)
    landing.add(lease({ batchId: `b${line % 2}`, userId: `u${line % 2}` }), row(line), 0);
  await landing.drain(1000);
  expect(groups.map((group) => [group.batchId, group.userId, group.rows.map((each) => each.line)])).toEqual([
    ['b1', 'u1', [1, 3, 5]],
    ['b0', 'u0', [2, 4, 6]],
  ]);
});

test('failed tries land with the rows of their batch, or without any', async () => {
  const { landing, groups } = open();
  landing.addAttempt(lease(), attempt(1));
  landing.addAttempt(lease({ batchId: 'b2' }), attempt(7));
  landing.add(lease(), row(2), 0);
  expect(landing.held()).toBe(1);
  await landing.drain(1000);
  expect(groups.map((group) => [group.batchId, group.rows.length, group.attempts.map((each) => each.line)])).toEqual([
    ['b1', 1, [1]],
    ['b2', 0, [7]],
  ]);
});

test('while nothing can be committed rows are kept, and all land afterwards, each once', async () => {
  let room = false;
  let refused = 0;
  const { landing, groups, reasons, told } = open({
    rows: 3,
    ms: 1,
    async land(group) {
      if (room) return { written: group.rows.length, finished: false, live: true };
      refused += 1;
      throw refused === 1
        ? new AssayError('disk_full', { problem: 'No space left on device' })
        : new Error('something else');
    },
  });
  for (let line = 1; line <= 10; line++) {
    landing.add(lease(), row(line), 0);
    await sleep(4);
  }
  landing.addAttempt(lease(), attempt(3));
  await until(() => refused >= 3, 'a few refusals');
  expect(groups).toEqual([]);
  expect(landing.held()).toBe(10);
  await until(() => landing.overdue(), 'the commit taking long');
  expect(reasons[0]).toMatch(/No room left on the disk: No space left/);
  expect(reasons[1]).toBe('results cannot be committed: something else');
  await landing.drain(30);
  expect(landing.held()).toBe(10);
  room = true;
  await landing.drain(2000);
  expect(landing.held()).toBe(0);
  expect(landing.overdue()).toBe(false);
  const landed = groups.flatMap((group) => group.rows.map((each) => each.line));
  expect(landed).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(groups.flatMap((group) => group.attempts)).toHaveLength(1);
  expect(told.flatMap((group) => group.leases)).toHaveLength(10);
  expect(reasons.at(-1)).toBeNull();
});

test('one commit at a time; rows that come meanwhile make the next', async () => {
  let running = 0;
  let most = 0;
  const { landing, linesOf } = open({
    rows: 2,
    async land(group) {
      most = Math.max(most, ++running);
      await sleep(10);
      running -= 1;
      return { written: group.rows.length, finished: false, live: true };
    },
  });
  for (let line = 1; line <= 9; line++) {
    landing.add(lease(), row(line), 0);
    await sleep(3);
  }
  await landing.drain(2000);
  expect(most).toBe(1);
  expect(linesOf().flat()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(linesOf().length).toBeLessThan(9);
});

test('what landed is told when its room is free again, with what became of it', async () => {
  const heldThen: number[] = [];
  const ended: Landing = { written: 0, finished: true, live: false };
  const landing = openLanding({
    land: async () => ended,
    workerId: 'w',
    rows: 2,
    ms: 1,
    retryMs: 5,
    log: silentLog,
    landed(group) {
      heldThen.push(landing.held());
      expect(group.landing).toBe(ended);
    },
    waiting: () => undefined,
  });
  landing.add(lease(), row(1), 0);
  landing.add(lease(), row(2), 0);
  await landing.drain(1000);
  expect(heldThen).toEqual([0]);
  await landing.drain(1000);
});
