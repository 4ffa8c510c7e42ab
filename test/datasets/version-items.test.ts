/** Items of a version: by page, in a given order, from a place on; pages that fit memory. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { itemsOf, newestVersion } from '../../src/datasets/version-items.ts';
import { faultOf } from './files.ts';
import { type DatasetBench, jsonl, openBench } from './room.ts';

let bench: DatasetBench;
let versionId: string;
let datasetId: string;
beforeAll(async () => {
  bench = await openBench('items');
  const rows = Array.from({ length: 2500 }, (_, i) => ({ custom_id: `c${i}`, prompt: `p${i}`, expected: `${i}` }));
  ({ id: datasetId, version_id: versionId } = await bench.put('items.jsonl', jsonl(rows)));
});
afterAll(() => bench.end());

/** Ordinals page by page. */
const pages = (ordinals: number[] | null, after?: number, version = versionId) =>
  bench.db.asUser('local', async (q) => {
    const read: number[][] = [];
    for await (const page of itemsOf(q, version, ordinals, after)) read.push(page.map(({ ordinal }) => ordinal));
    return read;
  });
const upTo = (end: number, start = 0) => Array.from({ length: end - start }, (_, i) => start + i);

it('gives all of them once, in order, in pages of 1000 at most', async () => {
  const read = await pages(null);
  expect(read.flat()).toEqual(upTo(2500));
  expect(Math.max(...read.map((page) => page.length))).toBe(1000);
  expect((await pages(null, 2499)).flat()).toEqual([]);
  expect((await pages(null, 1499)).flat()).toEqual(upTo(2500, 1500));
});

it('gives those listed in the order of the list', async () => {
  const list = upTo(2500).toSorted((a, b) => ((a * 7919) % 2503) - ((b * 7919) % 2503));
  expect((await pages(list)).flat()).toEqual(list);
  expect((await pages(list, 1200)).flat()).toEqual(list.slice(1201));
  expect(await pages([7, 2])).toEqual([[7, 2]]);
  expect(await pages([])).toEqual([]);
});

it('gives an item whole', async () => {
  await bench.db.asUser('local', async (q) => {
    for await (const [item] of itemsOf(q, versionId, [12])) {
      expect(item).toEqual({
        ordinal: 12,
        itemId: 'c12',
        name: 'c12',
        category: null,
        truth: '12',
        input: { custom_id: 'c12', prompt: 'p12', expected: '12' },
      });
    }
  });
});

it('makes pages of large items small', async () => {
  const text = () => Array.from({ length: 6_000 }, () => Math.random().toString(36).slice(2, 12)).join(' ');
  const rows = Array.from({ length: 100 }, () => ({ prompt: text() }));
  const large = await bench.put('large.jsonl', jsonl(rows));
  const read = await pages(null, undefined, large.version_id);
  expect(read.flat()).toEqual(upTo(100));
  expect(Math.max(...read.slice(1).map((page) => page.length))).toBeLessThan(45);
});

it('the newest version is the one', async () => {
  const version = await bench.db.asUser('local', (q) => newestVersion(q, 'local', datasetId));
  expect(version).toMatchObject({
    versionId,
    datasetId,
    items: 2500,
    reading: { name_path: null, category_path: null, truth_path: null },
    comparing: { decision_path: null, rules: [], normalisers: {} },
    columns: [{ path: 'custom_id' }, { path: 'prompt' }, { path: 'expected' }],
  });
  const next = await bench.put('next.jsonl', jsonl([{ prompt: 'next' }]), { datasetId });
  const newest = await bench.db.asUser('local', (q) => newestVersion(q, 'local', datasetId));
  expect(newest).toMatchObject({ versionId: next.version_id, items: 1 });
  for (const [user, id] of [
    ['other', datasetId],
    ['local', 'ds_none'],
    ['local', '\0'],
  ] as const) {
    const fault = await faultOf(() => bench.db.asUser(user, (q) => newestVersion(q, user, id)));
    expect(fault).toMatchObject({ code: 'not_found', param: 'dataset_id' });
  }
});

it('lists items with the beginnings of their prompts, page by page', async () => {
  const rows = Array.from({ length: 5 }, (_, i) => ({ zeta: `z${i}`, alpha: 'long '.repeat(100), category: 'c' }));
  const { id } = await bench.put('list.jsonl', jsonl(rows));
  const first = await bench.room.items('local', id, { limit: 3 });
  expect(first.data.map(({ candidate_id, ordinal }) => [candidate_id, ordinal])).toEqual([
    ['row-1', 0],
    ['row-2', 1],
    ['row-3', 2],
  ]);
  expect(first.data[0]).toMatchObject({ category: 'c', truth: null });
  // Fields in the order of the file, not of the database.
  expect(first.data[0]!.preview).toMatch(/^\{"zeta":"z0","alpha":"long long.*\u2026$/);
  expect(first.data[0]!.preview).toHaveLength(300);
  const last = await bench.room.items('local', id, { limit: 3, after: first.next! });
  expect(last.data.map(({ ordinal }) => ordinal)).toEqual([3, 4]);
  expect(last.next).toBeNull();
});
