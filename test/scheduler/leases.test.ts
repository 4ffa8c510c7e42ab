/** Leasing chunks: the epoch rises, rows with an end are left out, and the past of each row comes along. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LandedAttempt } from '../../src/contracts/landing.ts';
import { land } from '../../src/results/land.ts';
import { abandonedChunks, closeChunks, leaseChunks, openQueues } from '../../src/scheduler/leases.ts';
import { queueName } from '../../src/scheduler/queue.ts';
import {
  type Bench,
  chunksOf,
  ended,
  landRows,
  leaseAll,
  lines,
  openBench,
  query,
  readRow,
  startBatch,
} from '../batches/seed.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('leases');
});
afterAll(() => bench.end());

const idsOf = async (batchId: string) => (await chunksOf(bench, batchId)).map((chunk) => chunk.chunk_id);

test('chunks come with their rows in the order in which they run', async () => {
  const { id } = await startBatch(bench, lines(7), { chunkRows: 3 });
  const ids = await idsOf(id);
  const leased = await leaseChunks(bench.db, 'worker-a', ids.toReversed());
  expect(leased.map(({ rows }) => rows.map((row) => row.line))).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
  expect(leased.map(({ lease }) => lease.chunkId)).toEqual(ids);
  expect(leased[0]!.lease).toEqual({
    chunkId: ids[0],
    batchId: id,
    userId: 'local',
    model: 'm',
    endpoint: '/v1/chat/completions',
    context: null,
    epoch: 1,
    left: 3,
  });
  const [row] = leased[0]!.rows;
  expect(row).toMatchObject({ customId: 'row-1', tries: 0, rateLimited: 0, deaths: 0, attempts: 0, promptChars: 14 });
  expect(JSON.parse(row!.body)).toEqual({ model: 'm', messages: [{ role: 'user', content: 'Say row-1' }] });
  expect(row!.chunk).toBe(leased[0]!.lease);
  expect(row!.prefixKey).toHaveLength(4);
  expect((await chunksOf(bench, id)).map((chunk) => [chunk.epoch, chunk.worker_id])).toEqual([
    [1, 'worker-a'],
    [1, 'worker-a'],
    [1, 'worker-a'],
  ]);
});

test('a second lease raises the epoch and leaves out the rows that have their end', async () => {
  const { id } = await startBatch(bench, lines(5), { chunkRows: 5 });
  const first = await leaseAll(bench, id);
  await landRows(bench, [ended(first[1]!), ended(first[3]!, { ok: false })], { batchId: id });
  const [second] = await leaseChunks(bench.db, 'worker-b', await idsOf(id));
  expect(second!.rows.map((row) => row.line)).toEqual([1, 3, 5]);
  expect(second!.lease).toMatchObject({ epoch: 2, left: 3 });
});

test('the past of a row: what counts against it, of this run of the batch only', async () => {
  const { id } = await startBatch(bench, lines(3));
  const codes = ['timeout', 'rate_limited', 'rate_limited', 'engine_died', 'engine_error'];
  const attempts = codes.map(
    (code, at): LandedAttempt => ({
      line: 2,
      attempt: at + 1,
      code,
      statusCode: null,
      message: '',
      startedAt: new Date(),
      endedAt: new Date(),
    }),
  );
  const group = { userId: 'local', batchId: id, workerId: 'w', dispatchedAt: new Date(), rows: [] };
  await land(bench.db, { ...group, attempts });
  expect((await leaseAll(bench, id)).map((row) => [row.tries, row.rateLimited, row.deaths, row.attempts])).toEqual([
    [0, 0, 0, 0],
    [2, 2, 1, 5],
    [0, 0, 0, 0],
  ]);
  await query(bench, 'update batches set generation = 1 where batch_id = $1', [id]);
  expect((await leaseAll(bench, id)).map((row) => row.attempts)).toEqual([0, 0, 0]);
});

test('nothing is leased of a chunk that is done or whose batch does not run', async () => {
  const { id } = await startBatch(bench, lines(4), { chunkRows: 2 });
  const ids = await idsOf(id);
  const [first] = await leaseChunks(bench.db, 'worker-a', [ids[0]!]);
  await closeChunks(bench.db, [first!.lease]);
  expect((await leaseChunks(bench.db, 'worker-a', ids)).map(({ lease }) => lease.chunkId)).toEqual([ids[1]]);
  for (const status of ['cancelling', 'cancelled', 'expired', 'completed', 'finalizing']) {
    await query(bench, 'update batches set status = $2 where batch_id = $1', [id, status]);
    expect(await leaseChunks(bench.db, 'worker-a', ids)).toEqual([]);
  }
  expect(await leaseChunks(bench.db, 'worker-a', ['00000000-0000-0000-0000-000000000000'])).toEqual([]);
});

test('a chunk all of whose rows have landed is leased empty, so that it can be closed', async () => {
  const { id } = await startBatch(bench, lines(3), { chunkRows: 2 });
  const rows = await leaseAll(bench, id);
  await landRows(
    bench,
    rows.slice(0, 2).map((row) => ended(row)),
    { batchId: id },
  );
  const leased = await leaseChunks(bench.db, 'worker-a', await idsOf(id));
  expect(leased.map(({ lease, rows: left }) => [lease.left, left.length])).toEqual([
    [0, 0],
    [1, 1],
  ]);
});

test('an owner that lost its chunk cannot close it', async () => {
  const { id } = await startBatch(bench, lines(2), { chunkRows: 1 });
  const [lost, kept] = await leaseAll(bench, id, 'worker-a');
  await leaseChunks(bench.db, 'worker-b', [lost!.chunk.chunkId]);
  await closeChunks(bench.db, [lost!.chunk, kept!.chunk]);
  expect((await chunksOf(bench, id)).map((chunk) => chunk.state)).toEqual(['open', 'done']);
});

test('what a worker of a name holds, and the queues in which chunks wait, oldest batch first', async () => {
  await query(bench, `update batches set status = 'completed'`);
  await query(bench, `update chunks set state = 'done'`);
  const older = await startBatch(bench, lines(2), { chunkRows: 1, userId: 'other' });
  const newer = await startBatch(bench, lines(2), { chunkRows: 1 });
  await query(bench, `update batches set created_at = created_at - interval '1 hour' where batch_id = $1`, [older.id]);
  expect(await openQueues(bench.db)).toEqual([
    { queue: queueName('other', 'm'), userId: 'other', model: 'm' },
    { queue: queueName('local', 'm'), userId: 'local', model: 'm' },
  ]);
  expect(await abandonedChunks(bench.db, 'worker-z')).toEqual(new Map());
  const [one] = await idsOf(newer.id);
  await leaseChunks(bench.db, 'worker-z', [one!]);
  expect(await abandonedChunks(bench.db, 'worker-z')).toEqual(new Map([[queueName('local', 'm'), [one]]]));
  await leaseAll(bench, newer.id, 'worker-z');
  await query(bench, `update chunks set state = 'done' where batch_id = $1`, [newer.id]);
  expect(await abandonedChunks(bench.db, 'worker-z')).toEqual(new Map());
  expect((await openQueues(bench.db)).map(({ userId }) => userId)).toEqual(['other']);
  expect((await readRow(bench, older.id)).status).toBe('in_progress');
});
