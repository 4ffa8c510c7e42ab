/** Workers that let go: told to stop, cut off from their engine, or overtaken by another while they were away. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { EngineFailure } from '../../src/contracts/engine.ts';
import { queueName } from '../../src/scheduler/queue.ts';
import { chunksOf, lines, query, readBatch } from '../batches/seed.ts';
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
  place = await openWorkplace('leaving');
});
afterEach(async () => {
  for (const worker of place.workers.splice(0)) await worker.stop();
});
afterAll(() => place.end());

/** Answers that wait until they are let go. */
function gate() {
  const sent: string[] = [];
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const complete = async (_: unknown, { body }: { body: Record<string, unknown> }) => {
    sent.push(nameIn(body));
    await opened;
    await sleep(30);
    return answer();
  };
  return { sent, open: () => open(), complete };
}

test('a worker that drains ends its rows in flight and no other, and its chunks are free at once', async () => {
  const id = await queueBatch(place, lines(60), { chunkRows: 20 });
  const held = gate();
  const worker = await work(place, { complete: held.complete });
  await until(() => held.sent.length === 8, 'rows in flight');
  const drained = worker.drain(10_000);
  held.open();
  await drained;
  await worker.stop();
  expect(held.sent).toHaveLength(8);
  expect((await readBatch(place, id)).request_counts.completed).toBe(8);
  expect((await jobsOf(place, id)).active).toBeUndefined();
  await work(place, { workerId: 'worker-next', complete: async () => answer() });
  await untilStatus(place, id, 'completed');
});

test('a drain ends with its time, though rows are still in flight', async () => {
  const id = await queueBatch(place, lines(10));
  const held = gate();
  const worker = await work(place, { complete: held.complete });
  await until(() => held.sent.length === 8, 'rows in flight');
  const began = Date.now();
  await worker.drain(100);
  expect(Date.now() - began).toBeLessThan(3000);
  expect(worker.report().models[queueName('local', 'm')]).toBe('the worker is being stopped');
  await worker.stop();
  held.open();
  await work(place, { workerId: 'worker-next', complete: async () => answer() });
  await untilStatus(place, id, 'completed');
  expect(Object.keys(await endsOf(place, id))).toHaveLength(10);
});

test('the chunks of a worker whose remote engine stays down go to a worker that reaches its own', async () => {
  const id = await queueBatch(place, lines(40), { chunkRows: 10 });
  let asked = 0;
  const cutOff = await work(place, {
    async complete() {
      throw new EngineFailure('unreachable', 'connect ECONNREFUSED');
    },
    health: async () => false,
    async acquire() {
      if (asked++ > 0) throw new Error('it does not answer here');
      return endpoint();
    },
    limits: { yieldMs: 200 },
  });
  const queue = queueName('local', 'm');
  await until(() => cutOff.report().models[queue]?.includes('ECONNREFUSED'), 'the engine down');
  await until(() => cutOff.report().models[queue] === 'it does not answer here', 'its run left');
  expect((await jobsOf(place, id)).active).toBeUndefined();
  await work(place, { workerId: 'worker-near', complete: async () => answer() });
  await untilStatus(place, id, 'completed');
  expect(await query(place, 'select distinct worker_id from results where batch_id = $1', [id])).toEqual([
    { worker_id: 'worker-near' },
  ]);
});

test('rows of a chunk that was lost are not sent any more by its old lease', async () => {
  const id = await queueBatch(place, lines(120), { chunkRows: 120 });
  const held = gate();
  await work(place, { complete: held.complete });
  await until(() => held.sent.length === 8, 'rows in flight');
  // What another worker does when the queue has given it the chunk.
  await query(place, `update chunks set epoch = epoch + 1, worker_id = 'worker-b' where batch_id = $1`, [id]);
  held.open();
  const [chunk] = await chunksOf(place, id);
  await place.queue.giveBack(queueName('local', 'm'), [chunk!.chunk_id]);
  await untilStatus(place, id, 'completed');
  // The first eight were thrown away, and those that had been started before the loss was known.
  const results = await endsOf(place, id);
  expect(Object.keys(results)).toHaveLength(120);
  expect(held.sent.length).toBeLessThan(120 + 6 * 8);
});
