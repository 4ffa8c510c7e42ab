/** The tail of a batch: rows that one worker holds and has not begun go to workers that idle; none is lost or doubled. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Complete } from '../../src/contracts/engine.ts';
import type { Database } from '../../src/db/database.ts';
import { land } from '../../src/results/land.ts';
import { sharesOf } from '../../src/scheduler/hand-over.ts';
import { chunksOf, lines, query } from '../batches/seed.ts';
import {
  answer,
  endpoint,
  endsOf,
  jobsOf,
  nameIn,
  openWorkplace,
  queueBatch,
  until,
  untilStatus,
  type Workplace,
  work,
} from './workplace.ts';

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace('sharing');
});
afterEach(async () => {
  for (const worker of place.workers.splice(0)) await worker.stop();
  await query(place, 'delete from idle_workers');
});
afterAll(() => place.end());

const all = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`row-${i + 1}`, 'ok']));

/** An engine whose rows take `ms`; notes each row that it began and when its last one ended. */
function slowEngine(ms: number) {
  const state = { begun: [] as string[], endedAt: 0 };
  const complete: Complete = async (_, { body, signal }) => {
    state.begun.push(nameIn(body));
    await sleep(ms, undefined, { signal });
    state.endedAt = performance.now();
    return answer();
  };
  return { state, complete };
}

/** A worker with an engine of its own, which takes `atOnce` rows of `ms` each. */
async function slowWorker(name: string, how: { ms: number; atOnce: number; db?: Database }) {
  const { state, complete } = slowEngine(how.ms);
  const worker = await work(place, {
    workerId: name,
    complete,
    on: endpoint({ concurrency: how.atOnce }),
    limits: { timeoutMs: 60_000 },
    ...(how.db ? { db: how.db } : {}),
  });
  return Object.assign(state, { worker });
}

test.each([
  { ready: 16, atOnce: 16, asking: [16], shares: [16] },
  { ready: 100, atOnce: 16, asking: [16], shares: [58] },
  { ready: 3, atOnce: 1, asking: [1], shares: [2] },
  { ready: 1, atOnce: 1, asking: [1], shares: [1] },
  { ready: 9, atOnce: 4, asking: [4, 4, 4], shares: [3, 3, 3] },
  { ready: 2, atOnce: 4, asking: [4, 4, 4], shares: [1, 0, 1] },
  { ready: 0, atOnce: 4, asking: [4], shares: [0] },
])('of $ready rows, $atOnce at once, those who ask for $asking get $shares', ({ ready, atOnce, asking, shares }) => {
  expect(sharesOf({ ready, atOnce }, asking)).toEqual(shares);
});

test('two workers and slow rows in one chunk: both end within about one row, each row is asked once', async () => {
  const ms = 600;
  const id = await queueBatch(place, lines(24), { chunkRows: 24 });
  const first = await slowWorker('worker-1', { ms, atOnce: 2 });
  await until(() => first.begun.length > 0, 'the first rows');
  const second = await slowWorker('worker-2', { ms, atOnce: 2 });
  const batch = await untilStatus(place, id, 'completed');
  expect(batch.request_counts).toEqual({ total: 24, completed: 24, failed: 0 });
  expect([...first.begun, ...second.begun].toSorted()).toEqual(Object.keys(all(24)).toSorted());
  expect(await endsOf(place, id)).toEqual(all(24));
  expect(second.begun.length).toBeGreaterThanOrEqual(8);
  expect(Math.abs(first.endedAt - second.endedAt)).toBeLessThan(ms * 1.5);
  await until(async () => (await chunksOf(place, id)).every((chunk) => chunk.state === 'done'), 'chunks done');
  await until(async () => (await jobsOf(place, id)).active === undefined, 'jobs done');
  expect(await place.queue.fill()).toBe(0);
});

