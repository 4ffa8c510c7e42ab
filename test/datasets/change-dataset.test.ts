/** Changes of a dataset: its name, where its items' labels stand, how its answers are compared. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { changeDataset } from '../../src/contracts/datasets.ts';
import { openDatasets } from '../../src/datasets/open-datasets.ts';
import { faultOf } from './files.ts';
import { type DatasetBench, jsonl, openBench, testLimits } from './room.ts';

let bench: DatasetBench;
beforeAll(async () => {
  bench = await openBench('change');
});
afterAll(() => bench.end());

const row = (i: number) => ({
  custom_id: `c${i}`,
  name: `Name ${i}`,
  who: { label: `Who ${i}` },
  prompt: `p${i}`,
  expected: `e${i}`,
  other: i % 2 === 0 ? `o${i}` : null,
  category: 'all',
  level: `l${i % 3}`,
});
const put = async (mark: string, count = 230) =>
  bench.put(`${mark}.jsonl`, jsonl(Array.from({ length: count }, (_, i) => ({ ...row(i), mark }))));

it('names, categories and expected answers are read anew from where they stand, in all versions', async () => {
  const first = await put('anew');
  const { id, version_id } = await bench.put('two.jsonl', jsonl([row(9)]), { datasetId: first.id });
  const reading = { name_path: 'who.label', category_path: 'level', truth_path: 'other' };
  const changed = await bench.room.change('local', id, { reading });
  expect(changed).toMatchObject({
    reading,
    read_at: reading,
    with_truth: 0,
    categories: [{ category: 'l0', count: 1 }],
  });
  expect((await bench.items(version_id))[0]).toMatchObject({ name: 'Who 9', category: 'l0', truth: null });
  const items = await bench.items(first.version_id);
  expect(items[229]).toMatchObject({ name: 'Who 229', category: 'l1', truth: null });
  expect(items[228]).toMatchObject({ name: 'Who 228', category: 'l0', truth: 'o228' });
  const [counted] = await bench.query('select with_truth from dataset_versions where version_id = $1', [
    first.version_id,
  ]);
  expect(counted).toEqual({ with_truth: 115 });
  const found = await bench.query(
    `select ordinal from items where version_id = $1 and words @@ to_tsquery('simple', 'Who & 228')`,
    [first.version_id],
  );
  expect(found).toEqual([{ ordinal: 228 }]);
  await bench.room.change('local', id, { reading: { name_path: null, truth_path: null } });
  expect((await bench.items(first.version_id))[229]).toMatchObject({ name: 'Name 229', category: 'l1', truth: 'e229' });
});

it('what is not given stays', async () => {
  const { id } = await put('stays', 3);
  const comparing = { decision_path: 'a.b', normalisers: { score: { kind: 'ignore' as const } } };
  await bench.room.change('local', id, changeDataset.parse({ comparing, reading: { truth_path: 'other' } }));
  const changed = await bench.room.change(
    'local',
    id,
    changeDataset.parse({ name: ' New\nname ', comparing: { rules: [{ pattern: 'x' }] } }),
  );
  expect(changed).toMatchObject({
    name: 'New name',
    reading: { name_path: null, category_path: null, truth_path: 'other' },
    comparing: { ...comparing, rules: [{ pattern: 'x', flags: 'i' }] },
  });
  expect(await bench.room.change('local', id, {})).toEqual(changed);
});

it('says in the transaction of the change that answers are to be read anew, and after it that this may begin', async () => {
  const { id } = await put('told', 3);
  const heard: unknown[] = [];
  const room = openDatasets({
    db: bench.db,
    limits: testLimits,
    reread: {
      plan: async (q, of) => {
        const { rows } = await q.query(
          `select comparing ->> 'decision_path' as path, reading ->> 'truth_path' as truth from datasets where dataset_id = $1`,
          [of.datasetId],
        );
        heard.push(['plan', of.userId, of.datasetId, rows[0]]);
      },
      start: (of) => heard.push(['start', of.datasetId]),
    },
  });
  // Another name of the items, and settings that are set to what they are, change no answer.
  await room.change('local', id, { name: 'x', reading: { name_path: 'who.label', truth_path: 'expected' } });
  await room.change('local', id, { comparing: { rules: [] } });
  expect(heard).toEqual([]);
  await room.change('local', id, { comparing: { decision_path: 'd' } });
  await room.change('local', id, { reading: { truth_path: 'other' } });
  expect(heard).toEqual([
    ['plan', 'local', id, { path: 'd', truth: 'expected' }],
    ['start', id],
    ['plan', 'local', id, { path: 'd', truth: 'other' }],
    ['start', id],
  ]);
});

it('a dataset that is not there is not found', async () => {
  expect(await faultOf(() => bench.room.change('local', 'ds_none', { name: 'x' }))).toMatchObject({
    code: 'not_found',
    message: 'No dataset with id ds_none. List what there is with GET /admin/datasets.',
  });
});
