/** Starts, stops and kills `assay worker` processes that join the database of a server, each with a folder of its own. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isAlive, killAll } from './processes.ts';
import { type RunningAssay, tail } from './server.ts';

const program = fileURLToPath(new URL('../../src/cli/assay.ts', import.meta.url));

export interface FleetMember {
  /** Its name in the roster. */
  readonly workerId: string;
  readonly pid: number;
  readonly dataFolder: string;
  readonly logFile: string;
  /** Address of its /healthz; null where it was started without. */
  readonly healthUrl: string | null;
  alive(): boolean;
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM' | 'SIGINT'): void;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
  /** Starts again after its end, on the same folder. */
  restart(): Promise<void>;
  /** Waits for the end and gives the exit code. */
  ended(): Promise<number | null>;
}

/** The address of the database that a server uses, as it leaves it in its data folder. */
export async function databaseOf(server: RunningAssay): Promise<string> {
  const { url } = JSON.parse(await readFile(join(server.dataFolder, 'database.json'), 'utf8')) as { url: string };
  return url;
}

/** A worker that is being started; `env` are its settings, DATABASE_URL among them. */
export async function startMember(env: Record<string, string>): Promise<FleetMember> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'assay-worker-'));
  const logFile = join(dataFolder, 'worker.out');
  const state: { child: ChildProcess; starts: number; workerId: string; healthUrl: string | null } = {
    child: spawnWorker(dataFolder, logFile, env),
    starts: 1,
    workerId: '',
    healthUrl: null,
  };
  const alive = () => state.child.exitCode === null && state.child.signalCode === null;
  const ready = async () => {
    for (const late = Date.now() + 60_000; ; await sleep(25)) {
      const text = tail(logFile, 10_000);
      const starts = [...text.matchAll(/Assay worker (\S+) takes part/g)];
      if (starts.length === state.starts) {
        state.workerId = starts.at(-1)![1]!;
        state.healthUrl = /health {2}(\S+)/.exec(text)?.[1] ?? null;
        return;
      }
      if (!alive()) throw new Error(`the worker ended at its start (${state.child.exitCode}):\n${text}`);
      if (Date.now() > late) throw new Error(`the worker is not ready:\n${text}`);
    }
  };
  await ready();
  const ended = async () => {
    if (alive()) await once(state.child, 'exit');
    return state.child.exitCode;
  };
  return {
    get workerId() {
      return state.workerId;
    },
    get pid() {
      return state.child.pid!;
    },
    dataFolder,
    logFile,
    get healthUrl() {
      return state.healthUrl;
    },
    alive,
    signal: (name) => void state.child.kill(name),
    async kill() {
      if (alive()) state.child.kill('SIGKILL');
      await ended();
    },
    async restart() {
      state.child = spawnWorker(dataFolder, logFile, env);
      state.starts += 1;
      await ready();
    },
    ended,
  };
}

/** Several workers; all are killed and their folders removed at the end. */
export async function startFleet(
  count: number,
  env: (index: number) => Record<string, string>,
): Promise<{ members: FleetMember[]; [Symbol.asyncDispose](): Promise<void> }> {
  const members = await Promise.all(Array.from({ length: count }, (_, index) => startMember(env(index))));
  const killAtExit = () => killAll(members.map((member) => member.pid).filter(isAlive));
  process.once('exit', killAtExit);
  return {
    members,
    async [Symbol.asyncDispose]() {
      for (const member of members) await member.kill();
      process.off('exit', killAtExit);
      for (const member of members) await rm(member.dataFolder, { recursive: true, force: true });
    },
  };
}

function spawnWorker(dataFolder: string, logFile: string, env: Record<string, string>): ChildProcess {
  const kept = Object.entries(process.env).filter(([name]) => !/^(ASSAY_|DATABASE_URL$)/.test(name));
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [program, 'worker'], {
    cwd: dataFolder,
    env: { ...Object.fromEntries(kept), ASSAY_DATA: join(dataFolder, 'data'), ...env },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  return child;
}
