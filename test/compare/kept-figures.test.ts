/** Kept figures: the same while nothing changes, never stale after anything has, within their memory. */

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { agreementOf } from '../../src/compare/agreement-query.ts';
import { openPasses } from '../../src/compare/comparing-pass.ts';
import { keepFigures } from '../../src/compare/kept-figures.ts';
import type { RunOf } from '../../src/compare/land-answers.ts';
import { forgetMarks } from '../../src/compare/marks.ts';
import { refreshItems } from '../../src/compare/refresh.ts';
import { gridStats } from '../../src/compare/stats.ts';
import { takeTurn } from '../../src/compare/turn.ts';
import { gridFilter } from '../../src/contracts/workbench.ts';
import { openCuration } from '../../src/curate/open.ts';
import { openDatasets } from '../../src/datasets/open-datasets.ts';
import type { RunDeps, VersionOf } from '../../src/runs/deps.ts';
import { deleteRun, insertRuns } from '../../src/runs/supersede.ts';
import { silentLog } from '../harness/database.ts';
import { answer, type Bench, landIn, makeDataset, makeRun, openBench, rowsOf } from './seed.ts';

let bench: Bench;
let version: VersionOf;
let runs: RunOf[];
/** How often figures were computed. */
let computed: number;
let figures: ReturnType<typeof keepFigures>;

beforeAll(async () => {
  bench = await openBench('kept_figures');
});
afterAll(() => bench.end());
beforeEach(async () => {
  computed = 0;
  figures = keepFigures({ db: bench.db, maxBytes: 1e6 });
  version = await makeDataset(
    bench,
    Array.from({ length: 6 }, (_, i) => ({ category: 'old', truth: i % 2 === 0 ? 'Yes' : 'No' })),
    { comparing: { decision_path: 'first' } },
  );
  runs = [await makeRun(bench, version, 'a'), await makeRun(bench, version, 'b')];
  for (const run of runs)
    await landIn(
      bench,
      run,
      [0, 1, 2].map((i) => answer(i, { first: 'Yes', second: 'No' })),
    );
});

const filter = (more: object = {}) => gridFilter.parse({ dataset_id: version.datasetId, ...more });
const fresh = async () => ({
  stats: await gridStats(bench.db, 'local', filter()),
  agreement: await agreementOf(bench.db, 'local', { filter: filter() }),
});
/** The same figures by way of those that are kept. */
const kept = async (query: object = {}) =>
  figures({
    userId: 'local',
    datasetId: version.datasetId,
    query,
    compute: () => {
      computed += 1;
      return fresh();
    },
  });

/** Everything that figures may follow from, each as the product does it. */
const changes: Record<string, () => Promise<unknown>> = {
  'an answer lands': () => landIn(bench, runs[0]!, [answer(3, { first: 'No' })]),
  'an answer lands again': () => landIn(bench, runs[0]!, [answer(0, null)]),
  'something is said of an answer': () => say('golden'),
  'it is taken back': () => curation().clear('local', { kind: 'wrong', ...place() }),
  'it is undone': () => curation().undo('local', place()),
  'something is said of many answers': () =>
    curation().bulk('local', { kind: 'golden', model_id: 'a', filter: filter(), confirm: 3 }),
  'much is cleared': () => curation().bulk('local', { kind: 'clear', model_id: 'a', filter: filter(), confirm: 3 }),
  'other settings of comparing': async () => {
    const passes = openPasses({ db: bench.db, log: silentLog });
    await datasets(passes).change('local', version.datasetId, { comparing: { decision_path: 'second' } });
    await passes.settled();
    await passes.stop();
  },
  'items are read otherwise': async () => {
    await rowsOf(bench, `update items set input = '{"prompt": "x", "kind": "new"}' where version_id = $1`, [
      version.versionId,
    ]);
    await datasets().change('local', version.datasetId, { reading: { category_path: 'kind' } });
  },
  'a run begins': () =>
    bench.db.asUser('local', (q) =>
      insertRuns(q, [
        {
          ...version,
          runId: `bm_new_${version.datasetId}`,
          modelId: 'c',
          source: 'batch',
          settings: {},
          total: 1,
          items: null,
        },
      ]),
    ),
  'a run is superseded': () =>
    bench.db.asUser('local', (q) =>
      insertRuns(q, [
        {
          ...version,
          runId: `bm_next_${version.datasetId}`,
          modelId: 'a',
          source: 'batch',
          settings: {},
          total: 1,
          items: null,
        },
      ]),
    ),
  'a run is removed': () => deleteRun({ db: bench.db, takeTurn, refreshItems } as unknown as RunDeps, runs[1]!),
  'a new version': () =>
    rowsOf(
      bench,
      `insert into dataset_versions (version_id, user_id, dataset_id, content_hash, ordinal, filename, format, bytes, items)
       values ($1 || '_2', 'local', $1, sha256($1::bytea), 2, 'x', 'csv', 1, 0)`,
      [version.datasetId],
    ),
};
/** What stands before some of them. */
const said: Record<string, () => Promise<unknown>> = {
  'it is taken back': () => say('wrong'),
  'it is undone': () => say('wrong'),
  'much is cleared': () => curation().bulk('local', { kind: 'golden', model_id: 'a', filter: filter(), confirm: 3 }),
};
const place = () => ({ datasetId: version.datasetId, candidateId: 'item-0', modelId: 'a' });
const curation = () => openCuration({ db: bench.db });
const say = (kind: 'golden' | 'wrong') =>
  curation().annotate('local', { kind, ...place(), body: { model_id: 'a' } as never });
