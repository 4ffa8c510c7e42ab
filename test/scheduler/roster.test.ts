/** The roster of workers: names that stay and names that clash, what a server reads of it, and who may not. */

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workerObject as worker } from '../../src/contracts/workers.ts';
import { enterRoster, leaveRoster, readRoster, tellRoster } from '../../src/scheduler/roster.ts';
import { addReports, watchRoster, workerObject } from '../../src/scheduler/roster-view.ts';
import type { WorkerReport } from '../../src/scheduler/worker-report.ts';
import { type Bench, openBench, query } from '../batches/seed.ts';
import { silentLog } from '../harness/database.ts';
import { until } from './workplace.ts';

let place: Bench;
beforeAll(async () => {
  place = await openBench('roster');
});
afterAll(() => place.end());

const by = { version: '1.2.3', aliveSeconds: 10 };
const speed = (rows: number) => ({
  in_flight: rows,
  rows_per_s: rows * 2,
  prompt_tokens_per_s: rows * 10,
  completion_tokens_per_s: rows * 5,
});
const report = (more: Partial<WorkerReport> = {}): WorkerReport => ({
  batches: {},
  models: {},
  modelIds: {},
  storage: null,
  ...more,
});

test('a worker that starts again keeps its name, even when it was seen a moment ago', async () => {
  const wanted = `worker-${randomUUID()}`;
  expect(await enterRoster(place.db, wanted, by)).toBe(wanted);
  await tellRoster(place.db, { workerId: wanted, version: '1.2.3', report: report({ storage: 'full' }) });
  expect(await enterRoster(place.db, wanted, by)).toBe(wanted);
  const [entry] = (await readRoster(place.db, 10)).filter((one) => one.workerId === wanted);
  expect(entry).toMatchObject({ version: '1.2.3', pid: process.pid, report: report() });
  await leaveRoster(place.db, wanted);
  expect((await readRoster(place.db, 10)).map((one) => one.workerId)).not.toContain(wanted);
});

test('a name that a worker on another machine has now is not taken; that of one long silent is', async () => {
  const wanted = `worker-${randomUUID()}`;
  await enterRoster(place.db, wanted, by);
  await query(place, `update workers set host = 'elsewhere' where worker_id = $1`, [wanted]);
  const given = await enterRoster(place.db, wanted, by);
  expect(given).not.toBe(wanted);
  await query(place, `update workers set seen_at = now() - interval '11 s' where worker_id = $1`, [wanted]);
  expect(await enterRoster(place.db, wanted, by)).toBe(wanted);
  await query(place, `update workers set seen_at = now() - interval '2 days' where worker_id = $1`, [given]);
  await enterRoster(place.db, wanted, by);
  expect(await query(place, 'select from workers where worker_id = $1', [given])).toEqual([]);
});

test('what the workers do adds up; a model waits when nobody runs it, results when nobody can commit', () => {
  const first = report({
    batches: { a: speed(2), b: speed(1) },
    models: { q: 'down', r: 'down' },
    modelIds: { q: 'm', r: 'n' },
    storage: 'full',
  });
  const second = report({ batches: { a: speed(3) }, models: { q: null } });
  expect(addReports([first, second])).toEqual({
    batches: { a: speed(5), b: speed(1) },
    models: { q: null, r: 'down' },
    modelIds: { q: 'm', r: 'n' },
    storage: null,
  });
  expect(addReports([second, first]).models).toEqual({ q: null, r: 'down' });
  expect(addReports([first, first]).storage).toBe('full');
});

test('every server sees all workers, its own over the pipe and only once; silent ones no longer', async () => {
  const own = `worker-${randomUUID()}`;
  const other = `worker-${randomUUID()}`;
  const batch = `batch-${own}`;
  for (const workerId of [own, other])
    await tellRoster(place.db, { workerId, version: '1', report: report({ batches: { [batch]: speed(4) } }) });
  const options = { db: place.db, everyMs: 20, aliveSeconds: 10, log: silentLog };
  const worker = {
    report: () => report({ batches: { [batch]: speed(5) } }),
    alive: () => false,
    wake: () => undefined,
    tell: () => undefined,
    stop: async () => undefined,
  };
  const here = watchRoster({ ...options, own: { worker, workerId: own } });
  const there = watchRoster({ ...options, own: null });
  const inFlight = (view: typeof here) => view.report()?.batches[batch]?.in_flight;
  await until(() => inFlight(here) === 9 && inFlight(there) === 8, 'both views');
  expect([here.alive(), there.alive()]).toEqual([true, true]);
  await query(place, `update workers set seen_at = now() - interval '11 s' where worker_id = $1`, [other]);
  await until(() => inFlight(here) === 5 && inFlight(there) === 4, 'the silent one gone');
  await query(place, 'delete from workers', []);
  await until(() => !there.alive() && there.report() === null, 'nobody');
  await here.stop();
  await there.stop();
});

test('a worker is told of with its models, rows in flight and speed', async () => {
  const id = `worker-${randomUUID()}`;
  const busy = report({
    batches: { a: speed(2), b: speed(1) },
    models: { p: 'starts', q: null, r: 'down', old: null },
    modelIds: { p: 'm', q: 'm', r: 'n' },
    storage: 'full',
  });
  await tellRoster(place.db, { workerId: id, version: '1.2.3', report: busy });
  const entry = (await readRoster(place.db, 10)).find((one) => one.workerId === id)!;
  const told = workerObject(entry);
  expect(worker.parse(told)).toEqual(told);
  expect(told).toMatchObject({ id, host: hostname(), pid: process.pid, version: '1.2.3', waiting: 'full' });
  expect(told.models).toEqual([
    { id: 'm', waiting: null },
    { id: 'n', waiting: 'down' },
    { id: 'old', waiting: null },
  ]);
  expect(told).toMatchObject({
    requests_in_flight: 3,
    rows_per_s: 6,
    prompt_tokens_per_s: 30,
    completion_tokens_per_s: 15,
  });
  expect(Math.abs(told.started_at - Date.now() / 1000)).toBeLessThan(60);
  expect(told.seen_seconds_ago).toBeLessThan(10);
});

test('no user reads the roster', async () => {
  await expect(place.db.asUser('local', (q) => q.query('select report from workers'))).rejects.toThrow(
    /permission denied/,
  );
});
