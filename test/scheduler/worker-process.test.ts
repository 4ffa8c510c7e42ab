/** The worker process beside the server: it gets its orders, is started again when it dies, and ends when told to. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepWorker } from '../../src/scheduler/worker-process.ts';
import { silentLog } from '../harness/database.ts';
import { until } from './workplace.ts';

/** A worker that reports its pid and the orders it got; `wake` makes it report again, `deaf` ignores `stop`. */
const program = `
let woken = 0;
process.once('message', (orders) => {
  const tell = () => process.send({ kind: 'report', report: { pid: process.pid, woken, orders } });
  tell();
  process.send({ kind: 'ready' });
  process.send({ kind: 'log', level: 'warn', values: { a: 1 }, message: 'from the worker' });
  process.on('message', (message) => {
    if (message.kind === 'wake') { woken += 1; tell(); }
    if (message.kind === 'stop' && !orders.deaf) process.exit(0);
  });
});
process.on('disconnect', () => process.exit(0));
`;

let folder: string;
let module: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-worker-'));
  module = join(folder, 'worker.mjs');
  await writeFile(module, program);
});
afterAll(() => rm(folder, { recursive: true }));

interface Report {
  pid: number;
  woken: number;
  orders: object;
}

function keep(orders: object) {
  const logged: string[] = [];
  const attached: (number | undefined)[] = [];
  let detached = 0;
  const worker = keepWorker({
    module,
    orders,
    restartMaxMs: 200,
    stopMs: 300,
    log: { ...silentLog, warn: (_, message) => void logged.push(message) },
    attach(child) {
      attached.push(child.pid);
      return () => void (detached += 1);
    },
  });
  const report = () => worker.report() as unknown as Report | null;
  return { worker, report, logged, attached, detached: () => detached };
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('orders, reports, log, wake and stop', async () => {
  const { worker, report, logged, attached, detached } = keep({ kind: 'orders', value: 5 });
  expect([worker.alive(), worker.report()]).toEqual([false, null]);
  await until(() => (worker.alive() ? report() : null), 'the worker');
  expect(report()).toMatchObject({ pid: attached[0], orders: { kind: 'orders', value: 5 } });
  await until(() => logged.includes('from the worker'), 'its log');
  worker.wake();
  await until(() => report()?.woken === 1, 'a report after waking');
  await worker.stop();
  expect(isAlive(attached[0]!)).toBe(false);
  expect([worker.alive(), worker.report(), attached.length, detached()]).toEqual([false, null, 1, 1]);
  worker.wake();
});

test('a worker that dies is started again, with the same orders', async () => {
  const { worker, report, attached, detached } = keep({ kind: 'orders' });
  for (let death = 1; death <= 2; death++) {
    const { pid } = await until(() => (worker.alive() ? report() : null), 'the worker');
    process.kill(pid, 'SIGKILL');
    await until(() => attached.length === death + 1 && worker.alive(), 'its successor');
    expect(detached()).toBe(death);
  }
  await worker.stop();
  expect(attached.some((pid) => isAlive(pid!))).toBe(false);
});

test('a worker that does not end by itself is ended', async () => {
  const { worker, report } = keep({ kind: 'orders', deaf: true });
  const { pid } = await until(() => (worker.alive() ? report() : null), 'the worker');
  await worker.stop();
  expect(isAlive(pid)).toBe(false);
});
