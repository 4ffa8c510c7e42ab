/** Landing groups of results: the fence, exactly once, exact counts with several landers, and texts of every kind. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LandedAttempt, LandedRow } from '../../src/contracts/landing.ts';
import { land } from '../../src/results/land.ts';
import { closeChunks } from '../../src/scheduler/leases.ts';
import {
  type Bench,
  chunksOf,
  ended,
  landRows,
  leaseAll,
  line,
  lines,
  openBench,
  query,
  readRow,
  startBatch,
} from '../batches/seed.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('land');
});
afterAll(() => bench.end());

interface ResultRow {
  line: number;
  custom_id: string;
  ok: boolean;
  output: string;
  bytes: number;
  error_code: string | null;
}
const resultsOf = (batchId: string) =>
  query<ResultRow & Record<string, unknown>>(bench, 'select * from results where batch_id = $1 order by line', [
    batchId,
  ]);

const attempt = (more: Partial<LandedAttempt> = {}): LandedAttempt => ({
  line: 1,
  attempt: 1,
  code: 'timeout',
  statusCode: null,
  message: 'no answer',
  startedAt: new Date(1000),
  endedAt: new Date(2000),
  ...more,
});

const landWith = (batchId: string, rows: LandedRow[], attempts: LandedAttempt[]) =>
  land(bench.db, { userId: 'local', batchId, workerId: 'worker-a', dispatchedAt: new Date(5000), rows, attempts });

test('a group is written whole, with its sums', async () => {
  const { id } = await startBatch(bench, lines(6), { chunkRows: 2 });
  const rows = await leaseAll(bench, id);
  const landing = await landWith(
    id,
    rows
      .slice(0, 4)
      .map((row) =>
        ended(row, row.line === 2 ? { ok: false, cachedTokens: null } : row.line === 3 ? { cachedTokens: null } : {}),
      ),
    [],
  );
  expect(landing).toEqual({ written: 4, finished: false, live: true });
  const results = await resultsOf(id);
  expect(results[0]).toMatchObject({
    line: 1,
    user_id: 'local',
    custom_id: 'row-1',
    ok: true,
    status_code: 200,
    error_code: null,
    prompt_tokens: 10,
    completion_tokens: 5,
    cached_tokens: 4,
    reasoning_tokens: 1,
    queue_ms: 3,
    first_token_ms: 7,
    total_ms: 20,
    attempts: 1,
    worker_id: 'worker-a',
  });
  const bytes = (ok: boolean) =>
    results.filter((row) => row.ok === ok).reduce((sum, row) => sum + Buffer.byteLength(row.output) + 1, 0);
  const batch = await readRow(bench, id);
  expect(batch).toMatchObject({
    status: 'in_progress',
    completed: 3,
    failed: 1,
    prompt_tokens: '40',
    completion_tokens: '20',
    cached_tokens: '8',
    cached_unknown_rows: 1,
    reasoning_tokens: '4',
    output_bytes: String(bytes(true)),
    error_bytes: String(bytes(false)),
    prompt_chars_done: String(rows.slice(0, 4).reduce((sum, row) => sum + row.promptChars, 0)),
    first_dispatch_at: new Date(5000),
  });
  expect(batch.last_commit_at!.getTime()).toBeGreaterThan(Date.now() - 60_000);
  const last = await landWith(
    id,
    rows.slice(4).map((row) => ended(row)),
    [],
  );
  expect(last).toEqual({ written: 2, finished: true, live: true });
  expect(await readRow(bench, id)).toMatchObject({ status: 'finalizing', first_dispatch_at: new Date(5000) });
});

test('the same group twice is written once', async () => {
  const { id } = await startBatch(bench, lines(3));
  const rows = (await leaseAll(bench, id)).slice(0, 2).map((row) => ended(row));
  expect((await landWith(id, rows, [attempt()])).written).toBe(2);
  const before = await readRow(bench, id);
  expect(await landWith(id, rows, [attempt()])).toEqual({ written: 0, finished: false, live: true });
  expect(await landWith(id, [rows[0]!, rows[0]!], [])).toMatchObject({ written: 0 });
  expect(await readRow(bench, id)).toEqual(before);
  expect(await query(bench, 'select 1 from attempts where batch_id = $1', [id])).toHaveLength(1);
});

test('a raised epoch writes nothing, and the batch still lives', async () => {
  const { id } = await startBatch(bench, lines(4), { chunkRows: 2 });
  const old = await leaseAll(bench, id, 'worker-a');
  const taken = await leaseAll(bench, id, 'worker-b');
  expect(
    await landRows(
      bench,
      old.map((row) => ended(row)),
      { batchId: id },
    ),
  ).toEqual({ written: 0, finished: false, live: true });
  expect(await resultsOf(id)).toEqual([]);
  expect(await readRow(bench, id)).toMatchObject({ completed: 0, prompt_chars_done: '0', last_commit_at: null });
  expect(
    (
      await landRows(
        bench,
        taken.map((row) => ended(row)),
        { batchId: id },
      )
    ).written,
  ).toBe(4);
});

test('of a group only the rows of lost chunks are left out', async () => {
  const { id } = await startBatch(bench, lines(4), { chunkRows: 2 });
  const rows = await leaseAll(bench, id);
  const [first] = await chunksOf(bench, id);
  await query(bench, 'update chunks set epoch = epoch + 1 where chunk_id = $1', [first!.chunk_id]);
  expect(
    (
      await landRows(
        bench,
        rows.map((row) => ended(row)),
        { batchId: id },
      )
    ).written,
  ).toBe(2);
  const landed = (await resultsOf(id)).map((row) => row.line);
  expect(landed).toEqual(
    rows
      .filter((row) => row.chunk.chunkId !== first!.chunk_id)
      .map((row) => row.line)
      .toSorted(),
  );
});

test('rows of a chunk that the same worker lost and took again land together, whichever comes first', async () => {
  for (const order of ['old first', 'new first']) {
    const { id } = await startBatch(bench, lines(4));
    const old = await leaseAll(bench, id);
    const again = await leaseAll(bench, id);
    const group = [ended(old[0]!), ended(again[1]!)];
    expect((await landRows(bench, order === 'old first' ? group : group.reverse(), { batchId: id })).written).toBe(2);
  }
});

test('a closed chunk, an ended batch and another user write nothing', async () => {
  const { id } = await startBatch(bench, lines(4), { chunkRows: 2 });
  const rows = await leaseAll(bench, id);
  await closeChunks(bench.db, [rows[0]!.chunk]);
  expect((await landRows(bench, [ended(rows[0]!)], { batchId: id })).written).toBe(0);
  expect((await landRows(bench, [ended(rows[2]!)], { batchId: id, userId: 'other' })).written).toBe(0);
  for (const status of ['cancelled', 'expired', 'completed', 'finalizing', 'failed']) {
    await query(bench, 'update batches set status = $2 where batch_id = $1', [id, status]);
    expect(await landRows(bench, [ended(rows[2]!)], { batchId: id })).toEqual({
      written: 0,
      finished: false,
      live: false,
    });
  }
  await query(bench, `update batches set status = 'cancelling' where batch_id = $1`, [id]);
  expect(
    await landRows(
      bench,
      rows.slice(2).map((row) => ended(row)),
      { batchId: id },
    ),
  ).toEqual({ written: 2, finished: false, live: true });
});

test('many landers at the same time: counts are exact, and one of them finishes the batch', async () => {
  const { id } = await startBatch(bench, lines(240), { chunkRows: 8 });
  const rows = await leaseAll(bench, id);
  // Groups overlap: every row is landed by two of them.
  const groups = Array.from({ length: 24 }, (_, i) => rows.slice(i * 10, i * 10 + 20));
  groups.push(rows.slice(0, 10));
  const landings = await Promise.all(
    groups.map((group) =>
      landRows(
        bench,
        group.map((row) =>
          ended(row, { ok: row.line % 6 !== 0, output: `{"id":"fixed","custom_id":"${row.customId}"}` }),
        ),
        { batchId: id },
      ),
    ),
  );
  expect(landings.reduce((sum, landing) => sum + landing.written, 0)).toBe(240);
  expect(landings.filter((landing) => landing.finished)).toHaveLength(1);
  const results = await resultsOf(id);
  expect(results).toHaveLength(240);
  const batch = await readRow(bench, id);
  expect(batch).toMatchObject({ status: 'finalizing', completed: 200, failed: 40, prompt_tokens: '2400' });
  expect(Number(batch.output_bytes) + Number(batch.error_bytes)).toBe(results.reduce((sum, row) => sum + row.bytes, 0));
  expect(batch.finalizing_at).not.toBeNull();
});

test('a landing that races with the loss of its chunk either writes all of its rows or none', async () => {
  for (let round = 0; round < 10; round++) {
    const { id } = await startBatch(bench, lines(20), { chunkRows: 20 });
    const rows = await leaseAll(bench, id);
    const [landing, taken] = await Promise.all([
      landRows(
        bench,
        rows.map((row) => ended(row)),
        { batchId: id },
      ),
      leaseAll(bench, id, 'worker-b'),
    ]);
    expect([landing.written, taken.length]).toEqual(landing.written === 0 ? [0, 20] : [20, 0]);
  }
});

test('custom ids and outputs of every kind come through as they are', async () => {
  const ids = [
    'quote " and \'',
    'back\\slash \\n',
    'new\nline\r\n',
    'tab\t',
    '{brace},"comma"',
    'NULL',
    'ä😀日本',
    '\u0001\u2028',
    ' ',
  ];
  const { id } = await startBatch(
    bench,
    ids.map((name) => line(name)),
  );
  const rows = await leaseAll(bench, id);
  await landRows(
    bench,
    rows.map((row) => ended(row, { text: `${row.customId}\0\n"` })),
    { batchId: id },
  );
  const results = await resultsOf(id);
  expect(results.map((row) => row.custom_id)).toEqual(ids);
  expect(results.map((row) => JSON.parse(row.output).text)).toEqual(ids.map((name) => `${name}\0\n"`));
  for (const row of results) expect(row.bytes).toBe(Buffer.byteLength(row.output) + 1);
});

test('what an engine says of itself cannot keep a group from landing', async () => {
  const { id } = await startBatch(bench, lines(3));
  const rows = await leaseAll(bench, id);
  const odd = [
    ended(rows[0]!, { ok: false, errorCode: 'a\0b"{},\\' }),
    ended(rows[1]!, { promptTokens: 1e12, completionTokens: 2.7, cachedTokens: 0.1 }),
    ended(rows[2]!, { firstTokenMs: null, totalMs: null, queueMs: 1e11 }),
  ];
  const message = `NUL \0 new\nline "quote" \\ ${'😀'.repeat(3)} half \ud83d`;
  expect((await landWith(id, odd, [attempt({ message }), attempt({ line: 2, message: '' })])).written).toBe(3);
  expect((await resultsOf(id)).map((row) => [row.error_code, row.prompt_tokens, row.completion_tokens])).toEqual([
    ['ab"{},\\', 10, 5],
    [null, 2_147_483_647, 2],
    [null, 10, 5],
  ]);
  const kept = await query<{ message: string }>(
    bench,
    'select message from attempts where batch_id = $1 order by line',
    [id],
  );
  expect(kept.map((row) => row.message)).toEqual([`NUL  new\nline "quote" \\ 😀😀😀 half \ufffd`, '']);
});

test('failed tries land without rows, under the run of the batch', async () => {
  const { id } = await startBatch(bench, lines(2));
  await query(bench, 'update batches set generation = 3 where batch_id = $1', [id]);
  const landing = await landWith(id, [], [attempt(), attempt({ attempt: 2, code: 'engine_error', statusCode: 500 })]);
  expect(landing).toEqual({ written: 0, finished: false, live: true });
  expect(
    await query(
      bench,
      'select line, user_id, generation, attempt, code, status_code, worker_id, started_at from attempts where batch_id = $1 order by attempt',
      [id],
    ),
  ).toEqual([
    {
      line: 1,
      user_id: 'local',
      generation: 3,
      attempt: 1,
      code: 'timeout',
      status_code: null,
      worker_id: 'worker-a',
      started_at: new Date(1000),
    },
    {
      line: 1,
      user_id: 'local',
      generation: 3,
      attempt: 2,
      code: 'engine_error',
      status_code: 500,
      worker_id: 'worker-a',
      started_at: new Date(1000),
    },
  ]);
});
