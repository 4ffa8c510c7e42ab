/** The composition root: starts every room in order, wires them by functions and values, and stops them again. */

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { openBatches } from './batch-room.ts';
import { registerBatchMetrics } from './batches/prometheus.ts';
import { deriveOfBatch } from './compare/derive-results.ts';
import type { Config, Origins } from './config.ts';
import type { Gpu } from './contracts/gpu.ts';
import type { Database } from './db/database.ts';
import { holdFolder } from './db/folder.ts';
import { openServerDatabase } from './db/open.ts';
import { openEngines, openGauge, openModels } from './engine-room.ts';
import { completeWithin } from './engines/complete.ts';
import { openCeilings } from './engines/gpu/ceiling.ts';
import type { GpuGauge } from './engines/gpu/gauge.ts';
import { registerGpuMetrics } from './engines/gpu/prometheus.ts';
import type { EngineHost } from './engines/host.ts';
import { serveHost } from './engines/host-channel.ts';
import type { ModelRegistry } from './engines/registry.ts';
import { removeLeftovers } from './files/expire.ts';
import { type FileStore, openStore } from './files/store.ts';
import { buildApp } from './http/app.ts';
import type { BatchRoom, HttpDeps } from './http/deps.ts';
import { bindAllowed, countKeys } from './http/keys.ts';
import { listen } from './http/listen.ts';
import { registerRosterMetrics } from './scheduler/prometheus.ts';
import { type ChunkQueue, openQueue } from './scheduler/queue.ts';
import { enterRoster } from './scheduler/roster.ts';
import { type RosterView, watchRoster, workerObject } from './scheduler/roster-view.ts';
import { workerId } from './scheduler/worker-id.ts';
import { keepWorker } from './scheduler/worker-process.ts';
import { startUpkeep } from './upkeep.ts';
import { version } from './version.ts';
import { openWorkbench } from './workbench-room.ts';
import type { WorkerOrders } from './worker.ts';

export interface RunningServer {
  url: string;
  /** Counts as the local user when sent as Bearer. */
  token: string;
  stop(): Promise<void>;
}

/** What has been started, with what ends it, last started first. */
interface Started {
  config: Config;
  /** Where each setting comes from, for the settings page; not said when absent. */
  origins?: Origins | undefined;
  log: Logger;
  ends: (() => Promise<unknown> | unknown)[];
  /** Where it listens; null before it does. */
  url: string | null;
}

/**
 * Starts the server on `config.data` and resumes whatever was unfinished there.
 * @throws AssayError data_folder_held, port_in_use, bind_without_auth, database_… ; nothing is left running then
 */
