/** The queue of chunks on a real database: filled once, refilled where jobs were lost, claims that end. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { closeChunks } from '../../src/scheduler/leases.ts';
import { queueName } from '../../src/scheduler/queue.ts';
import { chunksOf, leaseAll, lines, query, startBatch } from '../batches/seed.ts';
import { jobsOf, openWorkplace, queueBatch, until, type Workplace } from './workplace.ts';

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace('queue', { supervise: true });
});
afterAll(() => place.end());

/** A batch of a user of its own, so that its queue holds nothing else. */
async function alone(count: number) {
  const userId = `user-${Math.random().toString(36).slice(2)}`;
  await query(place, `insert into users (user_id, display_name) values ($1, 'x')`, [userId]);
  const batch = await startBatch(place, lines(count), { userId, chunkRows: 2 });
  const queue = queueName(userId, 'm');
  return { id: batch.id, queue, ids: (await chunksOf(place, batch.id)).map((chunk) => chunk.chunk_id) };
}

test('filling twice makes one job for each chunk, and they are taken in the order in which they should run', async () => {
  const { id, queue, ids } = await alone(60);
  expect(await place.queue.fill(id)).toBe(30);
  await place.queue.fill(id);
  expect(await place.queue.fill()).toBe(0);
  expect(await jobsOf(place, id)).toEqual({ created: 30 });
  const first = (await place.queue.take(queue, 4)).map((job) => job.id);
  expect(first.toSorted()).toEqual(ids.slice(0, 4).toSorted());
  const rest: string[] = [];
  for (let jobs = await place.queue.take(queue, 9); jobs.length > 0; jobs = await place.queue.take(queue, 9)) {
    rest.push(...jobs.map((job) => job.id).toSorted());
  }
  expect(rest).toHaveLength(26);
  expect(rest.slice(0, 9)).toEqual(ids.slice(4, 13).toSorted());
  expect(await place.queue.take(queue, 5)).toEqual([]);
});

test('lost jobs of open chunks are made again; those of closed ones are not', async () => {
  const { id, queue, ids } = await alone(8);
  await place.queue.fill(id);
  await place.owner.query('delete from pgboss.job where id = $1', [ids[0]]);
  const [held] = await place.queue.take(queue, 1);
  await place.queue.done(queue, [held!]);
  expect(await place.queue.fill()).toBe(2);
  expect(await jobsOf(place, id)).toEqual({ created: 4 });
  const rows = await leaseAll(place, id);
  await closeChunks(place.db, [rows[0]!.chunk, rows[2]!.chunk]);
  await place.owner.query('delete from pgboss.job where name = $1', [queue]);
  expect(await place.queue.fill()).toBe(2);
});

test('a job is held by one worker; given back, it goes to the next, and the late word of the first is not heard', async () => {
  const { id, queue } = await alone(2);
  await place.queue.fill(id);
  const [first] = await place.queue.take(queue, 5);
  expect(await place.queue.take(queue, 5)).toEqual([]);
  await place.queue.giveBack(queue, [first!.id]);
  const [second] = await place.queue.take(queue, 5);
  expect(second).toMatchObject({ id: first!.id });
  expect(second!.retryCount).toBeGreaterThan(first!.retryCount);
  await place.queue.done(queue, [first!]);
  expect(await jobsOf(place, id)).toEqual({ active: 1 });
  await place.queue.done(queue, [second!]);
  expect(await jobsOf(place, id)).toEqual({ completed: 1 });
});

test('many workers at the same time take each job once', async () => {
  const { id, queue, ids } = await alone(60);
  await place.queue.fill(id);
  const taken = await Promise.all(Array.from({ length: 10 }, () => place.queue.take(queue, 4)));
  const all = taken.flat().map((job) => job.id);
  expect(new Set(all).size).toBe(all.length);
  expect(all.every((one) => ids.includes(one))).toBe(true);
});

test('a job whose heartbeat stopped goes to another worker, one that beats does not', async () => {
  const { id, queue, ids } = await alone(4);
  await place.queue.fill(id);
  const jobs = await place.queue.take(queue, 2);
  await place.owner.query(`update pgboss.job set heartbeat_on = now() - interval '1 minute' where name = $1`, [queue]);
  const beating = jobs.find((job) => job.id === ids[1])!;
  await place.queue.beat(queue, [beating]);
  const again = await until(async () => {
    const taken = await place.queue.take(queue, 5);
    return taken.length > 0 ? taken : null;
  }, 'the lost job');
  expect(again.map((job) => job.id)).toEqual([ids[0]]);
});

