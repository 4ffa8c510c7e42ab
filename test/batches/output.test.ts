/** The virtual output and error files: every kind of range against the whole text, over pages, while rows still land. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { finishBatch } from '../../src/batches/end.ts';
import { batchOutput } from '../../src/batches/output.ts';
import { seededRandom, shuffled } from '../harness/random.ts';
import {
  type Bench,
  ended,
  landRows,
  leaseAll,
  lines,
  openBench,
  query,
  readBatch,
  readRow,
  startBatch,
} from './seed.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('output');
});
afterAll(() => bench.end());

async function read(fileId: string, range?: { start: number; end: number }): Promise<Buffer> {
  const file = (await batchOutput(bench.db, 'local', fileId))!;
  const parts: Buffer[] = [];
  for await (const part of file.read(range ?? { start: 0, end: file.bytes - 1 })) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** What the whole file must be: the lines of the landed rows in input order. */
async function wanted(batchId: string, ok: boolean): Promise<Buffer> {
  const rows = await query<{ output: string }>(
    bench,
    'select output from results where batch_id = $1 and ok = $2 order by line',
    [batchId, ok],
  );
  return Buffer.from(rows.map((row) => `${row.output}\n`).join(''));
}

const texts = ['', 'x', 'ä', '😀😀', 'a "quoted" \\ text', '\u2028\u0000\n\r', 'x'.repeat(700), '日本語'.repeat(40)];

test('every kind of range gives the same bytes as the whole text, also inside characters of several bytes', async () => {
  const random = seededRandom(11);
  const { id } = await startBatch(bench, lines(40));
  const rows = await leaseAll(bench, id);
  for (const row of shuffled(rows, random)) {
    const one = ended(row, { ok: row.line % 5 !== 0, text: texts[row.line % texts.length] });
    await landRows(bench, [one], { batchId: id });
  }
  await finishBatch(bench.db, 'local', id);
  const batch = await readBatch(bench, id);
  for (const [fileId, ok] of [
    [batch.output_file_id!, true],
    [batch.error_file_id!, false],
  ] as const) {
    const whole = await wanted(id, ok);
    const file = (await batchOutput(bench.db, 'local', fileId))!;
    expect(file).toMatchObject({
      bytes: whole.length,
      complete: true,
      filename: `${id}_${ok ? 'output' : 'error'}.jsonl`,
    });
    expect((await read(fileId)).equals(whole)).toBe(true);
    const last = whole.length - 1;
    const ends = [...whole.keys()].filter((at) => whole[at] === 0x0a);
    const ranges: [number, number][] = [
      [0, 0],
      [0, last],
      [last, last],
      [last - 1, last],
      [1, last],
      [0, last - 1],
      [last, last + 500],
    ];
    for (const at of ends.slice(0, 8)) ranges.push([0, at], [at, at], [at, at + 1], [at + 1, at + 1], [at - 1, at + 2]);
    for (let i = 0; i < 30; i++) {
      const start = Math.floor(random() * whole.length);
      ranges.push([start, start + Math.floor(random() * (whole.length - start))]);
    }
    for (const [start, end] of ranges) {
      if (start > last) continue;
      const got = await read(fileId, { start, end });
      expect(got.equals(whole.subarray(start, end + 1)), `bytes ${start}-${end}`).toBe(true);
    }
  }
});

test('long files come page by page: many rows, and lines larger than a piece', async () => {
  const { id } = await startBatch(bench, lines(2500), { chunkRows: 1000 });
  const rows = await leaseAll(bench, id);
  const big = 'y'.repeat(1_500_000);
  await landRows(
    bench,
    rows.map((row) => ended(row, row.line % 1000 === 0 ? { text: big } : {})),
    { batchId: id },
  );
  const { output_file_id: fileId } = await readRow(bench, id);
  const whole = await wanted(id, true);
  expect(whole.length).toBeGreaterThan(3_000_000);
  expect((await read(fileId)).equals(whole)).toBe(true);
  for (const [start, end] of [
    [whole.length - 70_000, whole.length - 1],
    [500_000, 2_500_000],
  ] as const) {
    expect((await read(fileId, { start, end })).equals(whole.subarray(start, end + 1))).toBe(true);
  }
});

test('while the batch runs, what is done so far can be read, in input order', async () => {
  const { id } = await startBatch(bench, lines(30));
  const { output_file_id: output, error_file_id: error } = await readRow(bench, id);
  expect(await batchOutput(bench.db, 'local', output)).toMatchObject({ bytes: 0, complete: false });
  const rows = (await leaseAll(bench, id)).toSorted((a, b) => b.line - a.line);
  for (const row of rows.slice(0, 10)) await landRows(bench, [ended(row, { ok: row.line % 2 === 0 })], { batchId: id });
  const file = (await batchOutput(bench.db, 'local', output))!;
  const whole = await wanted(id, true);
  expect(file).toMatchObject({ bytes: whole.length, complete: false });
  expect((await read(output)).equals(whole)).toBe(true);
  const ids = (await read(output))
    .toString()
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text).custom_id);
  expect(ids).toEqual(['row-22', 'row-24', 'row-26', 'row-28', 'row-30']);
  expect((await read(error)).equals(await wanted(id, false))).toBe(true);
  expect((await readBatch(bench, id)).output_file_id).toBe(output);
});

test('no file: another user, an unknown id, a deleted or an expired file', async () => {
  const { id } = await startBatch(bench, lines(2));
  const rows = await leaseAll(bench, id);
  await landRows(
    bench,
    rows.map((row) => ended(row)),
    { batchId: id },
  );
  const { output_file_id: output } = await readRow(bench, id);
  expect(await batchOutput(bench.db, 'other', output)).toBeNull();
  expect(await batchOutput(bench.db, 'local', 'file-none')).toBeNull();
  await finishBatch(bench.db, 'local', id);
  expect(await batchOutput(bench.db, 'local', output)).toMatchObject({ complete: true });
  await query(bench, 'update files set expires_at = now() where file_id = $1', [output]);
  expect(await batchOutput(bench.db, 'local', output)).toBeNull();
  await query(bench, 'delete from files where file_id = $1', [output]);
  expect(await batchOutput(bench.db, 'local', output)).toBeNull();
});