export async function startServer(options: Omit<Started, 'ends' | 'url'>): Promise<RunningServer> {
  const started: Started = { ...options, ends: [], url: null };
  let stopped: Promise<void> | null = null;
  const stop = () => (stopped ??= end(started));
  try {
    return { ...(await start(started)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function end({ ends, log }: Started): Promise<void> {
  for (const last of ends.reverse()) {
    await Promise.resolve()
      .then(last)
      .catch((error: Error) => log.warn({ problem: error.message }, 'not ended cleanly'));
  }
}

async function start(started: Started): Promise<{ url: string; token: string }> {
  const { config, log, ends } = started;
  const hold = await holdFolder(config.data);
  ends.push(() => hold.release());
  const database = await openServerDatabase({
    url: config.database_url,
    dataFolder: config.data,
    sharedBuffersMb: config.postgres_shared_buffers_mb,
    startTimeoutMs: config.postgres_start_timeout_ms,
    restartMaxMs: config.engine_restart_max_ms,
    connections: config.database_pool,
    aliveSeconds: config.heartbeat_seconds,
    log,
  });
  ends.push(database.stop);
  const { db, url: databaseUrl } = database;
  bindAllowed(
    config.host,
    config.jwt_secret !== undefined || config.jwks_url !== undefined || (await countKeys(db)).active > 0,
  );
  const queue = await openQueue({
    url: databaseUrl,
    db,
    supervise: true,
    heartbeatSeconds: config.heartbeat_seconds,
    log,
  });
  ends.push(() => queue.stop());
  const store = await openStore(join(config.data, 'files'));
  await removeLeftovers(db, store);
  const registry = openModels(config, db);
  const host = openEngines(config, registry, log);
  ends.push(() => host.stop());
  const worker = await startWork(started, { db, databaseUrl, host });
  ends.push(() => worker.stop());
  const gauge = startGpuGauge(started, worker);
  const token = randomBytes(24).toString('base64url');
  const engines = enginesFor(config, host);
  const rooms = { db, queue, store, registry, host, worker, gauge, token, engines };
  const { batches, stop } = openBatches({ ...rooms, config, log });
  ends.push(stop);
  const bench = openWorkbench({ ...rooms, ...started, batches, url: databaseUrl, ownUrl: () => started.url });
  ends.push(bench.stop);
  const app = await buildApp({ ...httpDeps(started, rooms, batches), workbench: bench.workbench });
  ends.push(() => app.close());
  const url = await listen(app, { host: config.host, port: config.port });
  started.url = url;
  await queue.fill();
  bench.resume().catch((error: Error) => log.warn({ problem: error.message }, 'runs are taken up later'));
  ends.push(
    startUpkeep({
      ...rooms,
      takeIn: batches.takeIn,
      ended: (userId, batchId) => deriveOfBatch(db, { userId, batchId }, log),
      repeatWindowSeconds: config.repeat_window_seconds,
      everyMs: config.sweep_ms,
      log,
    }),
  );
  await hold.announce({ url, token });
  log.info({ url, data: config.data }, 'ready');
  return { url, token };
}

/** The workers, as far as the server has to do with them. */
type Workers = RosterView & {
  /** Whether the server's own worker is up, where it has one. */
  ready(): boolean;
  /** Has the own worker look for work now; others look by themselves. */
  wake(): void;
  /** Tells the own worker what the cards of this machine hold; others look at their own. */
  tellGpus(gpus: Gpu[]): void;
};

async function startWork(
  { config, log }: Started,
  by: { db: Database; databaseUrl: string; host: EngineHost },
): Promise<Workers> {
  const watching = { db: by.db, everyMs: config.roster_ms, aliveSeconds: config.heartbeat_seconds, log };
  if (!config.local_worker) {
    return {
      ...watchRoster({ ...watching, own: null }),
      ready: () => true,
      wake: () => undefined,
      tellGpus: () => undefined,
    };
  }
  const wanted = await workerId(config.data);
  const id = await enterRoster(by.db, wanted, { version, aliveSeconds: config.heartbeat_seconds });
  const orders: WorkerOrders = { kind: 'orders', databaseUrl: by.databaseUrl, workerId: id, config };
  const worker = keepWorker({
    module: join(import.meta.dirname, 'worker.ts'),
    orders,
    restartMaxMs: config.engine_restart_max_ms,
    stopMs: config.close_grace_ms,
    log,
    attach: (child) => serveHost(child, by.host),
  });
  const view = watchRoster({ ...watching, own: { worker, workerId: id } });
  return {
    ...view,
    ready: worker.alive,
    wake: worker.wake,
    tellGpus: (gpus) => worker.tell({ kind: 'gpus', gpus }),
    async stop() {
      await worker.stop();
      await view.stop();
    },
  };
}

function startGpuGauge({ config, log, ends }: Started, worker: Workers): GpuGauge {
  const running = () =>
    Object.entries(worker.report()?.batches ?? {})
      .filter(([, batch]) => batch.in_flight > 0)
      .map(([batchId]) => batchId);
  const gauge = openGauge(config, { running, log });
  const telling = setInterval(() => worker.tellGpus(gauge.gpus()), config.gpu_sample_ms);
  ends.push(() => {
    clearInterval(telling);
    return gauge.stop();
  });
  return gauge;
}

interface Rooms {
  db: Database;
  queue: ChunkQueue;
  store: FileStore;
  registry: ModelRegistry;
  host: EngineHost;
  worker: Workers;
  gauge: GpuGauge;
  token: string;
  engines: HttpDeps['engines'];
}

/** The engines as single requests use them. */
const enginesFor = (config: Config, host: EngineHost): HttpDeps['engines'] => ({
  acquire: host.acquire,
  release: host.release,
  complete: completeWithin({
    answerMaxBytes: config.answer_max_bytes,
    keepAliveMs: config.engine_keep_alive_ms,
    connectTimeoutMs: config.engine_connect_timeout_ms,
  }),
});

function httpDeps({ config, log }: Started, rooms: Rooms, batches: BatchRoom): HttpDeps {
  const { db, registry, worker } = rooms;
  const numbers = new Registry();
  // The delay of the event loop is sampled every 100 ms: the library's 10 ms would wake an idle server 100 times a second.
  collectDefaultMetrics({ register: numbers, eventLoopMonitoringPrecision: 100 });
  registerBatchMetrics(numbers, db, () =>
    Object.values(worker.report()?.batches ?? {}).reduce((sum, batch) => sum + batch.in_flight, 0),
  );
  registerRosterMetrics(numbers, worker.workers);
  registerGpuMetrics(numbers, rooms.gauge.gpus);
  return {
    db,
    store: rooms.store,
    log,
    auth: {
      host: config.host,
      localToken: rooms.token,
      jwtSecret: config.jwt_secret,
      jwksUrl: config.jwks_url,
      jwtIssuer: config.jwt_issuer,
      jwtAudience: config.jwt_audience,
    },
    limits: {
      fileMaxBytes: config.file_max_bytes,
      uploadMaxBytes: config.upload_max_bytes,
      uploadPartMaxBytes: config.upload_part_max_bytes,
      uploadExpiresSeconds: config.upload_expires_seconds,
      repeatWindowSeconds: config.repeat_window_seconds,
      datasetMaxBytes: config.dataset_max_bytes,
      liveBufferBytes: config.live_buffer_bytes,
      bodyMaxBytes: config.body_max_bytes,
      requestTimeoutMs: config.request_timeout_ms,
      eventsPollMs: config.events_poll_ms,
      eventsHeartbeatMs: config.events_heartbeat_ms,
      closeGraceMs: config.close_grace_ms,
    },
    webFolder: webFolder(),
    batches,
    models: registry,
    ceilings: openCeilings({ database: db, share: config.gpu_ceiling_share }),
    workers: () => worker.workers().map(workerObject),
    engines: rooms.engines,
    async readiness() {
      const problems: string[] = [];
      await db.asSystem((q) => q.query('select 1')).catch((error: Error) => problems.push(error.message));
      if (!worker.ready()) problems.push('the worker is being started');
      return { ready: problems.length === 0, problems };
    },
    registry: numbers,
  };
}

/** The built web client; a clone whose client was not built serves the API alone. */
function webFolder(): string | null {
  const folder = join(import.meta.dirname, '..', 'web', 'dist');
  return existsSync(join(folder, 'index.html')) ? folder : null;
}