test('three idle workers get a part each, at the same time', async () => {
  const id = await queueBatch(place, lines(16), { chunkRows: 16 });
  const first = await slowWorker('worker-1', { ms: 1500, atOnce: 4 });
  await until(() => first.begun.length === 4, 'the first rows');
  const others = await Promise.all(
    ['worker-2', 'worker-3', 'worker-4'].map((name) => slowWorker(name, { ms: 1500, atOnce: 4 })),
  );
  await untilStatus(place, id, 'completed');
  expect(await endsOf(place, id)).toEqual(all(16));
  expect([first, ...others].flatMap((one) => one.begun)).toHaveLength(16);
  for (const one of others) expect(one.begun.length).toBeGreaterThan(0);
  expect(first.begun.length).toBeLessThan(10);
});

test('rows that ask the same go with the one that is asked', async () => {
  const same = (name: string, say: string) =>
    JSON.stringify({
      custom_id: name,
      method: 'POST',
      url: '/v1/chat/completions',
      body: { model: 'm', temperature: 0, messages: [{ role: 'user', content: `Say ${say}` }] },
    });
  const content = ['a', 'b', 'c'].flatMap((copy) =>
    Array.from({ length: 8 }, (_, i) => same(`${copy}${i}`, `word-${i}`)),
  );
  const id = await queueBatch(place, content, { chunkRows: 8 });
  const first = await slowWorker('worker-1', { ms: 600, atOnce: 1 });
  await until(() => first.begun.length > 0, 'the first row');
  const second = await slowWorker('worker-2', { ms: 600, atOnce: 1 });
  const batch = await untilStatus(place, id, 'completed');
  expect(batch.request_counts).toEqual({ total: 24, completed: 24, failed: 0 });
  expect(second.begun.length).toBeGreaterThan(1);
  expect([...first.begun, ...second.begun].toSorted()).toEqual(Array.from({ length: 8 }, (_, i) => `word-${i}`));
  // A holder that counts on rows it gave away would hold its job on.
  await until(async () => (await jobsOf(place, id)).active === undefined, 'jobs done');
});

test('one worker asks nobody, and rows that are soon begun stay where they are', async () => {
  const alone = await queueBatch(place, lines(8), { chunkRows: 8 });
  // Its last row is long: it has room meanwhile, and the queue is empty.
  const complete: Complete = async (_, { body }) => {
    await sleep(nameIn(body) === 'row-8' ? 1000 : 20);
    return answer();
  };
  const first = await work(place, { workerId: 'worker-1', complete, on: endpoint({ concurrency: 2 }) });
  await untilStatus(place, alone, 'completed');
  expect(await query(place, 'select from idle_workers')).toEqual([]);
  await first.stop();
  const quick = await queueBatch(place, lines(40), { chunkRows: 40 });
  const both = [];
  for (const name of ['worker-1', 'worker-2'])
    both.push(
      await work(place, {
        workerId: name,
        complete: slowEngine(10).complete,
        limits: { shareMs: 5000 },
        on: endpoint({ concurrency: 1 }),
      }),
    );
  await untilStatus(place, quick, 'completed');
  expect(await chunksOf(place, quick)).toHaveLength(1);
});

/** `rooms`, each function of which gives what `end` gives from when that is something. */
function mortal<T extends object>(rooms: T, end: () => Promise<never> | null): T {
  return new Proxy(rooms, {
    get(target, name) {
      const found: unknown = Reflect.get(target, name);
      return typeof found === 'function' ? (...args: unknown[]) => end() ?? found.apply(target, args) : found;
    },
  });
}

/** `place.db`, with `spoil` called before the statement of a hand-over that makes the new chunk. */
function spoiled(spoil: () => Promise<void>, after: 'statement' | 'commit'): Database {
  return {
    ...place.db,
    async asSystem(act) {
      let split = false;
      const value = await place.db.asSystem((q) =>
        act(
          new Proxy(q, {
            get(target, name) {
              if (name !== 'query') return Reflect.get(target, name);
              return async (...args: unknown[]) => {
                if (typeof args[0] === 'string' && args[0].includes('insert into chunks')) {
                  split = true;
                  if (after === 'statement') await spoil();
                }
                return (target.query as (...all: unknown[]) => unknown).apply(target, args);
              };
            },
          }),
        ),
      );
      if (split && after === 'commit') await spoil();
      return value;
    },
  };
}

