/** The same content is one dataset, also when it comes twice at once; other content becomes a version; users apart. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { faultOf } from './files.ts';
import { type DatasetBench, jsonl, openBench } from './room.ts';

let bench: DatasetBench;
beforeAll(async () => {
  bench = await openBench('versions');
});
afterAll(() => bench.end());

const rows = (count: number, mark: string) =>
  jsonl(Array.from({ length: count }, (_, i) => ({ custom_id: `c${i}`, prompt: `${mark} ${i}` })));

it('the same content again is the first dataset, whatever its name', async () => {
  const first = await bench.put('a.jsonl', rows(3, 'same'));
  const again = await bench.put('b.jsonl', rows(3, 'same'), { name: 'Other' });
  expect(again).toEqual({ ...first, duplicate_of: first.id });
  expect(await bench.query('select 1 from items where version_id = $1', [first.version_id])).toHaveLength(3);
});

it('the same content six times at once is one dataset', async () => {
  const made = await Promise.all(
    Array.from({ length: 6 }, (_, i) => bench.put(`at-once-${i}.jsonl`, rows(400, 'once'))),
  );
  const ids = new Set(made.map(({ id }) => id));
  expect(ids.size).toBe(1);
  expect(made.filter((each) => each.duplicate_of === null)).toHaveLength(1);
  expect(made.every(({ count }) => count === 400)).toBe(true);
  const kept = await bench.query(`select 1 from datasets where name like 'at-once-%'`);
  expect(kept).toHaveLength(1);
});

it('when the first of two at once fails, so does the second, each with its own error', async () => {
  const broken = `${rows(400, 'broken')}{`;
  const faults = await Promise.all([1, 2].map((i) => faultOf(() => bench.put(`broken-${i}.jsonl`, broken))));
  expect(faults.map(({ message }) => message.slice(0, 24))).toEqual([
    'broken-1.jsonl, line 401',
    'broken-2.jsonl, line 401',
  ]);
});

it('other content becomes a new version of the named dataset', async () => {
  const first = await bench.put('v.jsonl', rows(3, 'first'), { name: 'Set' });
  const second = await bench.put('v2.csv', 'custom_id,question,label\nc0,Why?,yes\nc9,How?,no\n', {
    datasetId: first.id,
  });
  expect(second).toMatchObject({
    id: first.id,
    name: 'Set',
    count: 2,
    versions: 2,
    format: 'csv',
    with_truth: 2,
    duplicate_of: null,
  });
  expect(second.version_id).not.toBe(first.version_id);
  expect(await bench.items(first.version_id)).toHaveLength(3);
  const again = await bench.put('v.jsonl', rows(3, 'first'), { datasetId: first.id });
  expect(again).toMatchObject({ duplicate_of: first.id, versions: 2, version_id: second.version_id });
  expect((await bench.put('v3.jsonl', rows(1, 'third'), { datasetId: first.id, name: 'New' })).name).toBe('New');
});

it('versions made at once are numbered one after the other', async () => {
  const { id } = await bench.put('n.jsonl', rows(1, 'numbered'));
  await Promise.all([2, 3, 4, 5].map((n) => bench.put('n.jsonl', rows(n, 'numbered'), { datasetId: id })));
  const ordinals = await bench.query('select ordinal from dataset_versions where dataset_id = $1 order by 1', [id]);
  expect(ordinals.map(({ ordinal }) => ordinal)).toEqual([1, 2, 3, 4, 5]);
});

it('the reading that was set is applied to the new version', async () => {
  const { id } = await bench.put('r.jsonl', rows(2, 'read'));
  await bench.room.change('local', id, { reading: { truth_path: 'prompt' } });
  const next = await bench.put('r2.jsonl', rows(2, 'read anew'), { datasetId: id });
  expect(next.with_truth).toBe(2);
  expect((await bench.items(next.version_id))[0]!.truth).toBe('read anew 0');
});

it('two users have the same content each for himself, and see nothing of each other', async () => {
  const mine = await bench.put('u.jsonl', rows(2, 'user'));
  const theirs = await bench.put('u.jsonl', rows(2, 'user'), { userId: 'other' });
  expect(theirs.id).not.toBe(mine.id);
  expect(theirs.duplicate_of).toBeNull();
  expect((await bench.room.list('other')).map(({ id }) => id)).toEqual([theirs.id]);
  const asOther = bench.room;
  for (const work of [
    () => asOther.get('other', mine.id),
    () => asOther.change('other', mine.id, { name: 'stolen' }),
    () => asOther.use('other', mine.id),
    () => asOther.remove('other', mine.id),
    () => asOther.items('other', mine.id, { limit: 10 }),
    () => bench.put('x.jsonl', rows(2, 'foreign'), { userId: 'other', datasetId: mine.id }),
  ]) {
    expect(await faultOf(work)).toMatchObject({ code: 'not_found', status: 404 });
  }
  expect(await bench.room.get('local', mine.id)).toMatchObject({ name: 'u', versions: 1 });
  expect((await faultOf(() => bench.room.get('local', 'ds_\0'))).code).toBe('not_found');
});

it('lists the newest first', async () => {
  const list = await bench.room.list('local');
  expect(list.map(({ created_at }) => created_at)).toEqual(
    list.map(({ created_at }) => created_at).toSorted((a, b) => b - a),
  );
  expect(list[0]!.name).toBe('u');
});