const datasets = (reread?: ReturnType<typeof openPasses>) =>
  openDatasets({
    db: bench.db,
    limits: { maxItems: 1000, blockRows: 100, lineMaxBytes: 10_000 },
    ...(reread === undefined ? {} : { reread }),
  });

for (const [what, change] of Object.entries(changes)) {
  test(`after ${what} they are computed anew, and again kept`, async () => {
    await said[what]?.();
    const before = await kept();
    expect(await kept()).toBe(before);
    await change();
    const after = await kept();
    expect(after).toEqual(await fresh());
    expect(after).not.toEqual(before);
    expect(await kept()).toBe(after);
  });
}

test('a change while figures are computed: the next ask computes anew', async () => {
  const ask = (compute: () => Promise<string>) =>
    figures({ userId: 'local', datasetId: version.datasetId, query: {}, compute });
  expect(
    await ask(async () => {
      await landIn(bench, runs[0]!, [answer(4, 'x')]);
      return 'early';
    }),
  ).toBe('early');
  expect(await ask(async () => 'late')).toBe('late');
  expect(await ask(async () => 'later')).toBe('late');
});

test('asked for at once they are computed once; a fault is not kept', async () => {
  const both = await Promise.all([kept(), kept()]);
  expect(both[0]).toBe(both[1]);
  expect(computed).toBe(1);
  const ask = (compute: () => Promise<string>) =>
    figures({ userId: 'local', datasetId: version.datasetId, query: { of: 'fault' }, compute });
  await expect(ask(() => Promise.reject(new Error('away')))).rejects.toThrow('away');
  expect(await ask(async () => 'there')).toBe('there');
});

test('another user, query, or dataset that is not there gets nothing that was kept for this one', async () => {
  const ask = (userId: string, query: object, answerOf: string) =>
    figures({ userId, datasetId: version.datasetId, query, compute: async () => answerOf });
  expect(await ask('local', { n: 1 }, 'first')).toBe('first');
  expect(await ask('local', { n: 2 }, 'second')).toBe('second');
  expect(await ask('other', { n: 1 }, 'third')).toBe('third');
  expect(await ask('other', { n: 1 }, 'fourth')).toBe('fourth');
  expect(await ask('local', { n: 1 }, 'fifth')).toBe('first');
});

test('those of a deleted dataset are gone; its marks go at the next start', async () => {
  await kept();
  await datasets().remove('local', version.datasetId);
  await expect(kept()).rejects.toMatchObject({ code: 'not_found' });
  await bench.db.asSystem(forgetMarks);
  const left = await rowsOf(bench, 'select from dataset_marks where dataset_id = $1', [version.datasetId]);
  expect(left).toEqual([]);
});

test('those asked for longest ago go when the memory is full', async () => {
  figures = keepFigures({ db: bench.db, maxBytes: 10_000 });
  const asked: string[] = [];
  const ask = (name: string) =>
    figures({
      userId: 'local',
      datasetId: version.datasetId,
      query: { name },
      compute: async () => {
        asked.push(name);
        return 'x'.repeat(1500);
      },
    });
  for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) await ask(name);
  expect(asked).toEqual(['a', 'b', 'c', 'b']);
  // One that takes more than there is goes at once.
  figures = keepFigures({ db: bench.db, maxBytes: 100 });
  for (const name of ['d', 'd']) await ask(name);
  expect(asked.slice(4)).toEqual(['d', 'd']);
});
