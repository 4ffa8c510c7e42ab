/** Progress, rates and the time left of a batch, while it waits, runs and has ended; and the sums for Prometheus. */

import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { finishBatch } from '../../src/batches/end.ts';
import { batchMetrics, type MetricsDeps } from '../../src/batches/metrics.ts';
import { registerBatchMetrics } from '../../src/batches/prometheus.ts';
import { batchMetrics as shape } from '../../src/contracts/openai-batch.ts';
import { type Bench, ended, landRows, leaseAll, lines, openBench, putBatch, query, startBatch } from './seed.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('metrics');
});
afterAll(() => bench.end());

async function metrics(batchId: string, more: Partial<MetricsDeps> = {}) {
  const found = await batchMetrics({ db: bench.db, now: () => null, waiting: () => null, ...more }, 'local', batchId);
  expect(shape.safeParse(found).error).toBeUndefined();
  return found;
}

/** A batch of 10 rows whose first `done` have landed, `seconds` after the first dispatch. */
async function running(done: number, seconds: number, failing = 0) {
  const { id } = await startBatch(bench, lines(10));
  const rows = (await leaseAll(bench, id)).slice(0, done);
  await landRows(
    bench,
    rows.map((row, at) =>
      ended(
        row,
        at < failing
          ? {
              ok: false,
              errorCode: at === 0 ? 'a' : 'b',
              promptTokens: null,
              completionTokens: null,
              cachedTokens: null,
            }
          : {},
      ),
    ),
    { batchId: id },
  );
  await query(
    bench,
    `update batches set first_dispatch_at = last_commit_at - $2 * interval '1 second' where batch_id = $1`,
    [id, seconds],
  );
  return id;
}

test('a batch that was not taken in yet has nothing to tell but why it waits', async () => {
  const { id } = await putBatch(bench, 'x\n');
  const asked: unknown[] = [];
  const found = await metrics(id, {
    waiting(batch) {
      asked.push(batch);
      return { reason: 'the disk is full', since: 5 };
    },
  });
  expect(found).toMatchObject({
    status: 'validating',
    run_seconds: null,
    rows: { total: 0, completed: 0, failed: 0, in_flight: 0, queued: 0 },
    tokens: { prompt: 0, completion: 0, cached: 0, reasoning: 0 },
    prefix: { bound: null, saved: null },
    rate: { rows_per_s: 0 },
    eta_seconds: null,
    waiting: { reason: 'the disk is full', since: 5 },
  });
  expect(asked).toEqual([{ batchId: id, userId: 'local', model: null, status: 'validating' }]);
});

test('a running batch: the present rate where a worker tells one, the time left from tokens', async () => {
  const id = await running(4, 2);
  const overall = await metrics(id);
  expect(overall).toMatchObject({
    run_seconds: 2,
    rows: { total: 10, completed: 4, failed: 0, in_flight: 0, queued: 6 },
    tokens: { prompt: 40, completion: 20, cached: 16, reasoning: 4 },
    prefix: { saved: 0.4 },
    rate: { rows_per_s: 2, prompt_tokens_per_s: 20, completion_tokens_per_s: 10 },
    errors: [],
  });
  // 6 rows of 10 prompt tokens (a little more for the longer name of the last) and 5 of answer, at 30 tokens a second.
  expect(overall.eta_seconds).toBe(3);
  const now = await metrics(id, {
    now: () => ({ in_flight: 4, rows_per_s: 1, prompt_tokens_per_s: 2, completion_tokens_per_s: 1 }),
  });
  expect(now).toMatchObject({
    rows: { in_flight: 4, queued: 2 },
    rate: { rows_per_s: 1 },
    rate_overall: { rows_per_s: 2 },
  });
  expect(now.eta_seconds).toBe(30);
});

test('what was taken over from earlier batches counts as done, but neither as speed nor for the time left', async () => {
  const id = await running(4, 2);
  await query(bench, 'update batches set total = 90, completed = 84, reused = 80 where batch_id = $1', [id]);
  const found = await metrics(id);
  expect(found).toMatchObject({
    rows: { completed: 84, queued: 6, reused: 80 },
    rate: { rows_per_s: 2 },
    eta_seconds: 3,
  });
});

test('without tokens the time left is reckoned from rows; without any rate it is unknown', async () => {
  const id = await running(4, 2);
  const rate = { in_flight: 1, rows_per_s: 3, prompt_tokens_per_s: 0, completion_tokens_per_s: 0 };
  expect((await metrics(id, { now: () => rate })).eta_seconds).toBe(2);
  expect((await metrics(id, { now: () => ({ ...rate, rows_per_s: 0 }) })).eta_seconds).toBeNull();
});

test('errors are counted by code, most frequent first', async () => {
  const id = await running(5, 1, 3);
  expect(await metrics(id)).toMatchObject({
    rows: { completed: 2, failed: 3 },
    errors: [
      { code: 'b', count: 2 },
      { code: 'a', count: 1 },
    ],
  });
});

test('an engine that never tells cached tokens: unknown, not none', async () => {
  const { id } = await startBatch(bench, lines(3));
  const rows = await leaseAll(bench, id);
  await landRows(
    bench,
    rows.slice(0, 2).map((row) => ended(row, { cachedTokens: null })),
    { batchId: id },
  );
  expect(await metrics(id)).toMatchObject({ tokens: { cached: null }, prefix: { saved: null } });
  await landRows(
    bench,
    rows.slice(2).map((row) => ended(row)),
    { batchId: id },
  );
  expect((await metrics(id)).tokens.cached).toBe(4);
});

test('a batch that has ended neither runs nor waits', async () => {
  const id = await running(10, 4);
  await finishBatch(bench.db, 'local', id);
  const found = await metrics(id, {
    now: () => ({ in_flight: 3, rows_per_s: 9, prompt_tokens_per_s: 9, completion_tokens_per_s: 9 }),
    waiting: () => ({ reason: 'x', since: 1 }),
  });
  expect(found).toMatchObject({
    status: 'completed',
    run_seconds: 4,
    rows: { completed: 10, in_flight: 0, queued: 0 },
    rate: { rows_per_s: 2.5 },
    eta_seconds: 0,
    waiting: null,
  });
});

test('Prometheus reads the kept counts of all users, the same at each scrape', async () => {
  const registry = new Registry();
  registerBatchMetrics(registry, bench.db, () => 7);
  const [sums] = await query<{ batches: number; completed: number; failed: number; prompt: number; waiting: number }>(
    bench,
    `select count(*) filter (where status = 'in_progress')::integer as batches, sum(completed)::integer as completed,
       sum(failed)::integer as failed, sum(prompt_tokens)::integer as prompt,
       sum(total - completed - failed) filter (where status = 'in_progress')::integer as waiting from batches`,
  );
  for (let scrape = 0; scrape < 2; scrape++) {
    const text = (await registry.metrics()).split('\n');
    expect(text).toContain(`assay_batches{status="in_progress"} ${sums!.batches}`);
    expect(text).toContain(`assay_requests_total{outcome="completed"} ${sums!.completed}`);
    expect(text).toContain(`assay_requests_total{outcome="failed"} ${sums!.failed}`);
    expect(text).toContain(`assay_tokens_total{kind="prompt"} ${sums!.prompt}`);
    expect(text).toContain(`assay_requests_open ${sums!.waiting}`);
    expect(text).toContain('assay_requests_in_flight 7');
  }
});
