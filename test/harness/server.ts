/** Starts, kills and starts again a whole Assay (server, worker, database, engines) in a folder of its own. */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { readHolder } from '../../src/db/folder.ts';
import { descendants, killAll, type ProcessEntry } from './processes.ts';

/** What `npm start` gives to node, from the root of the project. */
const startArguments = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { scripts: { start: string } }
).scripts.start
  .split(' ')
  .slice(1);

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A part of Assay that runs as a process of its own. */
export type Role = 'server' | 'worker' | 'database' | 'engine';

export interface AssayOptions {
  /** Settings on top of the harness's own (ASSAY_PORT, ASSAY_DATA, ASSAY_LOG_LEVEL). */
  env?: Record<string, string>;
  /** Folder to use instead of a new one; it is then not removed. */
  dataFolder?: string;
  /** More arguments after `start --no-demo`. */
  args?: string[];
  /** PostgreSQL to use; an own database is created in it and dropped at the end. */
  databaseUrl?: string;
  /** Longest wait for /readyz, ms. */
  readyMs?: number;
}

export interface RunningAssay {
  /** Address; another one after each restart. */
  readonly url: string;
  readonly pid: number;
  /** Bearer of the local user. */
  readonly token: string;
  readonly dataFolder: string;
  /** What the command printed; the log itself is data/logs/assay.log. */
  readonly logFile: string;
  /** Milliseconds the last start took to /readyz. */
  readonly startMs: number;
  /** Whether the server's own process runs. */
  alive(): boolean;
  /** All processes below the server. */
  processes(): ProcessEntry[];
  /** Ids of the processes of one role; empty when none runs now. */
  find(role: Role): number[];
  /** SIGKILL to the server and everything below it, at once. */
  killGroup(): Promise<void>;
  /** SIGKILL to the processes of one role; false when none ran. */
  killOnly(role: Role): Promise<boolean>;
  /** Starts again after a kill (or a stop) with the very same command. */
  restart(): Promise<void>;
  /** Starts again, and kills all of it (SIGKILL) so many ms later, ready or not. */
  interruptedStart(ms: number): Promise<void>;
  /** SIGTERM, and waits for the end; gives the exit code. */
  stop(): Promise<number | null>;
  /** Stops, drops the database, removes the folder. */
  remove(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface Started {
  child: ChildProcess;
  url: string;
  token: string;
  startMs: number;
}

/**
 * Starts an Assay and waits for /readyz. With ASSAY_TEST_DATABASE_URL in the environment (or `databaseUrl`) on that
 * PostgreSQL, else on the embedded one. Throws with the end of the log when the start fails.
 */
export async function startAssay(options: AssayOptions = {}): Promise<RunningAssay> {
  const folder = options.dataFolder === undefined ? await mkdtemp(join(tmpdir(), 'assay-test-')) : null;
  const dataFolder = options.dataFolder ?? join(folder!, 'data');
  const logFile = folder === null ? `${dataFolder}.out` : join(folder, 'assay.out');
  const database = await ownDatabase(options.databaseUrl ?? process.env.ASSAY_TEST_DATABASE_URL);
  const env = {
    ...cleanEnvironment(),
    ASSAY_PORT: '0',
    ASSAY_DATA: dataFolder,
    ...(database === null ? {} : { DATABASE_URL: database.url }),
    ...options.env,
  };
  const launching = { env, logFile, dataFolder, args: options.args ?? [], readyMs: options.readyMs ?? 120_000 };
  const start = () => launch(launching);
  let now: Started;
  try {
    now = await start();
  } catch (error) {
    await database?.drop();
    if (folder !== null) await rm(folder, { recursive: true, force: true });
    throw error;
  }
  const killAtExit = (): void => {
    if (alive()) killAll([now.child.pid!, ...descendants(now.child.pid!).map((p) => p.pid)]);
  };
  process.once('exit', killAtExit);
  const alive = (): boolean => now.child.exitCode === null && now.child.signalCode === null;
  const killProcesses = async (pids: number[]): Promise<void> => {
    const own = pids.includes(now.child.pid!) && alive() ? once(now.child, 'exit') : null;
    killAll(pids);
    await own;
  };
  const stop = async (): Promise<number | null> => {
    if (!alive()) return now.child.exitCode;
    const ended = once(now.child, 'exit');
    now.child.kill('SIGTERM');
    await Promise.race([ended, sleep(30_000, null, { ref: false })]);
    if (alive()) {
      await killProcesses([now.child.pid!, ...descendants(now.child.pid!).map((p) => p.pid)]);
      throw new Error(`the server did not end within 30 s of SIGTERM:\n${tail(logFile)}`);
    }
    return now.child.exitCode;
  };
  const remove = async (): Promise<void> => {
    await stop();
    process.off('exit', killAtExit);
    await database?.drop();
    if (folder !== null) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  return {
    get url() {
      return now.url;
    },
    get pid() {
      return now.child.pid!;
    },
    get token() {
      return now.token;
    },
    get startMs() {
      return now.startMs;
    },
    dataFolder,
    logFile,
    alive,
    processes: () => descendants(now.child.pid!),
    find: (role) => (alive() ? ofRole(now.child.pid!, role) : []),
    async killGroup() {
      if (alive()) await killProcesses([now.child.pid!, ...descendants(now.child.pid!).map((p) => p.pid)]);
    },
    async killOnly(role) {
      const pids = alive() ? ofRole(now.child.pid!, role) : [];
      await killProcesses(pids);
      return pids.length > 0;
    },
    async restart() {
      if (alive()) throw new Error('the server still runs');
      now = await start();
    },
    async interruptedStart(ms) {
      const child = spawnStart(launching);
      const ended = once(child, 'exit');
      await sleep(ms);
      if (child.exitCode !== null) throw new Error(`the start failed:\n${tail(logFile)}`);
      killAll([child.pid!, ...descendants(child.pid!).map((p) => p.pid)]);
      await ended;
    },
    stop,
    remove,
    [Symbol.asyncDispose]: remove,
  };
}

/** The environment of the tests without any setting of Assay but the folder of downloads. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => name === 'ASSAY_CACHE' || !(name.startsWith('ASSAY_') || name === 'DATABASE_URL'),
  );
  return Object.fromEntries(kept);
}

interface Launch {
  env: NodeJS.ProcessEnv;
  logFile: string;
  dataFolder: string;
  args: string[];
  readyMs: number;
}

/** Spawns the start command as the leader of a process group. */
function spawnStart(o: Launch): ChildProcess {
  const log = openSync(o.logFile, 'a');
  const child = spawn(process.execPath, [...startArguments, 'start', '--no-demo', ...o.args], {
    cwd: root,
    env: o.env,
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  return child;
}

/** Spawns the start command and waits until it is ready. */
async function launch(o: Launch): Promise<Started> {
  const before = performance.now();
  const child = spawnStart(o);
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(
        `the start failed (exit code ${child.exitCode}, signal ${child.signalCode}):\n${tail(o.logFile)}`,
      );
    }
    const holder = await readHolder(o.dataFolder).catch(() => null);
    if (holder?.pid === child.pid && holder?.url && (await isReady(holder.url))) {
      return { child, url: holder.url, token: holder.token ?? '', startMs: performance.now() - before };
    }
    if (performance.now() - before > o.readyMs) {
      killAll([child.pid!, ...descendants(child.pid!).map((p) => p.pid)]);
      throw new Error(`not ready after ${o.readyMs} ms:\n${tail(o.logFile)}`);
    }
    await sleep(25);
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5000) })).status === 200;
  } catch {
    return false;
  }
}

