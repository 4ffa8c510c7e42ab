/** What an engine can do to a row: 429, 500, torn and garbage answers, silence, a closed port. No row is lost or burnt. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  chatLine,
  chatLines,
  getMetrics,
  readLines,
  readRows,
  submit,
  waitFor,
  waitForBatch,
} from '../harness/batches.ts';
import { type CountingUpstream, startCountingUpstream, writeModelsFile } from '../harness/counting-upstream.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';

let folder: string;
let upstream: CountingUpstream;
let away: CountingUpstream;
let server: RunningAssay;

const maxAttempts = 3;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-faults-'));
  [upstream, away] = await Promise.all([startCountingUpstream(), startCountingUpstream()]);
  const models = await writeModelsFile(join(folder, 'models.yaml'), {
    counting: { url: upstream.url, concurrency: 8 },
    away: { url: away.url, concurrency: 8 },
  });
  server = await startAssay({
    env: {
      ASSAY_MODELS: models,
      ASSAY_REQUEST_TIMEOUT_MS: '1500',
      ASSAY_RETRY_BASE_MS: '100',
      ASSAY_MAX_ATTEMPTS: String(maxAttempts),
    },
  });
}, 180_000);

afterAll(async () => {
  await server?.remove();
  await upstream?.stop();
  await away?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

test('429 with Retry-After: the row is sent again after that time, not before', { timeout: 90_000 }, async () => {
  await upstream.behave('limited-3', { kind: 'status', status: 429, retryAfterSeconds: 2 }, 2);
  const batch = await submit(server, chatLines(10, { model: 'counting', prefix: 'limited' }));
  const ended = await waitForBatch(server, batch.id);
  expect(ended.request_counts).toEqual({ total: 10, completed: 10, failed: 0 });
  const sends = await upstream.sends('limited-3');
  expect(sends.length).toBe(3);
  for (let i = 1; i < sends.length; i++) expect(sends[i]! - sends[i - 1]!).toBeGreaterThanOrEqual(1990);
  const row = (await readRows(server, batch.id)).find((r) => r.custom_id === 'limited-3')!;
  expect(row.attempts_history.map((a) => [a.code, a.status_code])).toEqual([
    ['rate_limited', 429],
    ['rate_limited', 429],
  ]);
});

test.each([
  ['500', { kind: 'status', status: 500 }, 'engine_error'],
  ['a torn body', { kind: 'torn' }, 'connection_lost'],
  ['half of an answer', { kind: 'short' }, 'bad_answer'],
  ['garbage that is not JSON', { kind: 'garbage' }, 'bad_answer'],
  ['a connection closed without an answer', { kind: 'close' }, 'connection_lost'],
  ['no answer in time', { kind: 'hang' }, 'timeout'],
] as const)(
  '%s: tried again, and given up after the attempts allowed',
  { timeout: 90_000 },
  async (name, behaviour, code) => {
    const prefix = name.replaceAll(' ', '-');
    await upstream.behave(`${prefix}-0`, behaviour, 1);
    await upstream.behave(`${prefix}-1`, behaviour);
    const batch = await submit(server, chatLines(6, { model: 'counting', prefix }));
    const ended = await waitForBatch(server, batch.id);
    expect(ended.request_counts).toEqual({ total: 6, completed: 5, failed: 1 });
    expect((await upstream.sends(`${prefix}-0`)).length).toBe(2);
    expect((await upstream.sends(`${prefix}-1`)).length).toBe(maxAttempts);
    for (let i = 2; i < 6; i++) expect((await upstream.sends(`${prefix}-${i}`)).length).toBe(1);
    const [failed, ...more] = await readLines(server, ended.error_file_id);
    expect(more).toEqual([]);
    expect(failed!.custom_id).toBe(`${prefix}-1`);
    expect(JSON.stringify(failed)).toContain(code === 'engine_error' ? 'status 500' : code);
    const rows = await readRows(server, batch.id);
    expect(rows.find((r) => r.custom_id === `${prefix}-0`)!.attempts_history.map((a) => a.code)).toEqual([code]);
  },
);

test('an error that trying again cannot mend is not tried again', { timeout: 90_000 }, async () => {
  await upstream.behave('final', { kind: 'status', status: 404 });
  const batch = await submit(server, [chatLine('final', { model: 'counting' })]);
  expect((await waitForBatch(server, batch.id)).request_counts.failed).toBe(1);
  expect((await upstream.sends('final')).length).toBe(1);
});

test('an engine that refuses connections for 30 s: the batch waits, says why, and burns no row', {
  timeout: 150_000,
}, async () => {
  await away.behave(null, { kind: 'answer', delayMs: 50 });
  const batch = await submit(server, chatLines(400, { model: 'away', prefix: 'away' }));
  await waitFor(
    () => away.counts(),
    (counts) => counts.distinct >= 100,
    { timeoutMs: 30_000, what: '100 rows sent' },
  );
  const refused = Date.now();
  await away.refuse(30);
  const waiting = await waitFor(
    () => getMetrics(server, batch.id),
    (metrics) => metrics.waiting !== null,
    { timeoutMs: 20_000, what: 'the batch says that it waits' },
  );
  expect(waiting.status).toBe('in_progress');
  expect(waiting.waiting!.reason).toMatch(/engine/);
  const ended = await waitForBatch(server, batch.id, 90_000);
  expect(Date.now() - refused).toBeGreaterThan(30_000);
  expect(ended.request_counts).toEqual({ total: 400, completed: 400, failed: 0 });
  for (const row of await readRows(server, batch.id)) expect(row.attempts).toBeLessThanOrEqual(2);
  expect((await away.counts()).extra).toBeLessThanOrEqual(8);
  expect((await getMetrics(server, batch.id)).waiting).toBeNull();
});
