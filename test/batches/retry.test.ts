/** Failed rows run again in the same batch: what stays, what is counted anew, what is refused. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { cancelBatch, closeBatch, finishBatch } from '../../src/batches/end.ts';
import { takeIn } from '../../src/batches/intake.ts';
import { listRequests } from '../../src/batches/requests.ts';
import { retryBatch } from '../../src/batches/retry.ts';
import type { AssayError } from '../../src/errors.ts';
import {
  type Bench,
  chunksOf,
  ended,
  intakeDeps,
  landRows,
  leaseAll,
  lines,
  openBench,
  putBatch,
  query,
  readBatch,
  readRow,
  runAll,
  scheduleIn,
  startBatch,
} from './seed.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('retry');
});
afterAll(() => bench.end());

const retry = (batchId: string, userId = 'local') => retryBatch(bench.db, { userId, batchId }, scheduleIn(4));
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: AssayError) => error.code,
  );

test('failed rows run again, done ones stay; the history keeps both runs; the output ends up whole', async () => {
  const { id } = await startBatch(bench, lines(10));
  await runAll(bench, id, ['row-2', 'row-5', 'row-9']);
  await finishBatch(bench.db, 'local', id);
  const before = await readRow(bench, id);
  const again = await retry(id);
  expect(again).toMatchObject({
    status: 'in_progress',
    completed_at: null,
    finalizing_at: null,
    error_file_id: null,
    request_counts: { total: 10, completed: 7, failed: 0 },
  });
  const during = await readRow(bench, id);
  expect(during.error_bytes).toBe('0');
  expect(during.output_bytes).toBe(before.output_bytes);
  expect(Number(during.prompt_chars) - Number(during.prompt_chars_done)).toBe(3 * 'user\nSay row-2'.length);
  expect(during.expires_at.getTime()).toBeGreaterThan(before.expires_at.getTime());
  expect(await query(bench, 'select 1 from files where batch_id = $1', [id])).toEqual([]);
  const open = (await chunksOf(bench, id)).filter((chunk) => chunk.state === 'open');
  expect(open.flatMap((chunk) => chunk.lines).toSorted((a, b) => a - b)).toEqual([2, 5, 9]);
  expect(open[0]!.ordinal).toBeGreaterThan(0);
  const rows = (await leaseAll(bench, id)).toSorted((a, b) => a.line - b.line);
  // The tries of the first run do not count against the second.
  expect(rows.map((row) => [row.line, row.tries, row.attempts])).toEqual([
    [2, 0, 0],
    [5, 0, 0],
    [9, 0, 0],
  ]);
  await landRows(
    bench,
    rows.map((row) => ended(row, { ok: row.line !== 9 })),
    { batchId: id },
  );
  await finishBatch(bench.db, 'local', id);
  expect(await readBatch(bench, id)).toMatchObject({
    status: 'completed',
    request_counts: { completed: 9, failed: 1 },
  });
  const { data } = await listRequests(bench.db, { userId: 'local', batchId: id }, { limit: 100 });
  expect(data.map((row) => row.attempts_history.map((attempt) => attempt.code))).toEqual([
    [],
    ['bad_request'],
    [],
    [],
    ['bad_request'],
    [],
    [],
    [],
    ['bad_request'],
    [],
  ]);
  await retry(id);
  await runAll(bench, id);
  await finishBatch(bench.db, 'local', id);
  expect(await readBatch(bench, id)).toMatchObject({
    error_file_id: null,
    request_counts: { completed: 10, failed: 0 },
  });
  expect((await readRow(bench, id)).generation).toBe(2);
});

test('rows that a cancel or the end of the window kept from running run again', async () => {
  for (const as of ['cancelled', 'expired'] as const) {
    const { id } = await startBatch(bench, lines(6));
    const rows = await leaseAll(bench, id);
    await landRows(
      bench,
      rows.slice(0, 2).map((row) => ended(row)),
      { batchId: id },
    );
    if (as === 'cancelled') await cancelBatch(bench.db, 'local', id);
    else await query(bench, 'update batches set expires_at = now() where batch_id = $1', [id]);
    await closeBatch(bench.db, { userId: 'local', batchId: id, as });
    expect(await retry(id)).toMatchObject({
      status: 'in_progress',
      cancelled_at: null,
      cancelling_at: null,
      expired_at: null,
    });
    expect((await readRow(bench, id)).expires_at.getTime()).toBeGreaterThan(Date.now() + 86_000_000);
    expect(await runAll(bench, id)).toMatchObject({ written: 4, finished: true });
    await finishBatch(bench.db, 'local', id);
    expect(await readBatch(bench, id)).toMatchObject({
      status: 'completed',
      request_counts: { completed: 6, failed: 0 },
    });
  }
});

test('a result of the run before, landed late, is not taken', async () => {
  const { id } = await startBatch(bench, lines(4));
  const old = await leaseAll(bench, id);
  await cancelBatch(bench.db, 'local', id);
  await closeBatch(bench.db, { userId: 'local', batchId: id, as: 'cancelled' });
  await retry(id);
  expect(
    (
      await landRows(
        bench,
        old.map((row) => ended(row)),
        { batchId: id },
      )
    ).written,
  ).toBe(0);
  expect(await readBatch(bench, id)).toMatchObject({
    status: 'in_progress',
    request_counts: { completed: 0, failed: 0 },
  });
});

test('refused: a batch that runs, that has no failed row, whose input had faults, of another user; two at once', async () => {
  const running = await startBatch(bench, lines(2));
  expect(await codeOf(retry(running.id))).toBe('conflict');
  await runAll(bench, running.id);
  await finishBatch(bench.db, 'local', running.id);
  expect(await codeOf(retry(running.id))).toBe('conflict');
  const faulty = await putBatch(bench, '{\n');
  await takeIn(intakeDeps(bench), 'local', faulty.id);
  await expect(retry(faulty.id)).rejects.toThrow(/mend the file/);
  const { id } = await startBatch(bench, lines(2));
  await runAll(bench, id, ['row-1']);
  await finishBatch(bench.db, 'local', id);
  expect(await codeOf(retry(id, 'other'))).toBe('not_found');
  const codes = await Promise.all([codeOf(retry(id)), codeOf(retry(id))]);
  expect(codes.toSorted()).toEqual(['conflict', null]);
});
