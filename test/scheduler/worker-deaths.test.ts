/** Engines, workers and databases that die in the middle of a batch: no row is lost, none has two results. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Complete, EngineFailure } from '../../src/contracts/engine.ts';
import type { Database } from '../../src/db/database.ts';
import { AssayError } from '../../src/errors.ts';
import { land } from '../../src/results/land.ts';
import { queueName } from '../../src/scheduler/queue.ts';
import type { WorkerDeps } from '../../src/scheduler/worker-loop.ts';
import { chunksOf, ended, landRows, leaseAll, line, lines, readBatch } from '../batches/seed.ts';
import {
  answer,
  answerAfter,
  endpoint,
  endsOf,
  jobsOf,
  nameIn,
  openWorkplace,
  queueBatch,
  triesOf,
  until,
  untilStatus,
  type Workplace,
  work,
} from './workplace.ts';

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace('deaths');
});
afterEach(async () => {
  for (const worker of place.workers.splice(0)) await worker.stop();
});
afterAll(() => place.end());

const all = (count: number, end: string) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`row-${i + 1}`, end]));

/** A supervised engine made up by the test: a row named killer* ends it, and with it all that is in flight. */
function fakeEngine() {
  const state = { generation: 1, ends: new Map<number, string>(), sent: [] as { name: string; alone: boolean }[] };
  const inFlight = new Set<(error: Error) => void>();
  const complete: Complete = (on, { body }) =>
    new Promise((resolve, reject) => {
      if (on.generation !== state.generation) return reject(new EngineFailure('unreachable', 'refused'));
      const name = nameIn(body);
      inFlight.add(reject);
      const alone = inFlight.size === 1;
      state.sent.push({ name, alone });
      setTimeout(
        () => {
          if (!inFlight.has(reject)) return;
          if (!name.startsWith('killer')) {
            inFlight.delete(reject);
            return resolve(answer());
          }
          state.ends.set(state.generation, 'signal SIGSEGV');
          state.generation += 1;
          for (const lost of inFlight) lost(new EngineFailure('connection_lost', 'socket hang up'));
          inFlight.clear();
        },
        5 + (name.length % 3),
      );
    });
  const deps: Pick<WorkerDeps, 'acquire' | 'health' | 'engineEnd'> = {
    acquire: async () => endpoint({ generation: state.generation, concurrency: 4 }),
    health: async (on) => on.generation === state.generation,
    engineEnd: async (on) => state.ends.get(on.generation) ?? null,
  };
  return { state, complete, deps };
}

test('a row that kills its engine runs alone and is set aside at the second death; all others end well', async () => {
  const content = [...lines(10), line('killer-1'), ...lines(20).slice(10), line('killer-2'), ...lines(30).slice(20)];
  const id = await queueBatch(place, content);
  const { state, complete, deps } = fakeEngine();
  const worker = await work(place, { complete, ...deps });
  await untilStatus(place, id, 'completed');
  await worker.stop();
  expect(await endsOf(place, id)).toEqual({
    ...all(30, 'ok'),
    'killer-1': 'request_quarantined',
    'killer-2': 'request_quarantined',
  });
  for (const killer of ['killer-1', 'killer-2']) {
    const sent = state.sent.filter(({ name }) => name === killer);
    expect(sent.at(-1)!.alone).toBe(true);
    expect(sent.length).toBeLessThanOrEqual(3);
  }
  const tries = await triesOf(place, id);
  expect(tries.filter((text) => text.startsWith('killer-1')).length).toBeGreaterThanOrEqual(2);
  expect(tries.every((text) => text.endsWith(' engine_died'))).toBe(true);
});

test('a suspect stays one over the death of its worker', async () => {
  const id = await queueBatch(place, [line('killer'), ...lines(3)]);
  const first = fakeEngine();
  const worker = await work(place, {
    complete: first.complete,
    ...first.deps,
    health: async () => false,
    acquire: async () => endpoint({ generation: 1, concurrency: 4 }),
  });
  await until(async () => (await triesOf(place, id)).length >= 4, 'the death in the record');
  await worker.stop();
  const second = fakeEngine();
  const next = await work(place, { complete: second.complete, ...second.deps, workerId: 'worker-b' });
  await untilStatus(place, id, 'completed');
  await next.stop();
  expect(second.state.sent.filter(({ name }) => name === 'killer')).toEqual([{ name: 'killer', alone: true }]);
  expect(await endsOf(place, id)).toEqual({ killer: 'request_quarantined', ...all(3, 'ok') });
});

/**
 * A worker that answers `count` rows and then hangs. `freeze` keeps it from taking further chunks, as when it was
 * killed, and gives those that it holds.
 */
async function hangAfter(count: number, workerId: string, limits: Partial<WorkerDeps['limits']> = {}) {
  const hung = { sent: 0, wakeUp: () => {} };
  const awake = new Promise<void>((resolve) => {
    hung.wakeUp = resolve;
  });
  let frozen = false;
  const taken = new Set<string>();
  let last: Promise<unknown> = Promise.resolve();
  const queue: typeof place.queue = {
    ...place.queue,
    async take(name, most) {
      if (frozen) return [];
      const taking = place.queue.take(name, most);
      last = taking;
      const jobs = await taking;
      for (const job of jobs) taken.add(job.id);
      return jobs;
    },
  };
  const worker = await work(place, {
    workerId,
    queue,
    limits,
    async complete() {
      hung.sent += 1;
      if (hung.sent > count) await awake;
      return answer({ requestId: workerId });
    },
  });
  const freeze = async (batchId: string): Promise<string[]> => {
    frozen = true;
    await last;
    return until(async () => {
      // A job of an earlier batch may have been among them.
      const wanted = (await chunksOf(place, batchId)).filter((chunk) => taken.has(chunk.chunk_id));
      return wanted.every((chunk) => chunk.worker_id === workerId) ? wanted.map((chunk) => chunk.chunk_id) : null;
    }, 'leases of all that was taken');
  };
  return Object.assign(hung, { worker, freeze });
}

