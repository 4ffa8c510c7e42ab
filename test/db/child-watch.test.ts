/** A watched program is itself, and ends with its parent however that ends. */

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { spawnWatched } from '../../src/db/child-watch.ts';
import { isAlive, send } from '../../src/db/processes.ts';
import { startParent } from './programs.ts';

const pipes = { stdout: 'pipe', stderr: 'pipe', signal: 'TERM' } as const;
const hasSetpriv = process.platform === 'linux' && succeeds('setpriv', ['--pdeathsig', 'TERM', 'true']);

function succeeds(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The watchers of program `pid`: told apart by the session it leads. */
function watchersOf(pid: number): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,sess=,args='], { encoding: 'utf8' }).split('\n');
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([own, session]) => Number(session) === pid && Number(own) !== pid)
    .map(([own]) => Number(own));
}

const nameOf = (pid: number): string =>
  execFileSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' }).trim();

describe.skipIf(process.platform === 'win32')('spawnWatched', () => {
  it('gives the pid, arguments, output and exit code of the program itself', async () => {
    const script = 'echo $$ "$1"; exit 7';
    const child = spawnWatched('/bin/sh', ['-c', script, 'sh', `a "b" $c 'd'`], pipes);
    let text = '';
    child.stdout!.on('data', (chunk) => {
      text += chunk;
    });
    const [code, signal] = await once(child, 'close');
    expect({ code, signal, text }).toEqual({ code: 7, signal: null, text: `${child.pid} a "b" $c 'd'\n` });
  });

  it('tells the signal that ended the program, and leaves no watcher behind', async () => {
    const child = spawnWatched('/bin/sleep', ['600'], pipes);
    await expect.poll(() => watchersOf(child.pid!).length).toBe(1);
    child.kill('SIGKILL');
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
    await expect.poll(() => watchersOf(child.pid!), { timeout: 10_000 }).toEqual([]);
  });

  it('exits with 127 and says why when the command is not there', async () => {
    const child = spawnWatched('/nowhere/program', [], pipes);
    let text = '';
    child.stderr!.on('data', (chunk) => {
      text += chunk;
    });
    expect((await once(child, 'close'))[0]).toBe(127);
    expect(text).toContain('/nowhere/program');
  });

  it('ends the program when its parent is killed', async () => {
    const parent = await startParent('sleep');
    expect(isAlive(parent.told.pid)).toBe(true);
    await parent.kill();
    await expect.poll(() => isAlive(parent.told.pid), { timeout: 20_000 }).toBe(false);
  });

  it.skipIf(!hasSetpriv)('ends it even when the watcher was killed before (needs setpriv)', async () => {
    const parent = await startParent('sleep');
    await expect.poll(() => watchersOf(parent.told.pid).length).toBe(1);
    // The kernel's own watch has begun when the shell and setpriv have made way for the program.
    await expect.poll(() => nameOf(parent.told.pid), { timeout: 20_000 }).toBe('sleep');
    for (const watcher of watchersOf(parent.told.pid)) send(watcher, 'SIGKILL');
    await parent.kill();
    await expect.poll(() => isAlive(parent.told.pid), { timeout: 20_000 }).toBe(false);
  });
});
