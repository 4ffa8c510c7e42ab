/** The page of requests: states, filters, cursors, and each row's failed tries. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { listRequests } from '../../src/batches/requests.ts';
import { listRequestsQuery, requestPage } from '../../src/contracts/openai-batch.ts';
import { land } from '../../src/results/land.ts';
import { type Bench, ended, leaseAll, line, openBench, startBatch } from './seed.ts';

let bench: Bench;
let id: string;
beforeAll(async () => {
  bench = await openBench('requests');
  // Blank lines between: the cursor is the line, not the place.
  id = (
    await startBatch(
      bench,
      Array.from({ length: 20 }, (_, i) => `${line(`row-${i + 1}`)}\n`),
    )
  ).id;
  const rows = await leaseAll(bench, id);
  const startedAt = new Date(1_760_000_000_500);
  await land(bench.db, {
    userId: 'local',
    batchId: id,
    workerId: 'w',
    dispatchedAt: new Date(),
    rows: rows
      .filter((row) => row.line <= 15)
      .map((row) =>
        ended(
          row,
          row.line <= 5 ? { ok: false, errorCode: row.line === 1 ? 'odd_code' : 'bad_request', attempts: 3 } : {},
        ),
      ),
    attempts: [2, 1].map((attempt) => ({
      line: 3,
      attempt,
      code: attempt === 1 ? 'timeout' : 'engine_error',
      statusCode: attempt === 1 ? null : 500,
      message: `try ${attempt}`,
      startedAt,
      endedAt: new Date(startedAt.getTime() + 250),
    })),
  });
});
afterAll(() => bench.end());

const list = (query: Record<string, unknown> = {}) =>
  listRequests(bench.db, { userId: 'local', batchId: id }, listRequestsQuery.parse(query));
const allLines = Array.from({ length: 20 }, (_, i) => i * 2 + 1);

test('all rows in input order, with state and cost', async () => {
  const page = await list();
  expect(requestPage.safeParse({ object: 'list', ...page }).error).toBeUndefined();
  expect(page).toMatchObject({ has_more: false, last_id: 39 });
  expect(page.data.map((row) => row.line)).toEqual(allLines);
  expect(page.data.map((row) => row.state[0]).join('')).toBe('fffccccc'.padEnd(20, 'q'));
  expect(page.data[3]).toMatchObject({
    line: 7,
    custom_id: 'row-4',
    state: 'completed',
    status_code: 200,
    error_code: null,
    attempts: 1,
    prompt_tokens: 10,
    completion_tokens: 5,
    cached_tokens: 4,
    reasoning_tokens: 1,
    queue_ms: 3,
    first_token_ms: 7,
    total_ms: 20,
    attempts_history: [],
  });
  expect(page.data[19]).toMatchObject({ state: 'queued', status_code: null, attempts: 0, total_ms: null });
});

test.each([1, 3, 7, 20])('pages of %i', async (limit) => {
  const seen: number[] = [];
  for (let after: number | undefined; ; ) {
    const page = await list({ limit, ...(after === undefined ? {} : { after }) });
    seen.push(...page.data.map((row) => row.line));
    if (!page.has_more) break;
    after = page.last_id!;
  }
  expect(seen).toEqual(allLines);
});

test('filters by state and by error code, also over pages', async () => {
  expect((await list({ state: 'failed' })).data.map((row) => row.line)).toEqual([1, 3, 5]);
  expect((await list({ state: 'completed' })).data.map((row) => row.line)).toEqual([7, 9, 11, 13, 15]);
  expect((await list({ state: 'queued', limit: 3, after: 19 })).data.map((row) => row.line)).toEqual([21, 23, 25]);
  expect((await list({ error_code: 'odd_code' })).data.map((row) => row.line)).toEqual([1]);
  expect((await list({ error_code: 'bad_request', limit: 1 })).has_more).toBe(true);
  expect((await list({ error_code: 'bad_request', state: 'completed' })).data).toEqual([]);
});

test('failed tries are listed in their order, with when and why', async () => {
  const [row] = (await list({ after: 2, limit: 1 })).data;
  expect(row).toMatchObject({ line: 3, attempts: 3 });
  expect(row!.attempts_history).toEqual([
    {
      attempt: 1,
      code: 'timeout',
      status_code: null,
      message: 'try 1',
      started_at: 1_760_000_000.5,
      ended_at: 1_760_000_000.75,
    },
    {
      attempt: 2,
      code: 'engine_error',
      status_code: 500,
      message: 'try 2',
      started_at: 1_760_000_000.5,
      ended_at: 1_760_000_000.75,
    },
  ]);
});

test('of another user there is nothing to list', async () => {
  const query = listRequestsQuery.parse({});
  await expect(listRequests(bench.db, { userId: 'other', batchId: id }, query)).rejects.toMatchObject({
    code: 'not_found',
  });
});
