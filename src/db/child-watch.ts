/** Starts a program that ends with this process, even when this process is killed with SIGKILL. */

import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/** Where a stream of the program goes: a file descriptor, nowhere, or a pipe on the returned handle. */
export type Output = number | 'ignore' | 'pipe';

export interface WatchOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  uid?: number;
  gid?: number;
  stdout: Output;
  stderr: Output;
  /** What the program is asked to end with; SIGQUIT follows after 30 s and SIGKILL after 40 s. */
  signal: 'INT' | 'TERM';
}

/**
 * The shell becomes the program (exec), so that its pid and its end are the program's own. Before that it leaves a
 * grandchild behind that reads file descriptor 3, a pipe from this process: a line means that the program has ended
 * and its pid may belong to someone else; an end without a line means that this process is gone. A grandchild, because
 * PostgreSQL minds the end of children that it did not start. Where setpriv is there (Linux) the kernel too sends the
 * signal when this process ends, which covers the killing of the grandchild.
 */
const SCRIPT = `signal=$1; shift
( (
  trap '' HUP INT TERM QUIT
  read -r line <&3 && exit 0
  kill -s "$signal" $$ 2>/dev/null
  waited=0
  while kill -0 $$ 2>/dev/null && [ $waited -lt 45 ]; do
    sleep 1
    waited=$((waited + 1))
    [ $waited -eq 30 ] && kill -s QUIT $$ 2>/dev/null
    [ $waited -eq 40 ] && kill -s KILL $$ 2>/dev/null
  done
) </dev/null >/dev/null 2>&1 & )
if setpriv --pdeathsig "$signal" true 3<&- >/dev/null 2>&1; then exec setpriv --pdeathsig "$signal" -- "$@" 3<&-; fi
exec "$@" 3<&-`;

/**
 * Starts `command` in a session of its own (a Ctrl-C in the terminal reaches this process only, which then ends the
 * program in its own order). The handle's pid, signals, exit code and 'exit' event are the program's. A command that
 * cannot be executed exits with 126 or 127 and says why on stderr. On Windows there is no watch: the program is started
 * plainly.
 *
 *     const child = spawnWatched('/usr/bin/llama-server', ['--port', '0'], { stdout: fd, stderr: fd, signal: 'TERM' });
 *     child.once('exit', (code, signal) => …);
 */
export function spawnWatched(command: string, args: string[], options: WatchOptions): ChildProcess {
  const { signal, stdout, stderr, ...place } = options;
  if (process.platform === 'win32') {
    return spawn(command, args, { ...place, stdio: ['ignore', stdout, stderr], windowsHide: true });
  }
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'assay-watch', signal, command, ...args], {
    ...place,
    detached: true,
    stdio: ['ignore', stdout, stderr, 'pipe'],
  });
  const line = child.stdio[3] as Socket | null | undefined;
  // The watcher may be gone before the line is written.
  line?.on('error', () => {});
  line?.unref();
  child.once('exit', () => line?.end('ended\n'));
  return child;
}