test.each(['statement', 'commit'] as const)(
  'the connection breaks in the middle of a hand-over (%s): every row has its one result',
  async (after) => {
    let breaks = 0;
    const db = spoiled(async () => {
      if (breaks++ < 2) throw new Error('the connection was lost');
    }, after);
    const id = await queueBatch(place, lines(16), { chunkRows: 16 });
    const first = await slowWorker('worker-1', { ms: 400, atOnce: 2, db });
    await until(() => first.begun.length > 0, 'the first rows');
    await slowWorker('worker-2', { ms: 400, atOnce: 2 });
    const batch = await untilStatus(place, id, 'completed');
    expect(breaks).toBeGreaterThan(0);
    expect(batch.request_counts).toEqual({ total: 16, completed: 16, failed: 0 });
    expect(await endsOf(place, id)).toEqual(all(16));
  },
);

test.each(['statement', 'commit'] as const)(
  'the holder is killed in the middle of a hand-over (%s): its rows and those on their way run elsewhere',
  async (after) => {
    let dead = false;
    const never = new Promise<never>(() => undefined);
    const db = spoiled(async () => {
      dead = true;
      // The database rolls back what a killed process leaves open; nothing comes after what it committed.
      if (after === 'statement') throw new Error('killed');
      await never;
    }, after);
    const id = await queueBatch(place, lines(16), { chunkRows: 16 });
    const killed = await work(place, {
      workerId: 'worker-1',
      db: mortal(db, () => (dead ? never : null)),
      on: endpoint({ concurrency: 2 }),
      limits: { timeoutMs: 60_000 },
      complete: async () => (dead ? never : sleep(400).then(() => answer())),
      land: (group) => (dead ? never : land(place.db, group)),
      // Else it would take a chunk once more, whose rows end nowhere.
      queue: mortal(place.queue, () => (dead ? never : null)),
    });
    place.workers.splice(place.workers.indexOf(killed), 1);
    const second = await slowWorker('worker-2', { ms: 50, atOnce: 2 });
    await until(() => dead, 'the kill');
    await query(place, 'delete from idle_workers');
    const restarted = await slowWorker('worker-1', { ms: 50, atOnce: 2 });
    // What upkeep does: it finds a chunk without a job where the kill came before its job was put in.
    expect(await place.queue.fill()).toBe(after === 'commit' ? 1 : 0);
    const batch = await untilStatus(place, id, 'completed');
    expect(batch.request_counts).toEqual({ total: 16, completed: 16, failed: 0 });
    expect(await endsOf(place, id)).toEqual(all(16));
    const again = [...second.begun, ...restarted.begun];
    expect(new Set(again).size).toBe(again.length);
    void killed.stop();
  },
);

test('another has taken the chunk in the middle of a hand-over: nothing moves, and nothing is lost', async () => {
  const id = await queueBatch(place, lines(12), { chunkRows: 12 });
  let fenced = false;
  const first = await slowWorker('worker-1', { ms: 1000, atOnce: 1 });
  await until(() => first.begun.length > 0, 'the first row');
  // As when the heartbeat of a worker that slept was missed: its next hand-over meets a higher epoch.
  await query(place, 'update chunks set epoch = epoch + 1 where batch_id = $1', [id]);
  const asking = await slowWorker('worker-2', { ms: 50, atOnce: 4 });
  await until(async () => {
    fenced = (await query(place, 'select from idle_workers where given_at is not null')).length > 0;
    return fenced;
  }, 'a hand-over that was tried');
  await sleep(100);
  expect(await chunksOf(place, id)).toHaveLength(1);
  await first.worker.stop();
  await untilStatus(place, id, 'completed');
  expect(asking.begun.length).toBeGreaterThanOrEqual(11);
  expect(await endsOf(place, id)).toEqual(all(12));
});
