/** The live feed tells of changed runs and datasets, whoever changed them and however it comes to hear of it. */

import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { landAnswers } from '../../src/compare/land-answers.ts';
import { type LiveFeed, type LiveFeedOptions, openLiveFeed } from '../../src/compare/live-feed.ts';
import { refreshItems } from '../../src/compare/refresh.ts';
import { takeTurn } from '../../src/compare/turn.ts';
import type { LiveMessage } from '../../src/contracts/workbench.ts';
import { openDatasets } from '../../src/datasets/open-datasets.ts';
import type { RunDeps, VersionOf } from '../../src/runs/deps.ts';
import { deleteRun, insertRun, insertRuns, showRun } from '../../src/runs/supersede.ts';
import { silentLog } from '../harness/database.ts';
import { annotate, answer, type Bench, cutConnections, landIn, makeDataset, openBench, rowsOf } from './seed.ts';

let bench: Bench;
let version: VersionOf;
let feed: LiveFeed;

beforeAll(async () => {
  bench = await openBench('live_marks');
});
afterAll(() => bench.end());
beforeEach(async () => {
  version = await makeDataset(bench, [{}, {}], { comparing: { decision_path: 'verdict' } });
});
afterEach(() => feed.close());

const datasets = () => openDatasets({ db: bench.db, limits: { maxItems: 1000, blockRows: 100, lineMaxBytes: 10_000 } });
const open = (more: Partial<LiveFeedOptions> = {}) => {
  feed = openLiveFeed({
    db: bench.db,
    url: bench.url,
    activeRuns: async () => [],
    log: silentLog,
    progressMs: 5,
    gatherMs: 2,
    retryMs: 20,
    // So late that what is heard was told by the database itself.
    pollMs: 60_000,
    ...more,
  });
};

/** Follows the feed; `changes` gives what has come since the last time, when there is any. */
async function follow(on: { userId?: string; datasetId?: string; takes?: () => boolean } = {}) {
  const { userId = 'local', takes = () => true, ...rest } = on;
  const got: LiveMessage[] = [];
  const subscription = feed.subscribe(userId, {
    ...rest,
    send(message) {
      if (!takes()) return false;
      got.push(message);
      return true;
    },
  });
  const changed = () => got.filter(({ type }) => type === 'runs' || type === 'datasets');
  const heard = (count: number) =>
    vi.waitFor(() => expect(changed().length).toBeGreaterThanOrEqual(count), { timeout: 20_000, interval: 5 });
  await vi.waitFor(() => expect(got.some(({ type }) => type === 'hello')).toBe(true), { timeout: 20_000 });
  return {
    ...subscription,
    got,
    changed,
    async changes(): Promise<LiveMessage[]> {
      await heard(1);
      return changed().map((message) => {
        got.splice(got.indexOf(message), 1);
        return message;
      });
    },
  };
}

const newRun = (runId: string, more: object = {}) => ({
  ...version,
  runId,
  modelId: 'a',
  source: 'batch' as const,
  settings: {},
  total: 2,
  items: null,
  ...more,
});
const ran = () => [{ type: 'runs', dataset_id: version.datasetId }];
const system = (sql: string, values: unknown[] = []) => rowsOf(bench, sql, values);

