/** The composition root of a worker without a server: it joins the database at DATABASE_URL with engines of its own. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import type { EngineEndpoint } from './contracts/engine.ts';
import { openDatabase } from './db/database.ts';
import { holdFolder } from './db/folder.ts';
import { ledgerWatch, missingMigrations } from './db/migrate.ts';
import { openEngines, openGauge, openModels } from './engine-room.ts';
import { health } from './engines/health.ts';
import type { EngineHost } from './engines/host.ts';
import { AssayError } from './errors.ts';
import { enterRoster } from './scheduler/roster.ts';
import { keepWorkerId, workerId } from './scheduler/worker-id.ts';
import { version } from './version.ts';
import { type OpenWorker, openWorker } from './worker-room.ts';

export interface FleetWorker {
  workerId: string;
  /** Address of GET /healthz, or null. */
  healthUrl: string | null;
  /** Resolves when a newer version has changed the tables in a way that this worker cannot live with: it is to be drained. */
  outdated: Promise<AssayError>;
  /** Ends the rows in flight, for `drain_seconds` at most, gives the other chunks back and stops. */
  drain(): Promise<void>;
}

export interface FleetOptions {
  config: Config;
  log: Logger;
  /** Told what the start waits for. */
  waiting(reason: string): void;
  /** Aborted when the start is not wanted any more. */
  signal: AbortSignal;
}

/** Longest time for the end, after the rows in flight: a database that hangs must not keep the worker. */
const endMs = 5000;

/**
 * Starts a worker in this process, after waiting up to `ready_timeout_ms` for the database and its tables.
 * @throws AssayError worker_without_database, database_behind, database_unavailable, data_folder_held, port_in_use, …
 */
export async function startFleetWorker(options: FleetOptions): Promise<FleetWorker> {
  const { config, log } = options;
  const url = config.database_url;
  if (url === undefined) throw new AssayError('worker_without_database', {});
  const ends: (() => Promise<unknown> | unknown)[] = [];
  const end = async () => {
    for (const last of ends.reverse())
      await Promise.resolve()
        .then(last)
        .catch((error: Error) => log.warn({ problem: error.message }, 'not ended cleanly'));
  };
  try {
    const hold = await holdFolder(config.data);
    ends.push(() => hold.release());
    const look = await ledgerWatch(url);
    await databaseReady(url, options);
    const db = openDatabase({
      url,
      max: 2,
      applicationName: 'assay worker',
      onError: (error) => log.warn({ problem: error.message }, 'a database connection was lost'),
    });
    ends.push(() => db.close());
    const wanted = await workerId(config.data);
    const name = await enterRoster(db, wanted, { version, aliveSeconds: config.heartbeat_seconds });
    if (name !== wanted) await keepWorkerId(config.data, name);
    const host = openEngines(config, openModels(config, db), log);
    ends.push(() => host.stop());
    const gauge = openGauge(config, { running: () => [], log });
    ends.push(() => gauge.stop());
    const open = await openWorker({
      config,
      databaseUrl: url,
      workerId: name,
      acquire: (userId, modelId) => acquireReached(host, userId, modelId),
      release: host.release,
      died: host.died,
      gpus: gauge.gpus,
      inFleet: true,
      log,
    });
    ends.push(() => within(open.stop(), endMs));
    const healthUrl =
      config.worker_health_port === undefined ? null : await answerHealth(options, { name, open, ends });
    log.info({ worker: name, version, data: config.data }, 'ready');
    const { outdated, stop } = watchLedger(look, options);
    return {
      workerId: name,
      healthUrl,
      outdated,
      async drain() {
        stop();
        await open.worker.drain(config.drain_seconds * 1000);
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

const within = (work: Promise<unknown>, ms: number) => Promise.race([work, sleep(ms, undefined, { ref: false })]);

/** Looks as often as a silent worker is looked for; a database that does not answer is asked again. */
function watchLedger(
  look: () => Promise<void>,
  { config, log }: FleetOptions,
): { outdated: Promise<AssayError>; stop(): void } {
  const { promise, resolve } = Promise.withResolvers<AssayError>();
  const turn = () =>
    look().catch((error: Error) => {
      if (error instanceof AssayError && error.code === 'database_too_new') {
        clearInterval(timer);
        resolve(error);
      } else log.debug({ problem: error.message }, 'the migrations of the database cannot be read');
    });
  const timer = setInterval(turn, config.heartbeat_seconds * 500);
  return { outdated: promise, stop: () => clearInterval(timer) };
}

/** A remote engine that this machine cannot reach counts as not there: its chunks are left to workers that can. */
async function acquireReached(host: EngineHost, userId: string, modelId: string): Promise<EngineEndpoint> {
  const endpoint = await host.acquire(userId, modelId);
  if (endpoint.generation > 0 || (await health(endpoint))) return endpoint;
  host.release(userId, modelId);
  const problem = 'its engine does not answer on this machine; the model is left to other workers';
  throw new AssayError('engine_unavailable', { model: modelId, problem, remedy: 'It is asked again all the time.' });
}

/** Waits for the database and for the server that brings it to this version's tables. */
async function databaseReady(url: string, { config, log, waiting, signal }: FleetOptions): Promise<void> {
  let told = '';
  for (const late = Date.now() + config.ready_timeout_ms; ; ) {
    const problem = await whyNot(url);
    if (problem === null) return;
    if (Date.now() > late) throw problem;
    if (problem.message !== told) {
      told = problem.message;
      log.warn({ problem: told }, 'waiting for the database');
      waiting(told);
    }
    await sleep(config.poll_ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** What may pass; anything else is thrown. */
async function whyNot(url: string): Promise<AssayError | null> {
  try {
    const missing = await missingMigrations(url);
    return missing.length === 0 ? null : new AssayError('database_behind', { migrations: missing.join(', ') });
  } catch (error) {
    if (error instanceof AssayError && error.code === 'database_unavailable') return error;
    throw error;
  }
}

/** GET /healthz for supervisors of containers: 200 while this process turns its loop. Gives its address. */
async function answerHealth(
  { config }: FleetOptions,
  by: { name: string; open: OpenWorker; ends: (() => unknown)[] },
): Promise<string> {
  const server = createServer((request, response) => {
    const known = request.url === '/healthz';
    const { storage } = by.open.worker.report();
    response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(known ? { ok: true, worker_id: by.name, storage } : { ok: false }));
  });
  by.ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const at = { host: config.host, port: config.worker_health_port };
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new AssayError('port_in_use', at, { cause: error }) : error),
    );
    server.listen(at, resolve);
  });
  const { address, port } = server.address() as AddressInfo;
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}/healthz`;
}
