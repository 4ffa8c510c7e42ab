/** Cutting a batch into chunks: their sizes by speed and by characters, and the rows of the table. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { bestConcurrency, chunkRows, cutChunks, keepConcurrency, keepRate } from '../../src/scheduler/cut.ts';
import { type Bench, chunksOf, lines, openBench, query, startBatch } from '../batches/seed.ts';

const sizes = { seconds: 5, minRows: 16, maxRows: 1000, maxChars: 1_000_000 };
const cutOf = (chars: number[], rate: number | null, more = {}) => [
  ...chunkRows(Int32Array.from(chars), rate, { ...sizes, ...more }),
];
const short = (rows: number) => Array.from({ length: rows }, () => 10);

test('with a measured speed all chunks hold the same seconds of work, within the bounds', () => {
  expect(cutOf(short(250), 20)).toEqual([100, 100, 50]);
  expect(cutOf(short(40), 0.1)).toEqual([16, 16, 8]);
  expect(cutOf(short(2500), 10_000)).toEqual([1000, 1000, 500]);
});

test('without one they begin small and double up to the largest', () => {
  expect(cutOf(short(3000), null)).toEqual([16, 32, 64, 128, 256, 512, 1000, 992]);
  expect(cutOf(short(5), null)).toEqual([5]);
  expect(cutOf([], null)).toEqual([]);
});

test('a chunk holds no more characters than it may, unless one row has more', () => {
  expect(cutOf([60, 30, 20, 90, 500, 10, 10], 100, { maxChars: 100 })).toEqual([2, 1, 1, 1, 2]);
  expect(cutOf([50, 50, 1], 100, { maxChars: 100 })).toEqual([2, 1]);
});

test('every row is in exactly one chunk, whatever the sizes', () => {
  for (const rows of [1, 15, 16, 17, 999, 1001, 12_345]) {
    for (const rate of [null, 0.01, 7, 123]) {
      const cut = cutOf(short(rows), rate);
      expect(cut.reduce((sum, size) => sum + size, 0)).toBe(rows);
      expect(Math.max(...cut)).toBeLessThanOrEqual(1000);
    }
  }
});

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('cut');
});
afterAll(() => bench.end());

test('chunks are written in the order given, many at once, and a second cut goes on after the first', async () => {
  const { id } = await startBatch(bench, lines(1), { chunkRows: 1 });
  const cut = (from: number, count: number) =>
    bench.db.asUser('local', (q) =>
      cutChunks(
        q,
        { batchId: id, userId: 'local', model: 'unmeasured', queue: 'q' },
        {
          lines: Int32Array.from({ length: count }, (_, i) => from + count - i),
          chars: new Int32Array(count).fill(1),
          sizes: { ...sizes, minRows: 3, maxRows: 3 },
        },
      ),
    );
  await cut(100, 1801);
  await cut(5000, 4);
  const chunks = (await chunksOf(bench, id)).slice(1);
  expect(chunks.map((chunk) => chunk.ordinal)).toEqual(Array.from({ length: 603 }, (_, i) => i + 1));
  expect(chunks.flatMap((chunk) => chunk.lines)).toEqual([
    ...Array.from({ length: 1801 }, (_, i) => 1901 - i),
    5004,
    5003,
    5002,
    5001,
  ]);
  expect(chunks.every((chunk) => chunk.state === 'open' && chunk.epoch === 0 && chunk.worker_id === null)).toBe(true);
});

test('the speed kept for a model sizes its next chunks, for its user only', async () => {
  const keep = (rowsPerSecond: number) =>
    bench.db.asUser('local', (q) => keepRate(q, 'local', { model: 'measured', rowsPerSecond }));
  await keep(1);
  await keep(8);
  expect(await query(bench, 'select user_id, rows_per_s from model_rates')).toEqual([
    { user_id: 'local', rows_per_s: 8 },
  ]);
  const rowsOf = async (userId: string) => {
    const { id } = await startBatch(bench, lines(1), { userId, chunkRows: 1 });
    await bench.db.asUser(userId, (q) =>
      cutChunks(
        q,
        { batchId: id, userId, model: 'measured', queue: 'q' },
        { lines: new Int32Array(100), chars: new Int32Array(100), sizes },
      ),
    );
    return (await chunksOf(bench, id)).slice(1).map((chunk) => chunk.lines.length);
  };
  expect(await rowsOf('local')).toEqual([40, 40, 20]);
  expect(await rowsOf('other')).toEqual([16, 32, 52]);
});

test('the best number of rows in flight is kept for each card, for its user only', async () => {
  const keep = (card: string, rows: number) =>
    bench.db.asUser('local', (q) => keepConcurrency(q, 'local', { model: 'tuned', card, rows }));
  const best = (card: string, userId = 'local') =>
    bench.db.asUser(userId, (q) => bestConcurrency(q, { model: 'tuned', card }));
  expect(await best('NVIDIA L40S')).toBeNull();
  await keep('NVIDIA L40S', 12);
  await keep('2 x NVIDIA H100 80GB HBM3', 200);
  await keep('NVIDIA L40S', 24);
  expect([await best('NVIDIA L40S'), await best('2 x NVIDIA H100 80GB HBM3'), await best('')]).toEqual([24, 200, null]);
  expect(await best('NVIDIA L40S', 'other')).toBeNull();
});
