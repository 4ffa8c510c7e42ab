/** `assay worker`: several on one database with a server that runs no rows itself. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WorkerObject } from '../../src/contracts/workers.ts';
import { migrate } from '../../src/db/migrate.ts';
import {
  ask,
  chatLines,
  getJson,
  getMetrics,
  readLines,
  readRows,
  submit,
  waitFor,
  waitForBatch,
} from '../harness/batches.ts';
import { type CountingUpstream, startCountingUpstream, writeModelsFile } from '../harness/counting-upstream.ts';
import { emptyDatabase, freshDatabase, realServerUrl, runOn } from '../harness/database.ts';
import { databaseOf, startFleet } from '../harness/fleet.ts';
import { type RunningAssay, startAssay, tail } from '../harness/server.ts';
import { command, startCommand } from './command.ts';

const concurrency = 4;
let folder: string;
let models: string;
let upstream: CountingUpstream;
let server: RunningAssay;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-fleet-'));
  upstream = await startCountingUpstream();
  models = await writeModelsFile(join(folder, 'models.yaml'), { counting: { url: upstream.url, concurrency } });
  const databaseUrl = await realServerUrl();
  server = await startAssay({
    ...(databaseUrl === null ? {} : { databaseUrl }),
    args: ['--no-worker'],
    env: { ASSAY_MODELS: models },
  });
  url = await databaseOf(server);
});
afterAll(async () => {
  await server?.remove();
  await upstream?.stop();
  await rm(folder, { recursive: true, force: true });
});

const fleet = (count: number, env: (index: number) => Record<string, string> = () => ({})) =>
  startFleet(count, (index) => ({ DATABASE_URL: url, ASSAY_MODELS: models, ...env(index) }));

const ids = (count: number) => Array.from({ length: count }, (_, i) => `row-${i}`);

test('without DATABASE_URL it says what to set', async () => {
  const { code, err } = await command({ data: join(folder, 'none') }, ['worker']);
  expect(err).toMatch(/^error: assay worker needs .* set DATABASE_URL/);
  expect(code).toBe(2);
});

test('a server without a worker says so; two workers share a batch, and the server tells what both do', async () => {
  await upstream.reset();
  await upstream.behave(null, { kind: 'answer', delayMs: 300 });
  const batch = await submit(server, chatLines(160, { model: 'counting' }));
  const waiting = await waitFor(
    () => getMetrics(server, batch.id),
    (metrics) => metrics.status === 'in_progress' && metrics.waiting !== null,
    { timeoutMs: 20_000, what: 'a reason' },
  );
  expect(waiting.waiting!.reason).toMatch(/no worker takes part; start one with: assay worker/);
  await using workers = await fleet(2, () => ({ ASSAY_WORKER_HEALTH_PORT: '0' }));
  const both = await waitFor(
    () => getMetrics(server, batch.id),
    (metrics) => metrics.rows.in_flight > concurrency,
    { timeoutMs: 20_000, everyMs: 50, what: 'rows in flight at both' },
  );
  expect(both.rows.in_flight).toBeLessThanOrEqual(2 * concurrency);
  expect(both.rate.rows_per_s).toBeGreaterThan(0);
  const numbers = await (await ask(server, '/metrics')).text();
  expect(numbers).toMatch(/^assay_workers\{version="[^"]+"\} 2$/m);
  for (const { workerId } of workers.members)
    expect(numbers).toMatch(new RegExp(`^assay_worker_requests_in_flight\\{worker="${workerId}",`, 'm'));
  const { data } = await getJson<{ data: WorkerObject[] }>(server, '/admin/workers');
  expect(data.map(({ id }) => id).toSorted()).toEqual(workers.members.map(({ workerId }) => workerId).toSorted());
  for (const worker of data) expect(worker.models).toEqual([{ id: 'counting', waiting: null }]);
  const { out } = await command({ data: server.dataFolder }, ['status']);
  expect(out).toMatch(/^WORKER +HOST +VERSION +UP +IN FLIGHT +ROWS\/S +MODELS$/m);
  for (const { workerId } of workers.members) expect(out).toMatch(new RegExp(`^${workerId} .* counting$`, 'm'));
  const health = await fetch(workers.members[0]!.healthUrl!);
  expect(await health.json()).toEqual({ ok: true, worker_id: workers.members[0]!.workerId, storage: null });
  const ended = await waitForBatch(server, batch.id);
  expect((await readLines(server, ended.output_file_id)).map((line) => line.custom_id)).toEqual(ids(160));
  expect(await upstream.counts()).toMatchObject({ total: 160, extra: 0 });
});

test.skipIf(process.platform !== 'linux')('a worker runs under the flags of the collector', async () => {
  await using workers = await fleet(1);
  const line = await readFile(`/proc/${workers.members[0]!.pid}/cmdline`, 'utf8');
  expect(line).toMatch(/--max-semi-space-size=8\0--no-parallel-scavenge\0/);
});

test('SIGTERM: rows in flight end and land, the rest goes to the other at once, exit code 0', async () => {
  await upstream.reset();
  await upstream.behave(null, { kind: 'answer', delayMs: 300 });
  await using workers = await fleet(2);
  const [leaving] = workers.members;
  const batch = await submit(server, chatLines(120, { model: 'counting' }));
  await waitFor(
    () => upstream.counts(),
    (counts) => counts.distinct > 24 && counts.inFlight > concurrency,
    { timeoutMs: 20_000, everyMs: 10, what: 'rows at both' },
  );
  leaving!.signal('SIGTERM');
  expect(await leaving!.ended()).toBe(0);
  const at = Date.now();
  const ended = await waitForBatch(server, batch.id);
  expect(ended.request_counts).toEqual({ total: 120, completed: 120, failed: 0 });
  // Nobody waited for a heartbeat to be missed.
  expect(Date.now() - at).toBeLessThan(12_000);
  expect(await upstream.counts()).toMatchObject({ total: 120, extra: 0 });
  expect((await readRows(server, batch.id)).every((row) => row.finished_at !== null)).toBe(true);
});

test('a second signal ends it at once', async () => {
  await upstream.reset();
  await upstream.behave(null, { kind: 'answer', delayMs: 60_000 });
  await using workers = await fleet(1);
  const batch = await submit(server, chatLines(8, { model: 'counting' }));
  await waitFor(
    () => upstream.counts(),
    (counts) => counts.inFlight === concurrency,
    { timeoutMs: 20_000, what: 'rows in flight' },
  );
  workers.members[0]!.signal('SIGTERM');
  await waitFor(
    async () => getMetrics(server, batch.id),
    (metrics) => metrics.waiting?.reason === 'the worker is being stopped',
    { timeoutMs: 20_000, what: 'the first signal heard' },
  );
  workers.members[0]!.signal('SIGTERM');
  expect(await workers.members[0]!.ended()).toBe(130);
  await ask(server, `/v1/batches/${batch.id}/cancel`, { method: 'POST' });
});

test('a worker that cannot reach the engine of a model leaves its chunks to one that can', async () => {
  await upstream.reset();
  await upstream.behave(null, { kind: 'answer' });
  const nowhere = await writeModelsFile(join(folder, 'nowhere.yaml'), {
    counting: { url: 'http://127.0.0.1:9', concurrency },
  });
  await using without = await fleet(1, () => ({ ASSAY_MODELS: nowhere }));
  const batch = await submit(server, chatLines(40, { model: 'counting' }));
  const { waiting } = await waitFor(
    () => getMetrics(server, batch.id),
    (metrics) => metrics.waiting?.reason.includes('counting') === true,
    { timeoutMs: 20_000, what: 'the reason' },
  );
  expect(waiting!.reason).toMatch(/does not answer on this machine/);
  await using within = await fleet(1);
  const at = Date.now();
  expect((await waitForBatch(server, batch.id)).request_counts.completed).toBe(40);
  expect(Date.now() - at).toBeLessThan(8000);
  expect([without.members[0]!.alive(), within.members[0]!.alive()]).toEqual([true, true]);
});

test('workers go on when a newer version has added to the tables; where it broke them, they end and none starts', async () => {
  await upstream.reset();
  await upstream.behave(null, { kind: 'answer', delayMs: 50 });
  const later = (breaking: boolean) =>
    `insert into schema_migrations (name, checksum, breaking) values ('9999_later', 'x', ${breaking})`;
  await using workers = await fleet(1);
  const batch = await submit(server, chatLines(80, { model: 'counting' }));
  await waitFor(
    () => upstream.counts(),
    (counts) => counts.distinct > 8,
    { timeoutMs: 20_000, everyMs: 10, what: 'the batch under way' },
  );
  await runOn(url, `begin; alter table results add column later text default 'x'; ${later(false)}; commit`);
  await using newcomers = await fleet(1);
  expect((await waitForBatch(server, batch.id)).request_counts.completed).toBe(80);
  expect([workers.members[0]!.alive(), newcomers.members[0]!.alive()]).toEqual([true, true]);
  await upstream.reset();
  await upstream.behave(null, { kind: 'answer', delayMs: 300 });
  const next = await submit(server, chatLines(200, { model: 'counting' }));
  await waitFor(
    () => upstream.counts(),
    (counts) => counts.inFlight > concurrency,
    { timeoutMs: 20_000, everyMs: 10, what: 'rows at both' },
  );
  await runOn(url, `delete from schema_migrations where name = '9999_later'; ${later(true)}`);
  for (const member of [...workers.members, ...newcomers.members]) {
    expect(await member.ended()).toBe(1);
    expect(tail(member.logFile)).toMatch(/migrated by a newer Assay \(migration 9999_later[\s\S]*error: .*9999_later/);
  }
  const refused = await command({ data: join(folder, 'old'), env: { DATABASE_URL: url } }, ['worker']);
  await runOn(url, `delete from schema_migrations where name = '9999_later'`);
  expect(refused.err).toMatch(/migrated by a newer Assay \(migration 9999_later/);
  expect(refused.code).toBe(1);
  // What they held they gave back, and what was in flight was not asked twice.
  await using after = await fleet(1);
  expect((await waitForBatch(server, next.id)).request_counts.completed).toBe(200);
  expect(await upstream.counts()).toMatchObject({ total: 200, extra: 0 });
  expect(after.members[0]!.alive()).toBe(true);
});

test('a server does not apply a breaking migration under workers of an older version, and names them', async () => {
  const older = await freshDatabase('older_workers');
  try {
    await runOn(
      older.url,
      `drop table twins; delete from schema_migrations where name = '0006_twins'; set role assay_system;
       insert into workers (worker_id, host, pid, version, seen_at)
       values ('worker-old', 'far-away', 77, '0.0.1', now() + interval '1 hour')`,
    );
    const place = { data: join(folder, 'newer'), env: { DATABASE_URL: older.url } };
    const refused = await command(place, ['start', '--no-demo']);
    expect(refused.err).toMatch(
      /^error: Migration 0006_twins .*worker-old \(version 0\.0\.1, process 77 on far-away\)\. Stop/,
    );
    expect(refused.code).toBe(1);
  } finally {
    await older.drop();
  }
});

test('it waits for the server to make the tables, and says so', async () => {
  const base = await realServerUrl();
  const empty = base === null ? await freshDatabase('behind') : await emptyDatabase(base, 'behind');
  try {
    const place = { data: join(folder, 'early'), env: { DATABASE_URL: empty.url, ASSAY_POLL_MS: '50' } };
    const running = startCommand(place, ['worker']);
    await waitFor(
      async () => running.out(),
      (text) => text.includes(base === null ? 'takes part' : 'The database lacks 0001_base'),
      { timeoutMs: 20_000, what: 'what it waits for' },
    );
    await migrate(empty.url);
    await waitFor(
      async () => running.out(),
      (text) => text.includes('takes part'),
      { timeoutMs: 20_000, what: 'the start' },
    );
    running.child.kill('SIGTERM');
    expect((await running.ended).code).toBe(0);
  } finally {
    await empty.drop();
  }
});
