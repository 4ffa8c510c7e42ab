/** Keeps the worker process alive beside the server: starts it, hands it its orders, hears its reports, starts it again. */

import { type ChildProcess, fork } from 'node:child_process';
import { execArgv } from 'node:process';
import type { Log } from '../contracts/log.ts';
import type { WorkerReport } from './worker-report.ts';

export interface WorkerProcess {
  /** The last report; null while no worker is up. */
  report(): WorkerReport | null;
  alive(): boolean;
  wake(): void;
  /** Sends the worker a message, when one is up. */
  tell(message: object): void;
  stop(): Promise<void>;
}

export interface WorkerProcessOptions {
  /** Module that the process runs. */
  module: string;
  /** First message to each new process. */
  orders: object;
  restartMaxMs: number;
  /** Longest wait for a worker to end by itself. */
  stopMs: number;
  log: Log;
  /** Called with each new process before it gets its orders; what it gives is called when the process has ended. */
  attach(child: ChildProcess): () => void;
}

const firstPauseMs = 100;
/**
 * Flags of Node for a process that works rows. Rows live for some milliseconds: a small young generation (MB) keeps a busy worker at 215 MB resident instead of 340.
 * Collected by one thread: helpers would compete with the engine and the database for cores (1.65 s against 1.35 s of
 * the worker's processor time for 20,000 rows on 2 cores).
 */
export const collectorFlags = ['--max-semi-space-size=8', '--no-parallel-scavenge'];

export function keepWorker(options: WorkerProcessOptions): WorkerProcess {
  let child: ChildProcess | null = null;
  let ready = false;
  let report: WorkerReport | null = null;
  let stopping = false;
  let pause = firstPauseMs;

  const start = () => {
    const began = Date.now();
    const born = fork(options.module, {
      execArgv: [...execArgv, ...collectorFlags],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child = born;
    const detach = options.attach(born);
    born.on('message', (message: Message) => {
      if (message.kind === 'ready') ready = true;
      else if (message.kind === 'report') report = message.report;
      else if (message.kind === 'log') options.log[message.level](message.values, message.message);
      else if (message.kind === 'failed') options.log.error({ problem: message.problem }, 'the worker could not start');
    });
    born.on('error', (error) => options.log.error({ problem: error.message }, 'worker process'));
    born.once('exit', (code, signal) => {
      child = null;
      ready = false;
      report = null;
      detach();
      if (stopping) return;
      pause = Date.now() - began > 10_000 ? firstPauseMs : Math.min(options.restartMaxMs, pause * 2);
      options.log.warn({ code, signal, ms: pause }, 'the worker ended; it is started again');
      setTimeout(() => !stopping && start(), pause).unref();
    });
    born.send(options.orders, (error) => error && options.log.debug({ problem: error.message }, 'worker ended early'));
  };
  start();

  const send = (message: object) => {
    if (child?.connected) child.send(message, () => undefined);
  };
  return {
    report: () => report,
    alive: () => ready,
    wake: () => send({ kind: 'wake' }),
    tell: send,
    async stop() {
      stopping = true;
      const process = child;
      if (process === null) return;
      const ended = new Promise((resolve) => process.once('exit', resolve));
      send({ kind: 'stop' });
      const late = setTimeout(() => process.kill('SIGKILL'), options.stopMs);
      await ended;
      clearTimeout(late);
    },
  };
}

type Message =
  | { kind: 'ready' }
  | { kind: 'report'; report: WorkerReport }
  | { kind: 'log'; level: keyof Log; values: object; message: string }
  | { kind: 'failed'; problem: string };
