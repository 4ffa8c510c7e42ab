/** The worker process: runs the chunks of all batches; a child of the server, with which it ends. */

import { setTimeout as sleep } from 'node:timers/promises';
import { finishBatch } from './batches/end.ts';
import { deriveOfBatch, landDerived } from './compare/derive-results.ts';
import type { Config } from './config.ts';
import type { EngineEndpoint } from './contracts/engine.ts';
import type { Log } from './contracts/log.ts';
import { openDatabase } from './db/database.ts';
import { completeWithin } from './engines/complete.ts';
import { health } from './engines/health.ts';
import { hostOverPipe, type Pipe } from './engines/host-channel.ts';
import { landIn } from './results/land.ts';
import { keepRate } from './scheduler/cut.ts';
import { openQueue } from './scheduler/queue.ts';
import { startWorker } from './scheduler/worker-loop.ts';

/** The first message of the server. */
export interface WorkerOrders {
  kind: 'orders';
  databaseUrl: string;
  workerId: string;
  config: Pick<
    Config,
    | 'database_pool'
    | 'heartbeat_seconds'
    | 'land_rows'
    | 'land_ms'
    | 'max_attempts'
    | 'rate_limit_max_attempts'
    | 'retry_base_ms'
    | 'retry_max_ms'
    | 'request_timeout_ms'
    | 'breaker_probe_ms'
    | 'answer_max_bytes'
    | 'engine_keep_alive_ms'
    | 'engine_connect_timeout_ms'
    | 'worker_poll_ms'
    | 'worker_report_ms'
  >;
}

/** Longest time for the worker to end. */
const endMs = 5000;

/** How long the host may take to notice that an engine has ended, after its connections broke. */
const noticeMs = 1000;

async function main(orders: WorkerOrders): Promise<void> {
  const { config } = orders;
  const log = logOverPipe();
  const db = openDatabase({
    url: orders.databaseUrl,
    max: config.database_pool,
    applicationName: 'assay worker',
    onError: (error) => log.warn({ problem: error.message }, 'a database connection was lost'),
  });
  const queue = await openQueue({
    url: orders.databaseUrl,
    db,
    supervise: false,
    heartbeatSeconds: config.heartbeat_seconds,
    log,
  });
  const host = hostOverPipe(process as unknown as Pipe);
  const worker = await startWorker({
    db,
    queue,
    complete: completeWithin({
      answerMaxBytes: config.answer_max_bytes,
      keepAliveMs: config.engine_keep_alive_ms,
      connectTimeoutMs: config.engine_connect_timeout_ms,
    }),
    land: landDerived(db, landIn, { log }),
    async finish(userId, batchId) {
      await finishBatch(db, userId, batchId);
      await deriveOfBatch(db, { userId, batchId }, log);
    },
    keepRate: (userId, rate) => db.asUser(userId, (q) => keepRate(q, userId, rate)),
    acquire: host.acquire,
    release: host.release,
    health,
    engineEnd: (endpoint) => engineEnd(endpoint, host.died),
    workerId: orders.workerId,
    limits: {
      maxAttempts: config.max_attempts,
      rateLimitMaxAttempts: config.rate_limit_max_attempts,
      baseMs: config.retry_base_ms,
      maxMs: config.retry_max_ms,
      timeoutMs: config.request_timeout_ms,
      landRows: config.land_rows,
      landMs: config.land_ms,
      probeMs: config.breaker_probe_ms,
      pollMs: config.worker_poll_ms,
    },
    log,
  });
  const tell = () => process.connected && process.send?.({ kind: 'report', report: worker.report() });
  setInterval(tell, config.worker_report_ms);
  const end = async () => {
    // A database that hangs must not keep a worker without a server alive.
    setTimeout(() => process.exit(1), endMs);
    await worker.stop();
    await queue.stop().catch(() => undefined);
    process.exit(0);
  };
  process.on('message', (message: { kind?: string }) => {
    if (message.kind === 'wake') worker.wake();
    if (message.kind === 'stop') void end();
  });
  // The server is gone: what has its answer is committed if the database still takes it, the rest runs again.
  process.on('disconnect', () => void end());
  process.send?.({ kind: 'ready' });
}

/** What the worker logs is written by the server, into one log. */
function logOverPipe(): Log {
  const to = (level: keyof Log) => (values: object, message: string) => {
    if (process.connected) process.send?.({ kind: 'log', level, values, message });
  };
  return { debug: to('debug'), info: to('info'), warn: to('warn'), error: to('error') };
}

async function engineEnd(
  endpoint: EngineEndpoint,
  died: (modelId: string, generation: number) => Promise<string | null>,
): Promise<string | null> {
  for (const until = Date.now() + noticeMs; ; await sleep(50)) {
    const end = await died(endpoint.modelId, endpoint.generation);
    if (end !== null || Date.now() > until) return end;
  }
}

// Signals to the whole process group reach the worker too; the server tells it when to stop.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
process.once('message', (orders: WorkerOrders) => {
  main(orders).catch((error: Error) => {
    process.send?.({ kind: 'failed', problem: error.message });
    process.exitCode = 1;
    process.disconnect();
  });
});
