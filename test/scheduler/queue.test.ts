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
