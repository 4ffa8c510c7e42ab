/** Keeps one nvidia-smi running that tells of all cards again and again, and starts it anew when it ends or falls silent. */

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnWatched } from '../../db/child-watch.ts';
import { nvidiaArguments, parseNvidiaLine } from './nvidia.ts';
import type { Reading } from './reading.ts';

/** Units: ms. `heard` is told of each sample of each card, `failed` why there are none, each time it ends. */
export interface WatchOptions {
  path: string;
  sampleMs: number;
  /** Without a line for this long it is ended. */
  silentMs: number;
  restartMaxMs: number;
  heard(cards: Reading[]): void;
  failed(problem: string): void;
}

const FIRST_WAIT_MS = 1000;
/** Between the request to end and the kill. */
const KILL_MS = 2000;
/** Words that are kept of what it says is wrong. */
const SAID_LINES = 2;

/** Watches until `signal`; resolves when the program has ended, too. */
export async function watchNvidia(o: WatchOptions, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const { samples, how } = await runOnce(o, signal);
    if (signal.aborted) return;
    failures = samples > 0 ? 0 : failures + 1;
    o.failed(how);
    await pause(Math.min(o.restartMaxMs, FIRST_WAIT_MS * 2 ** Math.max(0, failures - 1)), signal);
  }
}

/** Waits; at once when `signal` ends it. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
}

async function runOnce(o: WatchOptions, signal: AbortSignal): Promise<{ samples: number; how: string }> {
  const child = spawnWatched(o.path, [...nvidiaArguments, '-lms', String(o.sampleMs)], {
    env: { ...process.env, LC_ALL: 'C' },
    stdout: 'pipe',
    stderr: 'pipe',
    signal: 'TERM',
  });
  let samples = 0;
  let silent = false;
  const said: string[] = [];
  const stop = () => end(child);
  const silence = setTimeout(() => {
    silent = true;
    stop();
  }, o.silentMs);
  silence.unref();
  const line = (text: string) => {
    silence.refresh();
    const card = parseNvidiaLine(text);
    if (card !== null) {
      samples += 1;
      o.heard([card]);
    } else if (text.trim() !== '' && said.length < SAID_LINES) said.push(text.trim());
  };
  for (const stream of [child.stdout, child.stderr]) if (stream) createInterface({ input: stream }).on('line', line);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const how = await untilEnd(child);
  clearTimeout(silence);
  signal.removeEventListener('abort', stop);
  if (silent) return { samples, how: `it told nothing for ${o.silentMs / 1000} s` };
  return { samples, how: said.length > 0 ? said.join(' ') : how };
}

/** How it ended, in words, when its last lines were read. */
async function untilEnd(child: ChildProcess): Promise<string> {
  const closed = once(child, 'close').catch(() => undefined);
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', async (code, killed) => {
      // A program that it left behind may hold its pipes.
      await Promise.race([closed, sleep(250, undefined, { ref: false })]);
      resolve(killed === null ? `it ended with exit code ${code}` : `it was killed by ${killed}`);
    });
  });
}

/** A driver that hangs may keep it beyond SIGTERM. */
function end(child: ChildProcess): void {
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), KILL_MS);
  kill.unref();
  child.once('exit', () => clearTimeout(kill));
}
