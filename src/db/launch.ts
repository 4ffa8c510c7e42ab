/** Starts a PostgreSQL process on a prepared cluster and waits until it answers. */

import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Log } from '../contracts/log.ts';
import { AssayError } from '../errors.ts';
import type { Binaries } from './binaries.ts';
import { spawnWatched } from './child-watch.ts';
import { type Cluster, LOGIN, serverEnvironment } from './cluster.ts';
import { isDiskFull } from './failures.ts';
import { reclaim, stopProcess } from './reclaim.ts';
import { invocationAs } from './run-as.ts';
import { openServerLog } from './server-log.ts';

/** Where it listens: a socket in `socketFolder`, or (null) loopback. */
export interface Address {
  socketFolder: string | null;
  port: number;
}

/** A process that answered. `ended` resolves, never rejects, with how it ended and what its log says. */
export interface Server {
  pid: number;
  ended: Promise<string>;
  hasEnded(): boolean;
}

interface Plan {
  binaries: Binaries;
  cluster: Cluster;
  address: Address;
  sharedBuffersMb: number;
  startTimeoutMs: number;
  log: Log;
  /** Gives the start up. */
  signal?: AbortSignal;
}

/** How often in a row it may end by itself, saying the same, before waiting longer is seen as useless. */
const SAME_FAULT_TRIES = 5;
/** Faults that pass when the processes of a killed server have ended. */
const PASSING = /pre-existing shared memory block|lock file|Address already in use|could not create any|shutting down/;
const POLL_MS = 20;
const RECOVERY_NOTE_EVERY_MS = 10_000;

/**
 * Starts until it answers. An end during the start is tried again: at once when a killed server's remains were in the
 * way or a signal ended it, else a few times.
 * @throws AssayError disk_full, database_unavailable
 */
export async function launch(plan: Plan): Promise<Server> {
  const until = performance.now() + plan.startTimeoutMs;
  const faults: string[] = [];
  for (let tries = 1; ; tries++) {
    await reclaim(plan.cluster, plan.log);
    const server = start(plan);
    const fault = await untilReady(plan, { server, until });
    if (fault === null) return server;
    if (isDiskFull(new Error(fault))) throw new AssayError('disk_full', { problem: fault });
    if (!PASSING.test(fault) && !/signal/.test(fault)) faults.push(fault);
    if (faults.length >= SAME_FAULT_TRIES || performance.now() > until || plan.signal?.aborted) {
      throw new AssayError('database_unavailable', { problem: `the embedded PostgreSQL does not start: ${fault}` });
    }
    plan.log.warn({ fault }, 'The embedded PostgreSQL ended while it started; trying again');
    await sleep(Math.min(1000, 50 * 2 ** Math.min(tries, 10)));
  }
}

function start(plan: Plan): Server & { exited: AbortSignal } {
  const { cluster, binaries } = plan;
  const log = openServerLog(cluster.log);
  const { command, args, uid, gid } = invocationAs(cluster.as, binaries.postgres, [
    '-D',
    cluster.data,
    ...Object.entries(settingsOf(plan)).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
  const child = spawnWatched(command, args, {
    cwd: '/',
    env: serverEnvironment(),
    uid,
    gid,
    stdout: log.fd,
    stderr: log.fd,
    signal: 'INT',
  });
  const gone = new AbortController();
  const ended = new Promise<string>((resolve) => {
    const end = (how: string) => {
      if (gone.signal.aborted) return;
      const said = log.faults();
      log.close();
      gone.abort();
      resolve(said === '' ? how : `${how}: ${said}`);
    };
    child.once('exit', (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
    child.once('error', (error) => end(error.message));
  });
  return { pid: child.pid ?? 0, ended, hasEnded: () => gone.signal.aborted, exited: gone.signal };
}

/**
 * wal_level minimal: nothing replicates from here, and COPY into a new table then skips the log. Checkpoints are rare
 * (15 min or 2 GB) so that bulk writes do not log whole pages again and again; recovery reads 2 GB at most. Compressed
 * page images would need lz4, which these binaries are built without. Every commit is on the disk when it returns.
 */
function settingsOf({ address, cluster, sharedBuffersMb }: Plan): Record<string, string | number> {
  return {
    listen_addresses: address.socketFolder === null ? '127.0.0.1' : '',
    unix_socket_directories: address.socketFolder === null ? '' : cluster.run,
    unix_socket_permissions: '0700',
    port: address.port,
    max_connections: 100,
    shared_buffers: `${sharedBuffersMb}MB`,
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    wal_level: 'minimal',
    max_wal_senders: 0,
    max_wal_size: '2GB',
    checkpoint_timeout: '15min',
    log_checkpoints: 'off',
    autovacuum: 'on',
    jit: 'off',
    logging_collector: 'off',
    log_destination: 'stderr',
    log_line_prefix: '%m [%p] ',
    timezone: 'UTC',
    log_timezone: 'UTC',
  };
}

/** Null when it answers, else how it ended. Stops it when the time is over or the start is given up. */
async function untilReady(
  plan: Plan,
  { server, until }: { server: Server & { exited: AbortSignal }; until: number },
): Promise<string | null> {
  let noteAt = performance.now() + RECOVERY_NOTE_EVERY_MS;
  while (!server.hasEnded()) {
    const state = await probe(plan);
    if (state === 'ready') return null;
    const late = state !== 'recovering' && performance.now() > until;
    if (late || plan.signal?.aborted) {
      await stopProcess(server.pid, server.hasEnded);
      return late ? `no answer in ${plan.startTimeoutMs} ms: ${state}` : 'not wanted any more';
    }
    if (performance.now() > noteAt) {
      noteAt += RECOVERY_NOTE_EVERY_MS;
      plan.log.info({ state }, 'Waiting for the embedded PostgreSQL');
    }
    await sleep(POLL_MS, undefined, { signal: server.exited }).catch(() => {});
  }
  return server.ended;
}

/** 'ready', 'recovering' (it runs and says so: SQLSTATE 57P03), or why there is no answer. */
async function probe({ cluster, address }: Plan): Promise<string> {
  const client = new Client({
    host: address.socketFolder ?? '127.0.0.1',
    port: address.port,
    user: LOGIN,
    password: cluster.password,
    database: 'postgres',
    connectionTimeoutMillis: 5000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
    return 'ready';
  } catch (error) {
    return (error as { code?: string }).code === '57P03' ? 'recovering' : (error as Error).message;
  } finally {
    await client.end().catch(() => {});
  }
}
