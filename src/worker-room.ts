/** Wires a worker: its database, queue, engines, landing, and its entry in the roster. */

import { setTimeout as sleep } from 'node:timers/promises';
import { finishBatch } from './batches/end.ts';
import { keepPrefixCounts } from './batches/prefix-counts.ts';
import { deriveOfBatch, landDerived } from './compare/derive-results.ts';
import type { Config } from './config.ts';
import type { EngineEndpoint } from './contracts/engine.ts';
import type { Gpu } from './contracts/gpu.ts';
import type { Log } from './contracts/log.ts';
import { type Database, openDatabase } from './db/database.ts';
import { completeWithin } from './engines/complete.ts';
import { type CountTokens, openTokenCounter } from './engines/count-tokens.ts';
import { gaugeOf } from './engines/gauge.ts';
import { openCardWatch } from './engines/gpu/card-watch.ts';
import { openCeilings } from './engines/gpu/ceiling.ts';
import { openPressure } from './engines/gpu/pressure.ts';
import { health } from './engines/health.ts';
import { asLlamaServer, openKvBudgets } from './engines/kv-budget.ts';
import { openRateLimit, type RateLimit } from './engines/rate-limit.ts';
import { openFit } from './prompts/fit-body.ts';
import { land, landIn } from './results/land.ts';
import type { Capacity } from './scheduler/capacity.ts';
import { bestConcurrency, keepConcurrency, keepRate } from './scheduler/cut.ts';
import { keepPrefixReached } from './scheduler/grouping.ts';
import { type ChunkQueue, openQueue } from './scheduler/queue.ts';
import { leaveRoster, tellRoster } from './scheduler/roster.ts';
import { startWorker, type Worker } from './scheduler/worker-loop.ts';
import { version } from './version.ts';

/** The settings that a worker goes by. */
export type WorkerConfig = Pick<
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
  | 'share_seconds'
  | 'worker_report_ms'
  | 'roster_ms'
  | 'tune_window_ms'
  | 'tune_hold_ms'
  | 'context_answer_tokens'
  | 'gpu_warning_share'
  | 'gpu_ceiling_share'
  | 'kv_high_share'
  | 'engine_load_ms'
>;

export interface WorkerRoom {
  config: WorkerConfig;
  databaseUrl: string;
  /** Its name in the roster. */
  workerId: string;
  acquire(userId: string, modelId: string): Promise<EngineEndpoint>;
  release(userId: string, modelId: string): void;
  /** How the engine of that generation ended; null while it lives. */
  died(modelId: string, generation: number): Promise<string | null> | string | null;
  /** What the cards of this machine hold; none where there are none. */
  gpus(): readonly Gpu[];
  /** Whether other workers run beside it, on machines of their own, with no server that looks after them all. */
  inFleet: boolean;
  log: Log;
}

/** A worker that runs. `stop` ends it at once; rows in flight run again elsewhere. */
export interface OpenWorker {
  worker: Worker;
  stop(): Promise<void>;
}

/** How long the host may take to notice that an engine has ended, after its connections broke. */
const noticeMs = 1000;

export async function openWorker(room: WorkerRoom): Promise<OpenWorker> {
  const { config, log } = room;
  const db = openDatabase({
    url: room.databaseUrl,
    max: config.database_pool,
    pipelined: true,
    applicationName: 'assay worker',
    // A worker that is stopped in the middle of a transaction must not keep the others waiting for its locks.
    idleInTransactionMs: config.heartbeat_seconds * 1000,
    onError: (error) => log.warn({ problem: error.message }, 'a database connection was lost'),
  });
  const queue = await openQueue({
    url: room.databaseUrl,
    db,
    supervise: room.inFleet,
    heartbeatSeconds: config.heartbeat_seconds,
    log,
  });
  const worker = await startLoop(room, db, queue);
  let telling: Promise<void> | null = null;
  const tell = () => {
    telling ??= tellRoster(db, { workerId: room.workerId, version, report: worker.report() })
      .catch((error: Error) => log.debug({ problem: error.message }, 'the roster of workers cannot be written'))
      .finally(() => (telling = null));
  };
  tell();
  const timer = setInterval(tell, config.roster_ms);
  return {
    worker,
    async stop() {
      clearInterval(timer);
      await worker.stop();
      await queue.stop().catch(() => undefined);
      await telling;
      await leaveRoster(db, room.workerId).catch(() => undefined);
      await db.close().catch(() => undefined);
    },
  };
}

