/** Passes over answers after changed settings: in blocks, with progress, past a kill, and with the newest settings. */

import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { type ComparingPasses, openPasses, type PassOptions } from '../../src/compare/comparing-pass.ts';
import { openDatasets } from '../../src/datasets/open-datasets.ts';
import type { Database } from '../../src/db/database.ts';
import type { VersionOf } from '../../src/runs/deps.ts';
import { silentLog } from '../harness/database.ts';
import { answer, type Bench, landIn, makeDataset, makeRun, openBench, rowsOf } from './seed.ts';

let bench: Bench;
let passes: ComparingPasses;
beforeAll(async () => {
  bench = await openBench('comparing_pass');
});
afterAll(() => bench.end());
afterEach(() => passes.stop());

const limits = { maxItems: 1000, blockRows: 100, lineMaxBytes: 10_000 };
/** The datasets room with passes over `db`. */
const open = (more: Partial<PassOptions> = {}) => {
  passes = openPasses({ db: bench.db, log: silentLog, blockItems: 10, tellMs: 0, retryMs: 5, ...more });
  return openDatasets({ db: bench.db, limits, reread: passes });
};

/** 25 items, 20 of them with the truth B, and answers that say A first and B second. */
async function answered(): Promise<VersionOf> {
  const version = await makeDataset(
    bench,
    Array.from({ length: 25 }, (_, i) => ({ truth: i < 20 ? 'B' : null })),
    { comparing: { decision_path: 'first' } },
  );
  const run = await makeRun(bench, version, 'a');
  const rows = Array.from({ length: 25 }, (_, i) => answer(i, { first: 'A', second: 'B', third: 'C' }));
  await landIn(bench, run, rows);
  return version;
}

const decisions = async ({ versionId }: VersionOf) =>
  (
    await rowsOf<{ decision: string }>(
      bench,
      `select s.decisions ->> 'a' as decision from item_states s join answers a using (version_id, ordinal)
       where version_id = $1 and a.decision = s.decisions ->> 'a' order by ordinal`,
      [versionId],
    )
  )
    .map((row) => row.decision)
    .join('');
const passRows = () => rowsOf<{ next: number; total: number }>(bench, 'select next, total from comparing_passes');

/** A database of which every transaction but the first `count` waits until `go` resolves, or fails when it rejects. */
const heldAfter = (count: number, go: Promise<void>): Database => ({
  ...bench.db,
  async asUser(userId, work) {
    count -= 1;
    if (count < 0) await go;
    return bench.db.asUser(userId, work);
  },
});

test('a change returns at once with the progress; then all answers and states are read anew', async () => {
  const version = await answered();
  let go = () => {};
  const held = new Promise<void>((resolve) => {
    go = resolve;
  });
  const room = open({ db: heldAfter(1, held) });
  const changed = await room.change('local', version.datasetId, { comparing: { decision_path: 'second' } });
  expect(changed.comparing_progress).toEqual({ done: 0, total: 25 });
  await vi.waitFor(async () =>
    expect((await room.get('local', version.datasetId)).comparing_progress).toEqual({ done: 10, total: 25 }),
  );
  expect(await decisions(version)).toBe(`${'B'.repeat(10)}${'A'.repeat(15)}`);
  go();
  await passes.settled();
  expect((await room.get('local', version.datasetId)).comparing_progress).toBeNull();
  expect(await decisions(version)).toBe('B'.repeat(25));
  const correct = await rowsOf<{ correct: object }>(
    bench,
    'select correct from item_states where version_id = $1 and ordinal in (0, 24) order by ordinal',
    [version.versionId],
  );
  expect(correct.map((row) => row.correct)).toEqual([{ a: true }, {}]);
});

test('a pass that was ended after a block goes on there at the next start', async () => {
  const version = await answered();
  let go = () => {};
  const room = open({
    db: heldAfter(
      1,
      new Promise<void>((resolve) => {
        go = resolve;
      }),
    ),
  });
  await room.change('local', version.datasetId, { comparing: { decision_path: 'second' } });
  await vi.waitFor(async () => expect(await passRows()).toEqual([{ next: 10, total: 25 }]));
  const stopped = passes.stop();
  go();
  await stopped;
  const [left] = await passRows();
  expect(left!.next).toBeLessThan(25);
  // What is done is not done again: a mark in it stays.
  await rowsOf(bench, `update answers set decision = 'done' where version_id = $1 and ordinal = 0`, [
    version.versionId,
  ]);
  open();
  await passes.resume();
  await passes.settled();
  expect(await passRows()).toEqual([]);
  expect(await decisions(version)).toBe('B'.repeat(24));
});

test('settings changed again meanwhile win for every answer', async () => {
  const version = await answered();
  let go = () => {};
  const room = open({
    db: heldAfter(
      1,
      new Promise<void>((resolve) => {
        go = resolve;
      }),
    ),
  });
  await room.change('local', version.datasetId, { comparing: { decision_path: 'second' } });
  await vi.waitFor(async () => expect(await passRows()).toEqual([{ next: 10, total: 25 }]));
  const again = await room.change('local', version.datasetId, { comparing: { decision_path: 'third' } });
  expect(again.comparing_progress).toEqual({ done: 0, total: 25 });
  go();
  await passes.settled();
  expect(await decisions(version)).toBe('C'.repeat(25));
});

test('many changes and landings at once end without a fault, with the settings of the last', async () => {
  const warned: object[] = [];
  const version = await answered();
  const other = await makeRun(bench, version, 'b');
  const room = open({ log: { ...silentLog, warn: (values) => warned.push(values) }, blockItems: 3 });
  const paths = ['second', 'third', 'first', 'third', 'second'];
  const change = async () => {
    for (const path of paths) await room.change('local', version.datasetId, { comparing: { decision_path: path } });
  };
  const land = async () => {
    for (let i = 0; i < 25; i++) await landIn(bench, other, [answer(i, { first: 'A', second: 'B', third: 'C' })]);
  };
  await Promise.all([change(), land()]);
  await passes.settled();
  expect(warned).toEqual([]);
  expect(await decisions(version)).toBe('B'.repeat(50));
});

test('a fault is waited out', async () => {
  const version = await answered();
  let faults = 2;
  const failing: Database = {
    ...bench.db,
    asUser: (userId, work) =>
      faults-- > 0 ? Promise.reject(new Error('the database is away')) : bench.db.asUser(userId, work),
  };
  const room = open({ db: failing });
  await room.change('local', version.datasetId, { comparing: { decision_path: 'second' } });
  await passes.settled();
  expect(faults).toBeLessThan(0);
  expect(await decisions(version)).toBe('B'.repeat(25));
});

test('a dataset that is deleted in the middle of its pass takes it along, and nobody waits for the other', async () => {
  const warned: object[] = [];
  const room = open({ log: { ...silentLog, warn: (values) => warned.push(values) }, blockItems: 2 });
  for (let round = 0; round < 5; round++) {
    const version = await answered();
    await room.change('local', version.datasetId, { comparing: { decision_path: 'second' } });
    await room.remove('local', version.datasetId);
    await passes.settled();
  }
  expect(await passRows()).toEqual([]);
  expect(warned).toEqual([]);
});
