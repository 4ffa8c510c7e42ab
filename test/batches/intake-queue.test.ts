/** Batches taken in one after another; what waits says why, and one bad input keeps no other waiting. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { IntakeDeps } from '../../src/batches/intake.ts';
import { openIntake } from '../../src/batches/intake-queue.ts';
import { AssayError } from '../../src/errors.ts';
import { silentLog } from '../harness/database.ts';
import { type Bench, intakeDeps, lines, openBench, putBatch, readBatch } from './seed.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('intake_queue');
});
afterAll(() => bench.end());

const batch = async (content = `${lines(5).join('\n')}\n`) => (await putBatch(bench, content)).id;
const statusOf = async (id: string) => (await readBatch(bench, id)).status;

function open(more: Partial<IntakeDeps> = {}) {
  const taken: string[] = [];
  const intake = openIntake({ ...intakeDeps(bench, more), log: silentLog, taken: async (id) => void taken.push(id) });
  return { intake, taken };
}

/** Waits until the intake has nothing to do, by which it has ended. */
const settled = async (intake: ReturnType<typeof openIntake>, ids: string[]) => {
  for (const late = Date.now() + 10_000; Date.now() < late; ) {
    const seen = await Promise.all(ids.map(statusOf));
    if (!seen.includes('validating')) break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await intake.stop();
};

test('all that is wanted is taken in, in order, each once; a faulty one is not told as ready', async () => {
  const ids = [await batch(), await batch('{\n'), await batch()];
  const { intake, taken } = open();
  for (const id of [...ids, ...ids]) intake.want('local', id);
  await settled(intake, ids);
  expect(taken).toEqual([ids[0], ids[2]]);
  expect(await statusOf(ids[1]!)).toBe('failed');
  expect(intake.problem()).toBeNull();
});

test('a full disk holds all: the reason is told, and asked again later they are taken in', async () => {
  const ids = [await batch(), await batch()];
  let full = true;
  let asked = 0;
  const { intake, taken } = open({
    async openInput(userId, fileId) {
      asked += 1;
      if (full) throw new AssayError('disk_full', { problem: 'No space left on device' });
      return intakeDeps(bench).openInput(userId, fileId);
    },
  });
  for (const id of ids) intake.want('local', id);
  for (const late = Date.now() + 10_000; intake.problem() === null && Date.now() < late; ) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(intake.problem()).toMatch(/No room left on the disk/);
  expect(asked).toBe(1);
  full = false;
  for (const id of ids) intake.want('local', id);
  await settled(intake, ids);
  expect(taken).toEqual(ids);
  expect(intake.problem()).toBeNull();
});

test('an input that cannot be read keeps no other batch waiting', async () => {
  const bad = await batch();
  const good = await batch();
  const { input_file_id } = await readBatch(bench, bad);
  const { intake, taken } = open({
    async openInput(userId, fileId) {
      if (fileId === input_file_id) throw new Error('EIO: i/o error, read');
      return intakeDeps(bench).openInput(userId, fileId);
    },
  });
  intake.want('local', bad);
  intake.want('local', good);
  await settled(intake, [good]);
  expect(taken).toEqual([good]);
  expect(await statusOf(bad)).toBe('validating');
});

test('stopped, it takes nothing more', async () => {
  const id = await batch();
  const { intake, taken } = open();
  await intake.stop();
  intake.want('local', id);
  expect(await statusOf(id)).toBe('validating');
  expect(taken).toEqual([]);
});
