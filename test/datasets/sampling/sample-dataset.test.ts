/** A dataset's sample is that of its file, and written anew its rows keep their ids. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { sampleOptions } from '../../../src/contracts/sampling.ts';
import { openFileSource } from '../../../src/datasets/sampling/file-source.ts';
import { sampleDataset } from '../../../src/datasets/sampling/sample-dataset.ts';
import { sampleRows } from '../../../src/datasets/sampling/sample-rows.ts';
import { writeSample } from '../../../src/datasets/sampling/write-sample.ts';
import { faultOf, pathOf, valuesOf, write } from '../files.ts';
import { type DatasetBench, jsonl, openBench } from '../room.ts';

let bench: DatasetBench;
beforeAll(async () => {
  bench = await openBench('sampling');
});
afterAll(() => bench.end());

/** Rows with an id of their own, every third without one; two categories. */
const rows = Array.from({ length: 5000 }, (_, at) => ({
  ...(at % 3 === 0 ? {} : { id: `k${at}` }),
  prompt: `w${at * 7} x${at * 11} y${at * 13} z${at}`,
  category: at % 4 === 0 ? 'a' : 'b',
}));
const options = sampleOptions.parse({ n: 400 });

it('draws the items that the file would give, and keeps their ids in a new dataset', async () => {
  const dataset = await bench.put('rows.jsonl', jsonl(rows));
  const { versionId, ordinals, stats } = await sampleDataset(bench, 'local', { datasetId: dataset.id, options });
  const from = { file: write('same.jsonl', jsonl(rows)), maxLineBytes: 100_000 };
  const file = await openFileSource(from, options);
  const ofFile = await sampleRows(file.source, file.options);
  expect(ordinals.map((ordinal) => ordinal + 1)).toEqual([...ofFile.numbers]);
  expect(stats).toMatchObject({ source: { name: 'rows', rows: 5000, sha256: dataset.version }, drawn: 400 });
  expect(stats.categories.a).toMatchObject({ source: 1250, drawn: 100, share: 0.25 });

  const path = pathOf('drawn.jsonl');
  expect(await writeSample(bench.db, 'local', { versionId, ordinals, path })).toBeGreaterThan(10_000);
  const drawn = await bench.items((await bench.putFile(path)).version_id);
  const before = await bench.items(versionId);
  expect(drawn.map((item) => item.item_id)).toEqual(ordinals.map((ordinal) => before[ordinal]!.item_id));
  expect(drawn.some((item) => item.item_id.startsWith('row-'))).toBe(true);
});

it('keeps ids by number where the field id repeats', async () => {
  const repeated = [0, 1, 2, 3].map((at) => ({ id: 'talk', prompt: `prompt ${at}` }));
  const { version_id: versionId } = await bench.put('talks.jsonl', jsonl(repeated));
  const path = pathOf('talks-drawn.jsonl');
  await writeSample(bench.db, 'local', { versionId, ordinals: [1, 3], path });
  expect(await valuesOf(path)).toEqual([
    { id: 'talk', prompt: 'prompt 1', custom_id: 'row-2' },
    { id: 'talk', prompt: 'prompt 3', custom_id: 'row-4' },
  ]);
});

it('is of no other user, and a write that fails leaves no file', async () => {
  const { id, version_id: versionId } = await bench.put('own.jsonl', jsonl([{ prompt: 'mine' }]));
  expect((await faultOf(() => sampleDataset(bench, 'other', { datasetId: id, options }))).code).toBe('not_found');
  const path = pathOf('stopped.jsonl');
  const signal = AbortSignal.abort(new Error('stopped'));
  await expect(writeSample(bench.db, 'local', { versionId, ordinals: [0], path, signal })).rejects.toThrow('stopped');
  expect((await faultOf(() => valuesOf(path))).message).toMatch(/no such file/);
});
