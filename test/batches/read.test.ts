/** One batch by id, and pages of them, newest first, also where many were made in the same moment. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { getBatch, listBatches } from '../../src/batches/read.ts';
import type { AssayError } from '../../src/errors.ts';
import { type Bench, line, openBench, putBatch, query } from './seed.ts';

let bench: Bench;
let mine: string[];
beforeAll(async () => {
  bench = await openBench('read');
  mine = [];
  for (let i = 0; i < 12; i++) {
    const metadata = { parity: i % 2 === 0 ? 'even' : 'odd', place: String(i) };
    mine.push((await putBatch(bench, `${line('a')}\n`, { metadata })).id);
  }
  await putBatch(bench, `${line('a')}\n`, { userId: 'other', metadata: { parity: 'even' } });
  // Three moments, within one millisecond, for all twelve: the id decides among equals.
  for (const [place, id] of mine.entries()) {
    await query(
      bench,
      `update batches set created_at = '2026-01-01T00:00:00.123Z'::timestamptz + $2 * interval '1 microsecond' where batch_id = $1`,
      [id, Math.floor(place / 4)],
    );
  }
});
afterAll(() => bench.end());

/** All pages of `limit`. */
async function pages(limit: number, metadata?: Record<string, string>): Promise<string[][]> {
  const all: string[][] = [];
  for (let after: string | undefined; ; ) {
    const page = await listBatches(bench.db, 'local', { limit, after, metadata });
    all.push(page.data.map((batch) => batch.id));
    if (!page.has_more) return all;
    after = page.data.at(-1)!.id;
  }
}

const expected = () =>
  mine
    .map((id, place) => ({ id, moment: Math.floor(place / 4) }))
    .sort((a, b) => b.moment - a.moment || (a.id < b.id ? 1 : -1))
    .map(({ id }) => id);

test.each([1, 2, 3, 5, 12, 100])('pages of %i hold each batch once, newest first', async (limit) => {
  const all = await pages(limit);
  expect(all.flat()).toEqual(expected());
  expect(all).toHaveLength(Math.ceil(12 / limit));
});

test('metadata keeps the batches that hold all its pairs, over pages', async () => {
  const even = expected().filter((id) => mine.indexOf(id) % 2 === 0);
  expect((await pages(2, { parity: 'even' })).flat()).toEqual(even);
  expect((await pages(5, { parity: 'even', place: '4' })).flat()).toEqual([mine[4]]);
  expect((await pages(5, { parity: 'none' })).flat()).toEqual([]);
  expect((await pages(5, { parity: 'e\0' })).flat()).toEqual([]);
});

test("a batch that is not there, or is another user's, is not found; the same as cursor", async () => {
  const code = (work: Promise<unknown>) =>
    work.then(
      () => null,
      (error: AssayError) => error.code,
    );
  expect((await getBatch(bench.db, 'local', mine[0]!)).id).toBe(mine[0]);
  expect(await code(getBatch(bench.db, 'other', mine[0]!))).toBe('not_found');
  expect(await code(getBatch(bench.db, 'local', 'batch_none'))).toBe('not_found');
  expect(await code(getBatch(bench.db, 'local', 'batch\0'))).toBe('not_found');
  expect(await code(listBatches(bench.db, 'other', { limit: 5, after: mine[0]! }))).toBe('not_found');
});
