/** The versions of a dataset with the runs over each. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { datasetVersions } from '../../src/contracts/datasets.ts';
import { faultOf } from './files.ts';
import { type DatasetBench, jsonl, openBench } from './room.ts';

let bench: DatasetBench;
beforeAll(async () => {
  bench = await openBench('versions');
});
afterAll(() => bench.end());

const run = (id: string, of: { id: string; version_id: string }, supersededBy: string | null = null) =>
  bench.query(
    `insert into runs (run_id, user_id, dataset_id, version_id, model_id, source, total, superseded_by)
     values ($1, 'local', $2, $3, 'a', 'import', 1, $4)`,
    [id, of.id, of.version_id, supersededBy],
  );

it('the newest first, each with what it holds; runs that no list shows are not counted', async () => {
  const first = await bench.put('one.jsonl', jsonl([{ prompt: 'x', expected: 'y' }]));
  const text = 'id,prompt\n1,a\n2,b\n';
  const second = await bench.put('two.csv', text, { datasetId: first.id });
  await run('bm_1', first, 'bm_2');
  await run('bm_2', first);
  await run('bm_hidden', first, 'bm_hidden');
  const versions = await bench.room.versions('local', first.id);
  expect(datasetVersions.parse({ versions })).toEqual({ versions });
  expect(versions).toEqual([
    {
      version_id: second.version_id,
      version: second.version,
      ordinal: 2,
      count: 2,
      with_truth: 0,
      filename: 'two.csv',
      format: 'csv',
      bytes: text.length,
      created_at: expect.any(Number),
      runs: 0,
    },
    {
      version_id: first.version_id,
      version: first.version,
      ordinal: 1,
      count: 1,
      with_truth: 1,
      filename: 'one.jsonl',
      format: 'jsonl',
      bytes: first.bytes,
      created_at: first.created_at,
      runs: 2,
    },
  ]);
});

it('a dataset that is not there, or is of another user, is not found', async () => {
  const { id } = await bench.put('own.jsonl', jsonl([{ prompt: 'own' }]));
  for (const [user, asked] of [
    ['other', id],
    ['local', 'ds_none'],
    ['local', 'ds\0'],
  ] as const)
    expect(await faultOf(() => bench.room.versions(user, asked))).toMatchObject({ code: 'not_found' });
});
