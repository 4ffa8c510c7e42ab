/** The live feed: each event once and in order, whatever lands at once, whoever is slow, and whichever connection breaks. */

import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { landAnswers, type RunOf } from '../../src/compare/land-answers.ts';
import { type LiveFeed, type LiveFeedOptions, openLiveFeed } from '../../src/compare/live-feed.ts';
import type { ActiveRun } from '../../src/contracts/runs.ts';
import type { LiveMessage } from '../../src/contracts/workbench.ts';
import type { VersionOf } from '../../src/runs/deps.ts';
import { silentLog } from '../harness/database.ts';
import {
  annotate,
  answer,
  type Bench,
  cutConnections,
  landIn,
  makeDataset,
  makeRun,
  openBench,
  rowsOf,
} from './seed.ts';

let bench: Bench;
let version: VersionOf;
let runs: RunOf[];
let feed: LiveFeed;
let jobs: ActiveRun[];
const count = 120;

beforeAll(async () => {
  bench = await openBench('live_feed');
});
afterAll(() => bench.end());

beforeEach(async () => {
  jobs = [];
  version = await makeDataset(
    bench,
    Array.from({ length: count }, () => ({})),
    { comparing: { decision_path: 'verdict' } },
  );
  runs = [await makeRun(bench, version, 'a'), await makeRun(bench, version, 'b')];
});
afterEach(() => feed.close());

const open = (more: Partial<LiveFeedOptions> = {}) => {
  feed = openLiveFeed({
    db: bench.db,
    url: bench.url,
    activeRuns: async () => jobs,
    log: silentLog,
    pageRows: 40,
    progressMs: 5,
    gatherMs: 2,
    retryMs: 20,
    pollMs: 100,
    ...more,
  });
};

interface Listener {
  got: LiveMessage[];
  close(): void;
  drained(): void;
  /** What was got of one type. */
  of<T extends LiveMessage['type']>(type: T): Extract<LiveMessage, { type: T }>[];
}

function listen(on: { userId?: string; since?: number; datasetId?: string; takes?: () => boolean } = {}): Listener {
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
  return { got, ...subscription, of: (type) => got.filter((message) => message.type === type) as never };
}

const until = (check: () => boolean) => vi.waitFor(() => expect(check()).toBe(true), { timeout: 20_000, interval: 5 });
const hello = async (listener: Listener) => {
  await until(() => listener.of('hello').length === 1);
  return listener.of('hello')[0]!.cursor;
};

/** Lands all items of both runs from two connections at once, in groups of uneven size. */
async function landAll(from = 0, to = count): Promise<void> {
  await Promise.all(
    runs.map(async (run, r) => {
      for (let at = from; at < to; ) {
        const size = Math.min(to - at, 1 + ((at * 7 + r * 3) % 12));
        await landIn(
          bench,
          run,
          Array.from({ length: size }, (_, i) => answer(at + i, { verdict: 'Yes' })),
        );
        at += size;
      }
    }),
  );
}

const keyOf = (message: { result: { model_id: string; ordinal: number } }) =>
  `${message.result.model_id}/${message.result.ordinal}`;
const allKeys = (of = count) =>
  runs.flatMap((run) => Array.from({ length: of }, (_, i) => `${run.modelId}/${i}`)).toSorted();

/** The events of one listener, or of several that followed one another: each once, cursors ascending. */
function expectEachOnce(results: ReturnType<typeof resultsOf>, of = count): void {
  expect(results.map(keyOf).toSorted()).toEqual(allKeys(of));
  const cursors = results.map((message) => message.cursor);
  expect(cursors).toEqual(cursors.toSorted((a, b) => a - b));
}
const resultsOf = (listener: Listener) => listener.of('result');

test('landings from two connections at once: each result once, in order, as the grid shows it', async () => {
  open();
  const listener = listen();
  await hello(listener);
  await landAll();
  await until(() => resultsOf(listener).length >= count * 2);
  expectEachOnce(resultsOf(listener));
  expect(resultsOf(listener)[0]).toMatchObject({
    result: {
      dataset_id: version.datasetId,
      version_id: version.versionId,
      candidate_id: 'item-0',
      cell: { status: 'ok', decision: 'Yes', tokens: 5, annotation: null },
      differs: false,
      diff_fields: [],
    },
  });
});

test('what lands while an earlier landing is not committed yet waits for it, so that no event is jumped over', async () => {
  open();
  const listener = listen();
  await hello(listener);
  let second: Promise<void> | null = null;
  let done = false;
  await bench.db.asUser('local', async (q) => {
    await landAnswers(q, runs[0]!, [answer(0, 'x')]);
    second = landIn(bench, runs[1]!, [answer(1, 'x')]).finally(() => {
      done = true;
    });
    const waiting = 'select from pg_locks where not granted';
    while (!done && (await rowsOf(bench, waiting)).length === 0);
  });
  await second;
  await until(() => resultsOf(listener).some((message) => message.result.ordinal === 1));
  expect(resultsOf(listener).map(keyOf)).toEqual(['a/0', 'b/1']);
});

test('a client that goes and comes back with its last cursor misses nothing and gets nothing twice', async () => {
  open();
  let listener = listen();
  let since = await hello(listener);
  const results: ReturnType<typeof resultsOf> = [];
  const landed = landAll();
  while (results.length < count * 2) {
    await until(() => resultsOf(listener).length >= Math.min(60, count * 2 - results.length));
    listener.close();
    results.push(...resultsOf(listener));
    since = results.at(-1)!.cursor;
    listener = listen({ since });
  }
  await landed;
  await hello(listener);
  expectEachOnce(results);
  expect(resultsOf(listener)).toEqual([]);
});