test('a run that is made, superseded, imported, ended, taken up again, removed', async () => {
  open();
  const listener = await follow();
  const { datasetId } = version;
  const own = (runId: string) => `${runId}_${datasetId}`;
  const deps = { db: bench.db, takeTurn, refreshItems, landAnswers } as unknown as RunDeps;
  const first = newRun(own('bm_first'));
  await bench.db.asUser('local', (q) => insertRuns(q, [first]));
  expect(await listener.changes()).toEqual(ran());
  await bench.db.asUser('local', (q) => insertRuns(q, [newRun(own('bm_second'))]));
  expect(await listener.changes()).toEqual(ran());

  const imported = newRun(own('bm_import'), { source: 'import' });
  await bench.db.asUser('local', (q) => insertRun(q, imported, { shown: false }));
  await bench.db.asUser('local', (q) => showRun(q, imported, { changed: {}, unless: async () => null }));
  expect(await listener.changes()).toEqual(ran());

  const batch = own('batch');
  await system(
    `insert into batches (batch_id, user_id, endpoint, input_file_id, completion_window, expires_at, status, output_file_id,
       error_file_id)
     values ($1, 'local', '/v1/chat/completions', 'file-x', '24h', now() + interval '1 day', 'in_progress', $1 || '_o', $1 || '_e')`,
    [batch],
  );
  await system('update runs set batch_id = $2 where run_id = $1', [first.runId, batch]);
  expect(await listener.changes()).toEqual(ran());
  for (const status of ['cancelling', 'cancelled', 'in_progress']) {
    await system('update batches set status = $2 where batch_id = $1', [batch, status]);
    expect(await listener.changes()).toEqual(ran());
  }
  await deleteRun(deps, imported);
  expect(await listener.changes()).toEqual(ran());
});

test('a dataset that is made, changed, given a new version, deleted; others hear nothing of it', async () => {
  open();
  const [own, ofOne, other] = [
    await follow(),
    await follow({ datasetId: 'ds_other' }),
    await follow({ userId: 'other' }),
  ];
  const told = [{ type: 'datasets' }];
  const { datasetId } = await makeDataset(bench, [{}]);
  expect(await own.changes()).toEqual(told);
  await datasets().change('local', datasetId, { name: 'Another name' });
  expect(await own.changes()).toEqual(told);
  await system(
    `insert into dataset_versions (version_id, user_id, dataset_id, content_hash, ordinal, filename, format, bytes, items)
     values ($1 || '_2', 'local', $1, sha256($1::bytea), 2, 'x', 'csv', 1, 0)`,
    [datasetId],
  );
  expect(await own.changes()).toEqual(told);
  await datasets().remove('local', datasetId);
  expect(await own.changes()).toEqual(told);
  // Runs of another dataset are not for who asked for one; the list of datasets is for all.
  await bench.db.asUser('local', (q) => insertRuns(q, [newRun(`bm_${version.datasetId}`)]));
  expect(await own.changes()).toEqual(ran());
  expect((await ofOne.changes()).every(({ type }) => type === 'datasets')).toBe(true);
  expect(other.changed()).toEqual([]);
});

test('answers and what is said of them are no change of runs or datasets', async () => {
  open();
  const run = newRun(`bm_quiet_${version.datasetId}`);
  await bench.db.asUser('local', (q) => insertRuns(q, [run]));
  const listener = await follow();
  await landIn(bench, run, [answer(0, { verdict: 'Yes' })]);
  await annotate(bench, version, { itemId: 'item-0', modelId: 'a', kind: 'golden' });
  await vi.waitFor(() => expect(listener.got.some(({ type }) => type === 'annotation')).toBe(true));
  expect(listener.changed()).toEqual([]);
});

test('a change without any notification, and one while the connection is lost, is found by the next look', async () => {
  open({ pollMs: 20 });
  const listener = await follow();
  await system('update dataset_marks set runs = runs + 1 where dataset_id = $1', [version.datasetId]);
  expect(await listener.changes()).toEqual(ran());
  expect(await cutConnections(bench.url, 'assay live')).toBe(1);
  await bench.db.asUser('local', (q) => insertRuns(q, [newRun(`bm_cut_${version.datasetId}`)]));
  expect(await listener.changes()).toEqual(ran());
});

test('a slow client hears of each change once, when it is ready again', async () => {
  open();
  let takes = true;
  const slow = await follow({ takes: () => takes });
  const fast = await follow();
  takes = false;
  for (const n of [1, 2, 3]) {
    await bench.db.asUser('local', (q) => insertRuns(q, [newRun(`bm_slow${n}_${version.datasetId}`)]));
    await fast.changes();
  }
  takes = true;
  slow.drained();
  expect(await slow.changes()).toEqual(ran());
});