test('a queue is named by user and model, whatever characters these hold', async () => {
  expect(queueName('', 'hf:org/model:7b Q4 😀')).toMatch(/^chunks-[0-9a-f]{24}$/);
  expect(queueName('a', 'b')).toBe(queueName('a', 'b'));
  expect(new Set([queueName('a', 'b'), queueName('', 'ab'), queueName('ab', ''), queueName('', 'b')]).size).toBe(4);
});

test('a batch that is queued is in its own queue only', async () => {
  const id = await queueBatch(place, lines(2), { chunkRows: 1 });
  expect(await jobsOf(place, id)).toEqual({ created: 2 });
  expect(await place.queue.take(queueName('', 'm'), 5)).toEqual([]);
  expect(await place.queue.take(queueName('local', 'm'), 5)).toHaveLength(2);
});

/** A batch of a new user in `queue`, one row a chunk, its jobs put in. Gives its chunks in the order of its rows. */
async function joining(queue: string, options: { rows: number; userId?: string; window?: string; priority?: string }) {
  const userId = options.userId ?? `user-${Math.random().toString(36).slice(2)}`;
  await query(place, `insert into users (user_id, display_name) values ($1, 'x') on conflict do nothing`, [userId]);
  const batch = await startBatch(place, lines(options.rows), {
    userId,
    chunkRows: 1,
    ...(options.window ? { window: options.window } : {}),
    ...(options.priority ? { metadata: { assay_priority: options.priority } } : {}),
  });
  await query(place, 'update chunks set queue = $1 where batch_id = $2', [queue, batch.id]);
  await place.queue.fill(batch.id);
  return (await chunksOf(place, batch.id)).map((chunk) => chunk.chunk_id);
}

/** The next `count` chunks that `queue` hands out, one at a time, each as its batch's name and its place there. */
async function handedOut(queue: string, count: number, batches: Record<string, string[]>): Promise<string[]> {
  const out: string[] = [];
  for (let i = 0; i < count; i++) {
    const [job] = await place.queue.take(queue, 1);
    const [name, ids] = Object.entries(batches).find(([, held]) => held.includes(job!.id))!;
    out.push(`${name}${ids.indexOf(job!.id)}`);
    await query(place, `update chunks set state = 'done' where chunk_id = $1`, [job!.id]);
    await place.queue.done(queue, [job!]);
  }
  return out;
}

test('users of one queue take turns, whoever came first and however much each wants', async () => {
  const queue = queueName('', 'in-turns');
  const a = await joining(queue, { rows: 9 });
  expect(await handedOut(queue, 3, { a })).toEqual(['a0', 'a1', 'a2']);
  const b = await joining(queue, { rows: 2 });
  expect((await handedOut(queue, 4, { a, b })).toSorted()).toEqual(['a3', 'a4', 'b0', 'b1']);
  const c = await joining(queue, { rows: 20 });
  expect((await handedOut(queue, 6, { a, c })).toSorted()).toEqual(['a5', 'a6', 'a7', 'c0', 'c1', 'c2']);
});

test('of one user the batch with the nearer deadline goes first, and a higher priority before any deadline', async () => {
  const queue = queueName('', 'deadlines');
  const userId = 'user-of-deadlines';
  const late = await joining(queue, { rows: 2, userId, window: '24h' });
  const soon = await joining(queue, { rows: 2, userId, window: '1h' });
  const high = await joining(queue, { rows: 2, userId, window: '7d', priority: '5' });
  const low = await joining(queue, { rows: 1, userId, window: '30m', priority: '-100' });
  expect(await handedOut(queue, 7, { late, soon, high, low })).toEqual([
    'high0',
    'high1',
    'soon0',
    'soon1',
    'late0',
    'late1',
    'low0',
  ]);
});

test.each(['1.5', '101', '-101', 'high', '', ' 1'])(
  'a priority of %j is refused when the batch is made',
  async (value) => {
    await expect(startBatch(place, lines(1), { metadata: { assay_priority: value } })).rejects.toThrow(
      /metadata\.assay_priority.*-100 to 100/,
    );
  },
);