/** The last lines of a log file. */
export function tail(file: string, lines = 40): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '(no log)';
  }
}

function ofRole(serverPid: number, role: Role): number[] {
  if (role === 'server') return [serverPid];
  // Before it becomes the program it starts, a watched child is a shell (src/db/child-watch.ts).
  const all = descendants(serverPid).filter((p) => !p.command.includes('assay-watch'));
  const isPostgres = (p: ProcessEntry): boolean => /(^|\/)postgres(\.exe)?[: ]/.test(`${p.command} `);
  const postgres = new Set(all.filter(isPostgres).map((p) => p.pid));
  const wanted = (p: ProcessEntry): boolean => {
    if (role === 'database') return postgres.has(p.pid) && !postgres.has(p.parent);
    if (role === 'worker') return p.command.includes('worker.ts');
    return /llama[-_]server|node-llama/.test(p.command) && !p.command.includes('worker.ts');
  };
  return all.filter(wanted).map((p) => p.pid);
}

/** An own database in the PostgreSQL at `url`. */
async function ownDatabase(url: string | undefined): Promise<{ url: string; drop(): Promise<void> } | null> {
  if (url === undefined) return null;
  const name = `assay_test_${randomBytes(6).toString('hex')}`;
  const run = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  await run(`create database ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return { url: own.href, drop: () => run(`drop database if exists ${name} with (force)`) };
}
