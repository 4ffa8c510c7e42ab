/** Taking a batch in: all rows or every fault, in one transaction that a failure undoes whole. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { cancelBatch } from '../../src/batches/end.ts';
import { type IntakeDeps, takeIn } from '../../src/batches/intake.ts';
import { AssayError } from '../../src/errors.ts';
import {
  type Bench,
  chunksOf,
  intakeDeps,
  line,
  lines,
  openBench,
  putBatch,
  query,
  readBatch,
  readRow,
} from './seed.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('intake');
});
afterAll(() => bench.end());

/** Takes `content` in; the batch as it is then. */
async function take(content: string | Buffer, more: Partial<IntakeDeps> = {}) {
  const { id } = await putBatch(bench, content);
  await takeIn(intakeDeps(bench, more), 'local', id);
  return readBatch(bench, id);
}

const faultsOf = (batch: { errors: { data: { code: string; line: number | null; param: string | null }[] } | null }) =>
  (batch.errors?.data ?? []).map((fault) => [fault.code, fault.line, fault.param]);

async function leftOvers(batchId: string) {
  const [counts] = await query<{ requests: number; chunks: number; results: number }>(
    bench,
    `select (select count(*) from requests where batch_id = $1)::integer as requests,
       (select count(*) from chunks where batch_id = $1)::integer as chunks,
       (select count(*) from results where batch_id = $1)::integer as results`,
    [batchId],
  );
  return counts;
}
const nothing = { requests: 0, chunks: 0, results: 0 };

test('BOM, CRLF, blank lines and a last line without its end: every request is in, at the line it stands on', async () => {
  const awkward = 'tab\t, "quote", back\\slash, \\n, \\., 😀, line\nend\r';
  const batch = await take(`\ufeff${line('a')}\r\n\r\n  \n${line(awkward)}\r\n${line('c')}`);
  expect(batch).toMatchObject({
    status: 'in_progress',
    model: 'm',
    request_counts: { total: 3, completed: 0, failed: 0 },
  });
  expect(batch.in_progress_at).not.toBeNull();
  const rows = await query(
    bench,
    'select line, custom_id, body, prompt_chars, user_id from requests where batch_id = $1 order by line',
    [batch.id],
  );
  expect(rows).toEqual(
    (
      [
        [1, 'a'],
        [4, awkward],
        [5, 'c'],
      ] as const
    ).map(([at, id]) => ({
      line: at,
      custom_id: id,
      body: JSON.stringify(JSON.parse(line(id)).body),
      prompt_chars: `user\nSay ${id}`.length,
      user_id: 'local',
    })),
  );
  const chunks = await chunksOf(bench, batch.id);
  expect(chunks.flatMap((chunk) => chunk.lines).sort((a, b) => a - b)).toEqual([1, 4, 5]);
  const row = await readRow(bench, batch.id);
  expect(Number(row.prompt_chars)).toBe(
    rows.reduce((sum, each) => sum + (each as { prompt_chars: number }).prompt_chars, 0),
  );
});

test('a batch that is not validating any more is left alone, and so is one of another user', async () => {
  const batch = await take(`${line('a')}\n`);
  expect(await takeIn(intakeDeps(bench), 'local', batch.id)).toBe(false);
  expect(await leftOvers(batch.id)).toEqual({ requests: 1, chunks: 1, results: 0 });
  const theirs = await putBatch(bench, `${line('a')}\n`, { userId: 'other' });
  expect(await takeIn(intakeDeps(bench), 'local', theirs.id)).toBe(false);
  expect((await readBatch(bench, theirs.id)).status).toBe('validating');
});

test('two intakes of one batch at the same time: one takes it, the other leaves it', async () => {
  const { id } = await putBatch(bench, `${lines(500).join('\n')}\n`);
  const took = await Promise.all([1, 2, 3].map(() => takeIn(intakeDeps(bench), 'local', id)));
  expect(took.filter(Boolean)).toHaveLength(1);
  expect((await readBatch(bench, id)).request_counts.total).toBe(500);
  expect((await leftOvers(id))?.requests).toBe(500);
});

test('every fault of an input is listed with its line and parameter, and no row is kept', async () => {
  const batch = await take(
    Buffer.concat([
      Buffer.from(`${line('good')}\n{broken\n`),
      Buffer.from([0x22, 0xff, 0x22, 0x0a]),
      Buffer.from(`${line('long', {}, { prompt: 'x'.repeat(2000) })}\n`),
      Buffer.from(`${line('', {})}\n${line('b', { method: 'PUT' })}\n${line('c', { url: '/v1/embeddings' })}\n`),
      Buffer.from(
        `${line('d', { body: undefined })}\n${line('e', {}, { model: 'n' })}\n${line('f', {}, { messages: [] })}\n`,
      ),
      Buffer.from(`${line('good')}\n\n${line('fine')}\n${line('good')}`),
    ]),
    { limits: { maxRequests: () => 100, lineMaxBytes: 1000 } },
  );
  expect(batch.status).toBe('failed');
  expect(batch.failed_at).not.toBeNull();
  expect(batch.request_counts).toEqual({ total: 0, completed: 0, failed: 0 });
  expect(faultsOf(batch)).toEqual([
    ['invalid_json_line', 2, null],
    ['invalid_utf8', 3, null],
    ['line_too_long', 4, null],
    ['invalid_field', 5, 'custom_id'],
    ['invalid_field', 6, 'method'],
    ['url_mismatch', 7, 'url'],
    ['missing_required_field', 8, 'body'],
    ['model_mismatch', 9, 'body.model'],
    ['invalid_field', 10, 'body.messages'],
    ['duplicate_custom_id', 11, 'custom_id'],
    ['duplicate_custom_id', 14, 'custom_id'],
  ]);
  expect(batch.errors!.data.at(-1)!.message).toMatch(/good was already used on line 1/);
  expect(await leftOvers(batch.id)).toEqual(nothing);
});