test('the chunk of a silent worker goes to another; its late answers are written by nobody', async () => {
  const id = await queueBatch(place, lines(60), { chunkRows: 20 });
  const silent = await hangAfter(10, 'worker-silent');
  await until(async () => (await readBatch(place, id)).request_counts.completed === 10, 'the first rows');
  const held = await silent.freeze(id);
  expect(held.length).toBeGreaterThan(0);
  // What the queue does by itself when heartbeats stop.
  await place.queue.giveBack(queueName('local', 'm'), held);
  const other = await work(place, {
    workerId: 'worker-other',
    complete: answerAfter(5),
  });
  await until(async () => (await readBatch(place, id)).request_counts.completed > 30, 'rows of the other');
  silent.wakeUp();
  const batch = await untilStatus(place, id, 'completed');
  expect(batch.request_counts).toEqual({ total: 60, completed: 60, failed: 0 });
  expect(await endsOf(place, id)).toEqual(all(60, 'ok'));
  await silent.worker.stop();
  await other.stop();
});

test('a worker of the same name takes back at its start what its killed predecessor held', async () => {
  const id = await queueBatch(place, lines(40));
  const killed = await hangAfter(5, 'worker-killed');
  await until(async () => (await readBatch(place, id)).request_counts.completed === 5, 'the first rows');
  await killed.freeze(id);
  const began = Date.now();
  const next = await work(place, { workerId: 'worker-killed', complete: async () => answer() });
  await untilStatus(place, id, 'completed');
  expect(Date.now() - began).toBeLessThan(8000);
  expect(await endsOf(place, id)).toEqual(all(40, 'ok'));
  await next.stop();
  await killed.worker.stop();
});

test('a worker that is stopped commits what it has and gives its chunks back at once', async () => {
  const id = await queueBatch(place, lines(100), { chunkRows: 10 });
  const stopping = await hangAfter(25, 'worker-stopping', { landMs: 60_000 });
  await until(() => stopping.sent > 25, 'the rows that hang');
  await stopping.worker.stop();
  expect((await readBatch(place, id)).request_counts.completed).toBe(25);
  expect((await jobsOf(place, id)).active).toBeUndefined();
  const other = await work(place, { workerId: 'worker-next', complete: async () => answer() });
  const began = Date.now();
  await untilStatus(place, id, 'completed');
  expect(Date.now() - began).toBeLessThan(8000);
  expect(await endsOf(place, id)).toEqual(all(100, 'ok'));
  await other.stop();
});

test('a chunk left open though its rows have all landed is closed, and no job is made for it again', async () => {
  const id = await queueBatch(place, lines(20), { chunkRows: 10 });
  const rows = await leaseAll(place, id, 'worker-gone');
  await landRows(
    place,
    rows.slice(0, 10).map((row) => ended(row)),
    { batchId: id },
  );
  let sent = 0;
  let closed = false;
  const worker = await work(place, {
    async complete() {
      sent += 1;
      await until(() => closed, 'the first chunk closed');
      return answer();
    },
  });
  await until(async () => (await chunksOf(place, id))[0]!.state === 'done', 'the first chunk closed');
  closed = true;
  await untilStatus(place, id, 'completed');
  expect(sent).toBe(10);
  await until(async () => (await jobsOf(place, id)).completed === 2, 'both jobs done');
  expect(await place.queue.fill()).toBe(0);
  await worker.stop();
});

test('while results cannot be committed the worker says so and sends no more than it can hold; then all land', async () => {
  const id = await queueBatch(place, lines(200), { chunkRows: 50 });
  let full = true;
  let sent = 0;
  const worker = await work(place, {
    async complete() {
      sent += 1;
      return answer();
    },
    async land(group) {
      if (full) throw new AssayError('disk_full', { problem: 'No space left on device' });
      return land(place.db, group);
    },
  });
  await until(() => worker.report().storage?.includes('No space left'), 'the reason');
  await sleep(200);
  // One group that waits, and the rows in flight beside it.
  expect(sent).toBeLessThanOrEqual(20 + 8 + 8);
  full = false;
  await untilStatus(place, id, 'completed');
  expect(sent).toBe(200);
  expect(worker.report().storage).toBeNull();
  await worker.stop();
});

test('chunks that could not be leased because the database was away are taken again at once', async () => {
  const id = await queueBatch(place, lines(30));
  let away = false;
  let taken = 0;
  const db: Database = {
    ...place.db,
    async asSystem(w) {
      if (away) throw new AssayError('database_unavailable', { problem: 'the server closed the connection' });
      return place.db.asSystem(w);
    },
  };
  const queue: typeof place.queue = {
    ...place.queue,
    async take(name, count) {
      const jobs = await place.queue.take(name, count);
      if (jobs.length > 0 && taken++ === 0) {
        away = true;
        setTimeout(() => void (away = false), 100);
      }
      return jobs;
    },
  };
  const began = Date.now();
  const worker = await work(place, { db, queue, complete: async () => answer() });
  await untilStatus(place, id, 'completed');
  expect(taken).toBeGreaterThan(1);
  expect(Date.now() - began).toBeLessThan(8000);
  await worker.stop();
});