/** Whether the engine runs on this machine, so that its cards are the ones seen here. */
const isHere = ({ baseUrl }: EngineEndpoint): boolean =>
  ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(baseUrl).hostname);

/** One limit for each model of each user, which outlives a run: the service counts on. */
function rateLimits(): (endpoint: EngineEndpoint) => RateLimit | null {
  const limits = new Map<string, RateLimit>();
  return ({ modelId, baseUrl, rateLimits: stated }) => {
    if (stated === undefined || stated === null) return null;
    const key = JSON.stringify([modelId, baseUrl, stated]);
    const limit = limits.get(key) ?? openRateLimit(stated, () => performance.now());
    limits.set(key, limit);
    return limit;
  };
}

/** What the engines, and the cards beside them, have room for. */
function capacityOf({ config, gpus, log }: WorkerRoom, db: Database, countTokens: CountTokens): Capacity {
  const budgets = openKvBudgets();
  const ceilings = openCeilings({ database: db, share: config.gpu_ceiling_share });
  return {
    sharedTokens: budgets.known,
    learnShared: budgets.learn,
    countTokens: (endpoint, path, body) =>
      countTokens(budgets.known(endpoint) === null ? endpoint : asLlamaServer(endpoint), path, body),
    load: (endpoint) => (endpoint.engine === 'vllm' ? () => gaugeOf(endpoint) : null),
    card: (endpoint, { userId, shared }) =>
      isHere(endpoint)
        ? openCardWatch({
            ceilings,
            model: { userId, id: endpoint.modelId, scope: shared ? 'shared' : 'user' },
            gpus,
            warningShare: config.gpu_warning_share,
            log,
          })
        : null,
    keepPrefix: ({ userId, batchId }, rose) => db.asUser(userId, (q) => keepPrefixCounts(q, batchId, rose)),
  };
}

function startLoop(room: WorkerRoom, db: Database, queue: ChunkQueue): Promise<Worker> {
  const { config, log } = room;
  const countTokens = openTokenCounter();
  return startWorker({
    db,
    queue,
    complete: completeWithin({
      answerMaxBytes: config.answer_max_bytes,
      keepAliveMs: config.engine_keep_alive_ms,
      connectTimeoutMs: config.engine_connect_timeout_ms,
    }),
    fit: openFit({ countTokens, answerTokens: config.context_answer_tokens }),
    rateLimit: rateLimits(),
    capacity: capacityOf(room, db, countTokens),
    pressure: (endpoint) =>
      isHere(endpoint) ? openPressure({ gpus: room.gpus, warningShare: config.gpu_warning_share }) : () => 1,
    land: landDerived(db, { land, landIn }, { log }),
    async finish(userId, batchId) {
      await finishBatch(db, userId, batchId);
      await db.asUser(userId, (q) => keepPrefixReached(q, batchId));
      await deriveOfBatch(db, { userId, batchId }, log);
    },
    bestConcurrency: (userId, on) => db.asUser(userId, (q) => bestConcurrency(q, on)),
    keepConcurrency: (userId, found) => db.asUser(userId, (q) => keepConcurrency(q, userId, found)),
    keepRate: (userId, rate) => db.asUser(userId, (q) => keepRate(q, userId, rate)),
    acquire: room.acquire,
    release: room.release,
    health,
    engineEnd: (endpoint) => engineEnd(endpoint, room.died),
    workerId: room.workerId,
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
      shareMs: config.share_seconds * 1000,
      tuneWindowMs: config.tune_window_ms,
      tuneHoldMs: config.tune_hold_ms,
      kvHighShare: config.kv_high_share,
      loadMs: config.engine_load_ms,
      answerTokens: config.context_answer_tokens,
      ...(room.inFleet ? { yieldMs: config.heartbeat_seconds * 1000 } : {}),
    },
    log,
  });
}

async function engineEnd(endpoint: EngineEndpoint, died: WorkerRoom['died']): Promise<string | null> {
  for (const until = Date.now() + noticeMs; ; await sleep(50)) {
    const end = await died(endpoint.modelId, endpoint.generation);
    if (end !== null || Date.now() > until) return end;
  }
}
