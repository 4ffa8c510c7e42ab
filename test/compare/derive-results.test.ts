/** Answers out of a batch's results: in one transaction with them, never in their way, and none left out in the end. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { cancelBatch, closeBatch, finishBatch } from '../../src/batches/end.ts';
import { retryBatch } from '../../src/batches/retry.ts';
import { deriveAllMissing, deriveMissing, deriveOfBatch, landDerived } from '../../src/compare/derive-results.ts';
import { wholeItem } from '../../src/compare/whole-item.ts';
import type { LandedGroup, LandedRow } from '../../src/contracts/landing.ts';
import * as results from '../../src/results/land.ts';
import {
  type Bench,
  ended,
  leaseAll,
  lines,
  openBench,
  readRow,
  runAll,
  scheduleIn,
  startBatch,
} from '../batches/seed.ts';
import { runOn, silentLog } from '../harness/database.ts';
import { makeDataset, makeRun, rowsOf } from './seed.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('derive');
});
afterAll(() => bench.end());

/** The body of a chat answer. */
const output = (customId: string, content: string): string =>
  JSON.stringify({
    id: 'batch_req_1',
    custom_id: customId,
    response: {
      status_code: 200,
      request_id: 'r',
      body: { choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }] },
    },
    error: null,
  });

async function start(count: number, of: { items?: number[]; linked?: boolean } = {}) {
  const { id: batchId } = await startBatch(bench, lines(count));
  const version = await makeDataset(
    bench,
    Array.from({ length: 20 }, () => ({})),
    { comparing: { decision_path: 'verdict' } },
  );
  const run = await makeRun(bench, version, {
    modelId: 'm',
    ...(of.linked === false ? {} : { batchId }),
    ...(of.items === undefined ? {} : { items: of.items }),
  });
  return { batchId, version, run };
}

const leased = async (batchId: string) => (await leaseAll(bench, batchId)).toSorted((a, b) => a.line - b.line);

const group = (batchId: string, rows: LandedRow[]): LandedGroup => ({
  userId: 'local',
  batchId,
  workerId: 'worker-a',
  dispatchedAt: new Date(),
  rows,
  attempts: [],
});

const answered = (rows: Awaited<ReturnType<typeof leaseAll>>, verdict: string) =>
  rows.map((row) => ended(row, { output: output(row.customId, `{"verdict": "${verdict}"}`) }));

const answersOf = (runId: string) =>
  rowsOf<{
    ordinal: number;
    decision: string | null;
    ok: boolean;
    latency_ms: number;
    seq: string;
    finish_reason: string;
    error_code: string | null;
  }>(bench, 'select * from answers where run_id = $1 order by ordinal', [runId]);
const land = () => landDerived(bench.db, results, { log: silentLog, beliefMs: 0 });

test('what lands of a run becomes answers of the items that its lines stand for', async () => {
  const { batchId, run, version } = await start(3, { items: [7, 2, 11] });
  const rows = await leased(batchId);
  const failing = rows.find((row) => row.line === 3)!;
  const all = answered(rows, 'Yes').map((row) => (row.line === 3 ? ended(failing, { ok: false }) : row));
  expect(await land()(group(batchId, all))).toEqual({ written: 3, finished: true, live: true });
  expect(await answersOf(run.runId)).toMatchObject([
    { ordinal: 2, ok: true, decision: 'Yes', latency_ms: 20, finish_reason: 'stop' },
    { ordinal: 7, ok: true, decision: 'Yes' },
    { ordinal: 11, ok: false, error_code: 'bad_request', decision: null },
  ]);
  const item = await wholeItem(bench.db, 'local', { datasetId: version.datasetId, candidateId: 'item-7' });
  expect(item.results.m!.request).toMatchObject({ messages: [{ content: 'Say row-1' }] });
});

test('only rows that were really written, each once', async () => {
  const { batchId, run } = await start(4);
  const rows = await leased(batchId);
  await land()(group(batchId, answered(rows.slice(0, 2), 'first')));
  const before = await answersOf(run.runId);
  expect(await land()(group(batchId, answered(rows.slice(0, 3), 'second')))).toMatchObject({ written: 1 });
  const after = await answersOf(run.runId);
  expect(after.map((answer) => answer.decision)).toEqual(['first', 'first', 'second']);
  expect(after.slice(0, 2)).toEqual(before);
});

test('a batch without a run lands as before, and one whose run comes later is derived from then on', async () => {
  const { batchId, run } = await start(4, { linked: false });
  const rows = await leased(batchId);
  const landing = land();
  expect(await landing(group(batchId, answered(rows.slice(0, 2), 'Yes')))).toMatchObject({ written: 2 });
  expect(await answersOf(run.runId)).toEqual([]);
  await rowsOf(bench, 'update runs set batch_id = $2 where run_id = $1', [run.runId, batchId]);
  await landing(group(batchId, answered(rows.slice(2), 'Yes')));
  expect(await answersOf(run.runId)).toHaveLength(2);
  expect(await deriveMissing(bench.db, run, silentLog)).toBe(2);
  expect(await answersOf(run.runId)).toHaveLength(4);
});

