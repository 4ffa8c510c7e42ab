/** The ends of a batch: finished, cancelled or expired, each row with exactly one line in one of the two files. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { cancelBatch, closeBatch, finishBatch } from '../../src/batches/end.ts';
import { batchOutput } from '../../src/batches/output.ts';
import type { AssayError } from '../../src/errors.ts';
import {
  type Bench,
  chunksOf,
  ended,
  landRows,
  leaseAll,
  line,
  lines,
  openBench,
  putBatch,
  query,
  readBatch,
  readRow,
  runAll,
  startBatch,
} from './seed.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('end');
});
afterAll(() => bench.end());

async function textOf(fileId: string): Promise<string> {
  const file = await batchOutput(bench.db, 'local', fileId);
  if (file === null || file.bytes === 0) return '';
  const parts: Buffer[] = [];
  for await (const part of file.read({ start: 0, end: file.bytes - 1 })) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
const linesOf = async (fileId: string) =>
  (await textOf(fileId))
    .split('\n')
    .filter(Boolean)
    .map((text) => JSON.parse(text));

const filesOf = (batchId: string) =>
  query<{
    file_id: string;
    filename: string;
    bytes: string;
    content: string;
    purpose: string;
    user_id: string;
    expires_at: Date | null;
  }>(bench, 'select * from files where batch_id = $1 order by content desc', [batchId]);

test('a batch whose rows have all landed is completed, and its files are named with their sizes', async () => {
  const { id } = await startBatch(bench, lines(40), { outputExpiresSeconds: 3600 });
  const landing = await runAll(bench, id, ['row-3', 'row-7']);
  expect(landing).toMatchObject({ written: 40, finished: true });
  expect(await readBatch(bench, id)).toMatchObject({ status: 'finalizing', completed_at: null });
  await finishBatch(bench.db, 'local', id);
  await finishBatch(bench.db, 'local', id);
  const batch = await readBatch(bench, id);
  expect(batch).toMatchObject({ status: 'completed', request_counts: { total: 40, completed: 38, failed: 2 } });
  expect(batch.completed_at).toBeGreaterThanOrEqual(batch.finalizing_at!);
  const row = await readRow(bench, id);
  const [output, error] = await filesOf(id);
  expect(output).toMatchObject({
    file_id: batch.output_file_id,
    filename: `${id}_output.jsonl`,
    purpose: 'batch_output',
    user_id: 'local',
  });
  expect(error).toMatchObject({ file_id: batch.error_file_id, filename: `${id}_error.jsonl`, content: 'batch_error' });
  expect([output!.bytes, error!.bytes]).toEqual([row.output_bytes, row.error_bytes]);
  expect(Number(output!.bytes)).toBe(Buffer.byteLength(await textOf(batch.output_file_id!)));
  expect(output!.expires_at!.getTime() - row.completed_at!.getTime()).toBe(3_600_000);
  // What a killed worker did not close is closed, so that no job is made for it again.
  expect((await chunksOf(bench, id)).map((chunk) => chunk.state)).toEqual(expect.not.arrayContaining(['open']));
});

test('a batch whose rows all failed is completed, without an output file', async () => {
  const { id } = await startBatch(bench, lines(3));
  await runAll(bench, id, ['row-1', 'row-2', 'row-3']);
  await finishBatch(bench.db, 'local', id);
  const batch = await readBatch(bench, id);
  expect(batch).toMatchObject({
    status: 'completed',
    output_file_id: null,
    request_counts: { completed: 0, failed: 3 },
  });
  expect(await filesOf(id)).toHaveLength(1);
});

test('a batch with rows left is not finished', async () => {
  const { id } = await startBatch(bench, lines(3));
  await finishBatch(bench.db, 'local', id);
  expect((await readBatch(bench, id)).status).toBe('in_progress');
});

test('a cancelled batch keeps what is done and has an error line for each row that was not run', async () => {
  const names = ['plain', 'quote "', 'back\\slash', 'new\nline', 'ä😀', 'tab\t\u0001', 'last'];
  const { id } = await startBatch(
    bench,
    names.map((name) => line(name)),
  );
  const rows = await leaseAll(bench, id);
  await landRows(
    bench,
    rows.filter((row) => row.customId === 'plain').map((row) => ended(row)),
    { batchId: id },
  );
  expect(await cancelBatch(bench.db, 'local', id)).toMatchObject({ status: 'cancelling', cancelled_at: null });
  expect((await cancelBatch(bench.db, 'local', id)).status).toBe('cancelling');
  const late = rows.filter((row) => row.customId === 'last').map((row) => ended(row));
  expect(await landRows(bench, late, { batchId: id })).toMatchObject({ written: 1, finished: false });
  await closeBatch(bench.db, { userId: 'local', batchId: id, as: 'cancelled' });
  const batch = await readBatch(bench, id);
  expect(batch).toMatchObject({ status: 'cancelled', request_counts: { total: 7, completed: 2, failed: 5 } });
  expect(batch.cancelled_at).toBeGreaterThanOrEqual(batch.cancelling_at!);
  expect((await linesOf(batch.output_file_id!)).map((each) => each.custom_id)).toEqual(['plain', 'last']);
  const errors = await linesOf(batch.error_file_id!);
  expect(errors.map((each) => each.custom_id)).toEqual(names.slice(1, -1));
  for (const each of errors) {
    expect(each).toEqual({
      id: expect.stringMatching(/^batch_req_[0-9a-f]{32}$/),
      custom_id: expect.any(String),
      response: null,
      error: { code: 'batch_cancelled', message: expect.stringContaining('cancelled') },
    });
  }
  expect((await filesOf(id)).map((file) => Number(file.bytes))).toEqual([
    Buffer.byteLength(await textOf(batch.output_file_id!)),
    Buffer.byteLength(await textOf(batch.error_file_id!)),
  ]);
  // A worker that has not heard of it writes nothing more.
  const again = rows.map((row) => ended(row));
  expect(await landRows(bench, again, { batchId: id })).toEqual({ written: 0, finished: false, live: false });
  expect((await readBatch(bench, id)).request_counts).toEqual({ total: 7, completed: 2, failed: 5 });
});

test('an expired batch does the same under its own code, over more rows than one statement takes', async () => {
  const { id } = await startBatch(bench, lines(10_050), { chunkRows: 5000 });
  const rows = await leaseAll(bench, id);
  await landRows(
    bench,
    rows.slice(0, 20).map((row) => ended(row)),
    { batchId: id },
  );
  await closeBatch(bench.db, { userId: 'local', batchId: id, as: 'expired' });
  const batch = await readBatch(bench, id);
  expect(batch).toMatchObject({ status: 'expired', request_counts: { total: 10_050, completed: 20, failed: 10_030 } });
  expect(batch.expired_at).not.toBeNull();
  const errors = await linesOf(batch.error_file_id!);
  expect(new Set(errors.map((each) => each.custom_id)).size).toBe(10_030);
  expect(errors[0].error).toEqual({
    code: 'batch_expired',
    message: 'This request could not be executed before the completion window expired.',
  });
  expect(Number((await readRow(bench, id)).error_bytes)).toBe(Buffer.byteLength(await textOf(batch.error_file_id!)));
});

test('a batch that was never taken in ends without files', async () => {
  const validating = await putBatch(bench, `${line('a')}\n`);
  await cancelBatch(bench.db, 'local', validating.id);
  await closeBatch(bench.db, { userId: 'local', batchId: validating.id, as: 'cancelled' });
  expect(await readBatch(bench, validating.id)).toMatchObject({ status: 'cancelled', error_file_id: null });
  expect(await filesOf(validating.id)).toEqual([]);
});

test('a batch that has ended is not cancelled, and closing it again changes nothing', async () => {
  const { id } = await startBatch(bench, lines(2));
  await runAll(bench, id);
  const finalizing = await cancelBatch(bench.db, 'local', id).catch((error: AssayError) => error.code);
  expect(finalizing).toBe('conflict');
  await finishBatch(bench.db, 'local', id);
  const error = await cancelBatch(bench.db, 'local', id).catch((thrown: AssayError) => thrown);
  expect(error).toMatchObject({
    code: 'conflict',
    status: 409,
    message: expect.stringContaining(`${id} is completed`),
  });
  for (const as of ['cancelled', 'expired'] as const) await closeBatch(bench.db, { userId: 'local', batchId: id, as });
  expect(await readBatch(bench, id)).toMatchObject({ status: 'completed', request_counts: { failed: 0 } });
  await expect(cancelBatch(bench.db, 'other', id)).rejects.toMatchObject({ code: 'not_found' });
});
