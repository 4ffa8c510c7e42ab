/** Runs the embedded PostgreSQL: starts it, starts it again when it dies, stops it. */

import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../contracts/log.ts';
import { AssayError } from '../errors.ts';
import { findBinaries } from './binaries.ts';
import { type Cluster, LOGIN, prepareCluster } from './cluster.ts';
import { type Address, launch, type Server } from './launch.ts';
import { stopProcess } from './reclaim.ts';

/**
 * `folder` holds the cluster (made when missing). `sharedBuffersMb`: MiB. `startTimeoutMs`: longest wait until it
 * answers; recovery after a crash may take longer and is waited for as long as it goes on. `restartMaxMs`: longest pause
 * between restarts.
 */
export interface EmbeddedOptions {
  folder: string;
  sharedBuffersMb: number;
  startTimeoutMs: number;
  restartMaxMs: number;
  log: Log;
}

/** A running embedded server. `url` stays the same over its restarts; `pid` is null while it is down. */
export interface Embedded {
  url: string;
  stop(): Promise<void>;
  pid(): number | null;
}

/** A server that lived this long was well: the next restart begins with the shortest pause again. */
const WELL_AFTER_MS = 10_000;
const FIRST_PAUSE_MS = 100;
/** sockaddr_un.sun_path: 108 bytes on Linux and 104 elsewhere, of which the last is a NUL. */
const SOCKET_PATH_BYTES = process.platform === 'linux' ? 107 : 103;
/** With a socket the port only names its file. */
const SOCKET_PORT = 5432;

/**
 * Starts PostgreSQL on `folder`, on a unix socket, or on a random loopback port with a password where the socket's path
 * would be too long. It keeps running, whatever kills it, until stop() or until this process ends, however that ends.
 *
 * @throws AssayError database_binary_missing, data_folder_unwritable, database_folder_version, disk_full,
 * database_unavailable (with what PostgreSQL's log says)
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const binaries = await findBinaries();
  const cluster = await prepareCluster(options.folder, binaries);
  const address = await chooseAddress(cluster);
  const plan = { binaries, cluster, address, ...options };
  const life: Life = { server: null, stopping: new AbortController(), plan };
  life.server = await launch(plan);
  watch(life);
  return {
    url: urlOf(cluster, address),
    pid: () => life.server?.pid ?? null,
    stop: () => stop(life),
  };
}

interface Life {
  server: Server | null;
  stopping: AbortController;
  plan: Parameters<typeof launch>[0] & { restartMaxMs: number };
  /** The restart in progress. */
  revival?: Promise<void>;
}

async function chooseAddress(cluster: Cluster): Promise<Address> {
  const socket = join(cluster.run, `.s.PGSQL.${SOCKET_PORT}`);
  const fits = process.platform !== 'win32' && Buffer.byteLength(socket) <= SOCKET_PATH_BYTES;
  return fits ? { socketFolder: cluster.run, port: SOCKET_PORT } : { socketFolder: null, port: await freePort() };
}

function urlOf(cluster: Cluster, address: Address): string {
  const login = `postgres://${LOGIN}:${cluster.password}@`;
  if (address.socketFolder === null) return `${login}127.0.0.1:${address.port}/postgres`;
  return `${login}localhost/postgres?host=${encodeURIComponent(address.socketFolder)}&port=${address.port}`;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

function watch(life: Life): void {
  const started = performance.now();
  const { server } = life;
  server!.ended.then((how) => {
    life.server = null;
    if (life.stopping.signal.aborted) return;
    life.plan.log.error({ how }, 'The embedded PostgreSQL ended; starting it again');
    life.revival = revive(life, performance.now() - started > WELL_AFTER_MS ? 0 : 1);
  });
}

/** Tries until it runs again or is not wanted any more: what stops it (a full disk, say) may pass. */
async function revive(life: Life, failures: number): Promise<void> {
  const { signal } = life.stopping;
  for (let failed = failures; !signal.aborted; failed++) {
    const pause = failed === 0 ? 0 : Math.min(life.plan.restartMaxMs, FIRST_PAUSE_MS * 2 ** Math.min(failed - 1, 20));
    try {
      await sleep(pause, undefined, { signal });
      life.server = await launch({ ...life.plan, signal });
      life.plan.log.info({ pid: life.server.pid }, 'The embedded PostgreSQL runs again');
      watch(life);
      return;
    } catch (error) {
      if (signal.aborted) return;
      const problem = error instanceof AssayError ? error.message : String(error);
      life.plan.log.error({ problem }, 'The embedded PostgreSQL did not start; trying again');
    }
  }
}

async function stop(life: Life): Promise<void> {
  life.stopping.abort();
  await life.revival;
  const { server } = life;
  if (server === null) return;
  await stopProcess(server.pid, server.hasEnded);
  await server.ended;
}