test('a batch without a run lands by itself while that is believed; its answers come later when it gets one', async () => {
  const { batchId, run } = await start(4, { linked: false });
  const rows = await leased(batchId);
  const alone: number[] = [];
  const land: typeof results.land = (db, landed) => {
    alone.push(landed.rows.length);
    return results.land(db, landed);
  };
  const landing = landDerived(bench.db, { ...results, land }, { log: silentLog, beliefMs: 60_000 });
  expect(await landing(group(batchId, answered(rows.slice(0, 1), 'Yes')))).toMatchObject({ written: 1 });
  expect(alone).toEqual([]);
  await rowsOf(bench, 'update runs set batch_id = $2 where run_id = $1', [run.runId, batchId]);
  expect(await landing(group(batchId, answered(rows.slice(1), 'Yes')))).toEqual({
    written: 3,
    finished: true,
    live: true,
  });
  expect(alone).toEqual([3]);
  expect(await deriveMissing(bench.db, run, silentLog)).toBe(4);
});

test('a fault in deriving keeps no result from landing, and is made good later', async () => {
  const { batchId, run } = await start(3);
  const rows = await leased(batchId);
  const warned: string[] = [];
  const landing = landDerived(bench.db, results, {
    log: { ...silentLog, warn: (_values, message) => warned.push(message) },
  });
  await runOn(bench.url, `alter table answers add constraint broken check (run_id <> '${run.runId}')`);
  expect(await landing(group(batchId, answered(rows, 'Yes')))).toEqual({ written: 3, finished: true, live: true });
  expect(warned).toEqual(['answers are read from results later']);
  expect(await readRow(bench, batchId)).toMatchObject({ completed: 3, status: 'finalizing' });
  expect(await answersOf(run.runId)).toEqual([]);
  await runOn(bench.url, 'alter table answers drop constraint broken');
  expect(await deriveAllMissing(bench.db, silentLog)).toBe(3);
  expect(await deriveAllMissing(bench.db, silentLog)).toBe(0);
  expect(await answersOf(run.runId)).toHaveLength(3);
});

test('a turn that is long in coming is not waited for', async () => {
  const { batchId, run } = await start(2);
  const rows = await leased(batchId);
  const landing = landDerived(bench.db, results, { log: silentLog, turnMs: 20 });
  await bench.db.asSystem(async (q) => {
    await q.query('select pg_advisory_xact_lock(4080, 2)');
    expect(await landing(group(batchId, answered(rows, 'Yes')))).toMatchObject({ written: 2 });
  });
  expect(await answersOf(run.runId)).toEqual([]);
  expect(await deriveMissing(bench.db, run, silentLog)).toBe(2);
});

test('one result that does harm is left out, alone', async () => {
  const { batchId, run } = await start(5);
  await runAll(bench, batchId);
  await rowsOf(bench, 'update results set output = $2 where batch_id = $1 and line = 3', [batchId, 'not JSON']);
  const warned: object[] = [];
  await deriveMissing(bench.db, run, { ...silentLog, warn: (values) => warned.push(values) });
  expect((await answersOf(run.runId)).map((answer) => answer.ordinal)).toEqual([0, 1, 3, 4]);
  expect(warned).toMatchObject([{ run: run.runId, line: 3 }]);
});

test('rows that a cancel kept from running are failed answers once their batch has ended', async () => {
  const { batchId, run } = await start(4);
  const rows = await leased(batchId);
  await land()(group(batchId, answered(rows.slice(0, 1), 'Yes')));
  await cancelBatch(bench.db, 'local', batchId);
  await closeBatch(bench.db, { userId: 'local', batchId, as: 'cancelled' });
  expect(await deriveOfBatch(bench.db, { userId: 'local', batchId }, silentLog)).toBe(3);
  expect((await answersOf(run.runId)).map((answer) => answer.error_code)).toEqual([
    null,
    ...Array(3).fill('batch_cancelled'),
  ]);
  expect(await deriveOfBatch(bench.db, { userId: 'local', batchId: 'batch_none' }, silentLog)).toBe(0);
});

test('failed rows that run again are replaced, also when the deriving was missed', async () => {
  const { batchId, run } = await start(4);
  const rows = await leased(batchId);
  const landing = land();
  await landing(
    group(batchId, [...answered(rows.slice(0, 2), 'Yes'), ...rows.slice(2).map((row) => ended(row, { ok: false }))]),
  );
  await finishBatch(bench.db, 'local', batchId);
  expect((await answersOf(run.runId)).map((answer) => answer.ok)).toEqual([true, true, false, false]);
  await retryBatch(bench.db, { userId: 'local', batchId }, scheduleIn(4));
  const again = await leased(batchId);
  await landing(group(batchId, answered(again.slice(0, 1), 'No')));
  // The last one lands without being derived.
  await bench.db.asUser('local', (q) => results.landIn(q, group(batchId, answered(again.slice(1), 'No'))));
  expect((await answersOf(run.runId)).map((answer) => answer.ok)).toEqual([true, true, true, false]);
  expect(await deriveAllMissing(bench.db, silentLog)).toBe(1);
  expect((await answersOf(run.runId)).map((answer) => answer.decision)).toEqual(['Yes', 'Yes', 'No', 'No']);
});