test('at most 100 faults are listed, whatever their kind', async () => {
  const broken = await take(`${'{\n'.repeat(250)}`);
  expect(faultsOf(broken)).toEqual(Array.from({ length: 100 }, (_, i) => ['invalid_json_line', i + 1, null]));
  const twice = await take(`${Array.from({ length: 150 }, () => line('same')).join('\n')}\n`);
  expect(faultsOf(twice)).toEqual(Array.from({ length: 100 }, (_, i) => ['duplicate_custom_id', i + 2, 'custom_id']));
  const unknown = await take(`${line('a', {}, { model: 'n' })}\n${'{\n'.repeat(100)}`);
  expect(faultsOf(unknown)).toHaveLength(100);
  expect(faultsOf(unknown)[0]).toEqual(['model_not_found', 1, 'body.model']);
});

test.each(['', '\ufeff', '\n\r\n  \n'])('an input that holds nothing: %j', async (content) => {
  const batch = await take(content);
  expect(batch.status).toBe('failed');
  expect(faultsOf(batch)).toEqual([['empty_file', null, null]]);
});

test('an unknown model is named once, on the line that names it first', async () => {
  const batch = await take(`\n${line('a', {}, { model: 'nope' })}\n${line('b', {}, { model: 'nope' })}\n`);
  expect(batch).toMatchObject({ status: 'failed', model: 'nope' });
  expect(faultsOf(batch)).toEqual([['model_not_found', 2, 'body.model']]);
  expect(batch.errors!.data[0]!.message).toMatch(/No model nope. Models there are: m/);
  expect(await leftOvers(batch.id)).toEqual(nothing);
});

test('one request more than the limit fails the batch; exactly the limit does not', async () => {
  const limits = { maxRequests: () => 5, lineMaxBytes: 10_000 };
  expect((await take(`${lines(5).join('\n')}\n`, { limits })).status).toBe('in_progress');
  const batch = await take(`${lines(9).join('\n')}\n`, { limits });
  expect(faultsOf(batch)).toEqual([['too_many_requests', 6, null]]);
  expect(batch.errors!.data[0]!.message).toContain('more than 5 requests');
});

test('an input file that is gone', async () => {
  const { id, input_file_id } = await putBatch(bench, `${line('a')}\n`);
  bench.inputs.delete(input_file_id);
  expect(await takeIn(intakeDeps(bench), 'local', id)).toBe(false);
  const batch = await readBatch(bench, id);
  expect(faultsOf(batch)).toEqual([['input_file_gone', null, 'input_file_id']]);
  expect(batch.errors!.data[0]!.message).toContain(input_file_id);
});

test.each([
  ['NUL', line('a\0b')],
  ['a model with NUL', line('a', {}, { model: 'm\0' })],
  ['half of a surrogate pair', line('a\ud83d')],
  ['a character cut by the end of the quotation', line('a', { method: `${'x'.repeat(199)}😀` })],
  ['a character cut by the parser', `{"custom_id": ${'😀'.repeat(40)}`],
])('a fault whose message would quote %s is listed all the same', async (_, text) => {
  const batch = await take(`${text}\n`);
  expect(batch.status).toBe('failed');
  expect(faultsOf(batch)).toHaveLength(1);
  expect(batch.errors!.data[0]!.message.isWellFormed()).toBe(true);
});

test('a failure in the middle undoes everything, and the next call takes the batch in', async () => {
  const { id } = await putBatch(bench, `${lines(300).join('\n')}\n`);
  async function* torn() {
    yield Buffer.from(`${lines(200).join('\n')}\n`);
    throw new Error('the disk went away');
  }
  await expect(takeIn(intakeDeps(bench, { openInput: async () => torn() }), 'local', id)).rejects.toThrow('went away');
  expect(await leftOvers(id)).toEqual(nothing);
  const late = async () => {
    throw new AssayError('disk_full', { problem: 'No space left on device' });
  };
  await expect(takeIn(intakeDeps(bench, { schedule: late }), 'local', id)).rejects.toThrow('No room left');
  expect(await leftOvers(id)).toEqual(nothing);
  expect((await readBatch(bench, id)).status).toBe('validating');
  expect(await takeIn(intakeDeps(bench), 'local', id)).toBe(true);
  expect((await leftOvers(id))?.requests).toBe(300);
});

test('a batch cancelled while its faulty input is read stays cancelled', async () => {
  const { id } = await putBatch(bench, '{broken\n');
  let cancelled: Promise<unknown> = Promise.resolve();
  const openInput: IntakeDeps['openInput'] = (userId, fileId) => {
    // The intake holds the batch's row: this waits for the end of its first transaction, and comes before the second.
    cancelled = cancelBatch(bench.db, 'local', id);
    return intakeDeps(bench).openInput(userId, fileId);
  };
  expect(await takeIn(intakeDeps(bench, { openInput }), 'local', id)).toBe(false);
  const seen = await cancelled.then(
    () => 'cancelling',
    () => 'failed',
  );
  expect((await readBatch(bench, id)).status).toBe(seen);
});
