/** Tells whether a process number still belongs to the process it was noted for: numbers are used again. */

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * When process `pid` started, in a form that only compares with itself (clock ticks since boot on Linux, a date
 * elsewhere); null when there is no such process or it has ended and only waits for its parent. Where the system
 * cannot tell (Windows) every living process answers 'unknown'.
 */
export function startOf(pid: number): string | null {
  const reach = signalable(pid);
  if (reach === 'gone') return null;
  if (process.platform === 'linux') {
    try {
      // proc_pid_stat(5): the name in parentheses may hold spaces; state is field 3, starttime field 22.
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' || fields[0] === 'X' ? null : fields[19]!;
    } catch {
      // A /proc mounted with hidepid does not show the processes of others.
      return reach === 'foreign' ? 'unknown' : null;
    }
  }
  if (process.platform === 'win32') return 'unknown';
  const [state, ...date] = ps('stat=,lstart=', pid).trim().split(/\s+/);
  return state === undefined || state === '' || state.startsWith('Z') ? null : date.join(' ');
}

/** True while `pid` is a process that has not ended. */
export function isAlive(pid: number): boolean {
  return startOf(pid) !== null;
}

/** Working folder (Linux only) and command line of `pid`; empty where they cannot be read. */
export function describeProcess(pid: number): { cwd: string; command: string } {
  if (process.platform === 'win32') return { cwd: '', command: '' };
  if (process.platform !== 'linux') return { cwd: '', command: ps('command=', pid).trim() };
  return {
    cwd: attempt(() => readlinkSync(`/proc/${pid}/cwd`)),
    command: attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()),
  };
}

/** Every process whose working folder is `folder` (a real path); none outside Linux, where that is not told. */
export function processesIn(folder: string): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => attempt(() => readlinkSync(`/proc/${pid}/cwd`)) === folder);
}

/** Sends `signal`; a process that is gone already, or belongs to someone else, is no error. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // The caller sees from isAlive what came of it.
  }
}

function signalable(pid: number): 'own' | 'foreign' | 'gone' {
  if (!Number.isInteger(pid) || pid <= 0) return 'gone';
  try {
    process.kill(pid, 0);
    return 'own';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'foreign' : 'gone';
  }
}

function ps(columns: string, pid: number): string {
  return attempt(() =>
    execFileSync('ps', ['-o', columns, '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
}

function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
