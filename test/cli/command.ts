/** Runs the real command as a process of its own, with no setting of the tests' surroundings. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = join(fileURLToPath(new URL('../../', import.meta.url)), 'src/cli/assay.ts');

/** What a command wrote, and how it ended. */
export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

export interface RunningCommand {
  child: ChildProcess;
  /** What it has written to stdout so far. */
  out(): string;
  ended: Promise<Ended>;
}

/** Where a command runs: `data` is its data folder; the working folder is `cwd`, or the parent of `data`. */
export interface Place {
  data: string;
  cwd?: string;
  env?: Record<string, string>;
}

/** Starts `assay ...args`. */
export function startCommand(place: Place, args: string[]): RunningCommand {
  const kept = Object.entries(process.env).filter(
    ([name]) => name === 'ASSAY_CACHE' || !/^(ASSAY_|DATABASE_URL$|npm_|INIT_CWD$)/.test(name),
  );
  const child = spawn(process.execPath, [program, ...args], {
    cwd: place.cwd ?? join(place.data, '..'),
    env: { ...Object.fromEntries(kept), ASSAY_DATA: place.data, ASSAY_PORT: '0', ...place.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  return { child, out: () => out, ended: once(child, 'close').then(([code]) => ({ code, out, err })) };
}

/** Runs `assay ...args` to its end. */
export const command = (place: Place, args: string[]): Promise<Ended> => startCommand(place, args).ended;