test('a slow client gets the rest in order when it is ready, and of progress the newest alone', async () => {
  open();
  let room = 25;
  const slow = listen({ takes: () => room-- > 0 });
  const fast = listen();
  await hello(slow);
  const landed = landAll();
  for (let round = 0; slow.of('result').length < count * 2; round++) {
    jobs = [{ id: `job-${round}` } as ActiveRun];
    const before = slow.got.length;
    room = 25;
    slow.drained();
    await until(() => slow.got.length > before);
  }
  await landed;
  await until(() => fast.of('result').length === count * 2);
  expectEachOnce(slow.of('result'));
  expectEachOnce(fast.of('result'));
  const told = slow.of('progress').map((message) => message.jobs[0]?.id ?? 'none');
  expect(new Set(told).size).toBe(told.length);
});

test('while a client takes nothing, nothing is kept for it but the newest progress', async () => {
  open();
  let takes = true;
  const listener = listen({ takes: () => takes });
  const other = listen();
  await hello(listener);
  await until(() => listener.of('progress').length === 1);
  takes = false;
  for (const id of ['first', 'second', 'third']) {
    jobs = [{ id } as ActiveRun];
    await until(() => other.of('progress').at(-1)?.jobs[0]?.id === id);
  }
  const before = listener.got.length;
  takes = true;
  listener.drained();
  await until(() => listener.got.length > before);
  expect(listener.of('progress').map((message) => message.jobs[0]?.id)).toEqual([undefined, 'third']);
});

test('lost connections, of the listener and of the pool: nothing is lost', async () => {
  open();
  const listener = listen();
  await hello(listener);
  await landAll(0, 30);
  await until(() => resultsOf(listener).length === 60);
  for (const at of [30, 60, 90]) {
    expect(await cutConnections(bench.url, 'assay live')).toBe(1);
    if (at === 60) await cutConnections(bench.url, 'assay');
    await landAll(at, at + 30).catch(() => landAll(at, at + 30));
  }
  // A group may have landed before its connection broke and once more after it: the newer number counts.
  await until(() => new Set(resultsOf(listener).map(keyOf)).size === count * 2);
  const cursors = resultsOf(listener).map((message) => message.cursor);
  expect(cursors).toEqual(cursors.toSorted((a, b) => a - b));
  expect(new Set(cursors).size).toBe(cursors.length);
});

test('without any notification the poll finds what landed', async () => {
  open({ pollMs: 20 });
  const listener = listen();
  await hello(listener);
  await rowsOf(
    bench,
    `insert into answers (run_id, ordinal, user_id, version_id, model_id, seq, ok, parse)
     values ($1, 0, 'local', $2, 'a', nextval('workbench_seq'), true, 'none')`,
    [runs[0]!.runId, version.versionId],
  );
  await until(() => resultsOf(listener).length === 1);
});

test('a client far behind, or with a cursor of another database, is told so and goes on from now', async () => {
  open({ behindRows: 50 });
  const first = listen();
  const start = await hello(first);
  await landAll(0, 30);
  await until(() => resultsOf(first).length === 60);
  const now = resultsOf(first).at(-1)!.cursor;
  for (const since of [start, now + 1_000_000]) {
    const listener = listen({ since });
    await until(() => listener.of('behind').length === 1);
    expect(listener.got[0]).toEqual({ type: 'behind', cursor: now });
    listener.close();
  }
  const listener = listen({ since: start });
  await until(() => listener.of('behind').length === 1);
  await landIn(bench, runs[0]!, [answer(50, 'x'), answer(51, 'x')]);
  await until(() => resultsOf(listener).length === 2);
  const within = listen({ since: now });
  await until(() => resultsOf(within).length === 2);
  expect(within.of('behind')).toEqual([]);
});

test('what is said and taken back comes too; other users and other datasets do not', async () => {
  open();
  const other = await makeDataset(bench, [{}], {});
  const [mine, theirs, narrow] = [listen(), listen({ userId: 'other' }), listen({ datasetId: other.datasetId })];
  await Promise.all([mine, theirs, narrow].map(hello));
  await landIn(bench, runs[0]!, [answer(0, { verdict: 'Yes' })]);
  await annotate(bench, version, { itemId: 'item-0', modelId: 'a', kind: 'golden' });
  await annotate(bench, version, { itemId: 'item-0', modelId: 'a', kind: null });
  await landIn(bench, await makeRun(bench, other, 'c'), [answer(0, 'x')]);
  await until(() => resultsOf(mine).length === 2 && resultsOf(narrow).length === 1);
  // Two changes of one annotation may be seen as the last one alone.
  expect(mine.of('annotation').at(-1)).toMatchObject({
    annotation: { dataset_id: version.datasetId, candidate_id: 'item-0', model_id: 'a', kind: null },
  });
  expect(narrow.of('annotation')).toEqual([]);
  expect(theirs.got.filter((message) => message.type !== 'progress')).toEqual([
    { type: 'hello', cursor: expect.any(Number) },
  ]);
});

test('progress comes once for each change, at once to who comes later', async () => {
  open({ pollMs: 10 });
  const first = listen();
  await until(() => first.of('progress').length === 1);
  jobs = [{ id: 'bm_1', progress: 10 } as ActiveRun];
  await until(() => first.of('progress').length === 2);
  const second = listen();
  await until(() => second.of('progress').length > 0);
  expect(second.of('progress')).toEqual([{ type: 'progress', jobs }]);
  jobs = [{ id: 'bm_1', progress: 10 } as ActiveRun];
  const third = listen();
  await until(() => third.of('progress').length > 0);
  expect(first.of('progress')).toHaveLength(2);
});
