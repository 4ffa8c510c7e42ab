/** What nobody ends otherwise: each batch that is due gets its end, and deleted files take their lines with them. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { cancelBatch, finishBatch } from '../../src/batches/end.ts';
import { batchOutput } from '../../src/batches/output.ts';
import { forgetDeleted, sweepBatches } from '../../src/batches/sweep.ts';
import { type Bench, lines, openBench, putBatch, query, readBatch, readRow, runAll, startBatch } from './seed.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('sweep');
});
afterAll(() => bench.end());

async function sweep(): Promise<string[]> {
  const wanted: string[] = [];
  await sweepBatches({ db: bench.db, takeIn: (userId, id) => void wanted.push(`${userId} ${id}`) });
  return wanted;
}
const statusOf = async (id: string) => (await readBatch(bench, id)).status;
const set = (id: string, what: string) => query(bench, `update batches set ${what} where batch_id = $1`, [id]);

test('batches of all users: taken in, finished, cancelled after a second, expired; what runs is left alone', async () => {
  const waiting = await putBatch(bench, `${lines(1)}\n`);
  const theirs = await putBatch(bench, `${lines(1)}\n`, { userId: 'other' });
  const late = await putBatch(bench, `${lines(1)}\n`);
  await set(late.id, 'expires_at = now()');
  const finished = await startBatch(bench, lines(3), { userId: 'other' });
  await runAll(bench, finished.id);
  const running = await startBatch(bench, lines(3));
  const expiring = await startBatch(bench, lines(3));
  await set(expiring.id, 'expires_at = now()');
  const cancelled = await startBatch(bench, lines(3));
  await cancelBatch(bench.db, 'local', cancelled.id);
  expect(await sweep()).toEqual([`local ${waiting.id}`, `other ${theirs.id}`]);
  expect(await statusOf(finished.id)).toBe('completed');
  expect(await statusOf(running.id)).toBe('in_progress');
  expect(await statusOf(expiring.id)).toBe('expired');
  expect(await statusOf(late.id)).toBe('expired');
  expect(await statusOf(cancelled.id)).toBe('cancelling');
  await set(cancelled.id, `cancelling_at = now() - interval '1 second'`);
  await sweep();
  expect(await readBatch(bench, cancelled.id)).toMatchObject({ status: 'cancelled', request_counts: { failed: 3 } });
  expect(await sweep()).toHaveLength(2);
});

test('a deleted output file takes its lines with it; figures and the other file stay', async () => {
  const batches = [await startBatch(bench, lines(4)), await startBatch(bench, lines(4))];
  for (const { id } of batches) {
    await runAll(bench, id, ['row-2']);
    await finishBatch(bench.db, 'local', id);
  }
  const [gone, kept] = [await readRow(bench, batches[0]!.id), await readRow(bench, batches[1]!.id)];
  await query(bench, 'delete from files where file_id = $1', [gone.output_file_id]);
  await forgetDeleted(bench.db);
  await forgetDeleted(bench.db);
  const outputs = await query<{ batch_id: string; line: number; empty: boolean; tokens: number }>(
    bench,
    `select batch_id, line, output = '' as empty, prompt_tokens as tokens from results where batch_id = any ($1) order by line`,
    [[gone.batch_id, kept.batch_id]],
  );
  expect(outputs.filter((row) => row.empty).map((row) => [row.batch_id, row.line])).toEqual(
    [1, 3, 4].map((at) => [gone.batch_id, at]),
  );
  expect(outputs.every((row) => row.tokens === 10)).toBe(true);
  expect(await readRow(bench, gone.batch_id)).toMatchObject({
    output_bytes: '0',
    error_bytes: gone.error_bytes,
    completed: 3,
  });
  expect(await readRow(bench, kept.batch_id)).toMatchObject({ output_bytes: kept.output_bytes });
  expect(await batchOutput(bench.db, 'local', gone.output_file_id)).toBeNull();
  expect((await batchOutput(bench.db, 'local', gone.error_file_id))!.bytes).toBe(Number(gone.error_bytes));
});

test('the output of a batch that still runs is not forgotten, though it has no file yet', async () => {
  const { id } = await startBatch(bench, lines(2));
  await runAll(bench, id);
  await forgetDeleted(bench.db);
  expect(Number((await readRow(bench, id)).output_bytes)).toBeGreaterThan(0);
});
