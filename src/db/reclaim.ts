/** Clears what a killed PostgreSQL left behind in its folder, so that a new one can start there. */

import { realpathSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../contracts/log.ts';
import type { Cluster } from './cluster.ts';
import { describeProcess, isAlive, processesIn, send } from './processes.ts';

/**
 * How long each way of stopping gets before the next: fast shutdown (INT) writes a checkpoint; immediate shutdown
 * (QUIT) leaves that to the recovery at the next start; KILL leaves everything to it.
 */
const STEPS = [
  ['SIGINT', 10_000],
  ['SIGQUIT', 5_000],
  ['SIGKILL', 5_000],
] as const;

/**
 * Stops a server that still runs on this cluster, ends processes of a killed one, and removes lock files that name a
 * process which is something else by now (in a container process numbers come back at once).
 */
export async function reclaim(cluster: Pick<Cluster, 'data' | 'run'>, log: Log): Promise<void> {
  const pidFile = join(cluster.data, 'postmaster.pid');
  const pid = Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10);
  if (isAlive(pid)) {
    if (isServerOf(pid, cluster.data)) {
      log.warn({ pid }, 'A PostgreSQL of an earlier start still runs on this folder; stopping it');
      await stopProcess(pid);
    } else {
      await rm(pidFile, { force: true });
    }
  }
  // Children of a killed server end by themselves, but one deep in a computation notices late.
  for (const child of processesIn(realpathSync(cluster.data))) if (isPostgres(child)) send(child, 'SIGKILL');
  for (const name of await readdir(cluster.run).catch(() => [])) await rm(join(cluster.run, name), { force: true });
}

/** INT, then QUIT, then KILL; returns when the process is gone, or when even KILL had no effect for some seconds. */
export async function stopProcess(pid: number, hasEnded: () => boolean = () => !isAlive(pid)): Promise<void> {
  for (const [signal, patience] of STEPS) {
    send(pid, signal);
    const until = performance.now() + patience;
    while (performance.now() < until) {
      if (hasEnded()) return;
      await sleep(10);
    }
  }
}

/** A server's working folder is its data folder; where that cannot be read, its command line names the folder. */
function isServerOf(pid: number, data: string): boolean {
  const { cwd, command } = describeProcess(pid);
  if (cwd !== '') return cwd === realpathSync(data) && isPostgres(pid);
  return /postgres/.test(command) && command.includes(data);
}

function isPostgres(pid: number): boolean {
  return basename(describeProcess(pid).command.split(/[ :]/)[0] ?? '').startsWith('postgres');
}
