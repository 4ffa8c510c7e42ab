/** Runs one engine as a child process on a free loopback port: starts it, waits until it is healthy, ends it. */

import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../contracts/log.ts';
import { spawnWatched } from '../db/child-watch.ts';
import { AssayError } from '../errors.ts';
import { type EngineLog, openEngineLog } from './engine-log.ts';
import { probe } from './health.ts';

/** What is started; `env` goes over this process's own variables, `defaults` below them. */
export interface ChildProgram {
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  defaults?: NodeJS.ProcessEnv;
}

/** Unit: ms for `startTimeoutMs`. */
export interface ChildOptions {
  /** What it is called in messages: llama-server, vLLM. */
  name: string;
  modelId: string;
  logFile: string;
  startTimeoutMs: number;
  log: Log;
  signal: AbortSignal;
  /** Told as soon as there is a process, before it is healthy. */
  onSpawn(pid: number): void;
}

export interface ChildEngine {
  pid: number;
  baseUrl: string;
  /** Resolves with how it ended, in words. */
  ended: Promise<string>;
  /** Asks it to end, twice (a request in flight makes it miss the first), then kills it. */
  stop(): Promise<void>;
}

type Launched = ChildEngine & { dead(): string | null };

const PORT_TRIES = 3;
const POLL_MS = 100;
const TELL_EVERY_MS = 10_000;

/** Starts it and waits until GET /health answers 200. @throws AssayError engine_unavailable; the signal's reason */
export async function startChildEngine(
  options: ChildOptions,
  program: (port: number) => ChildProgram,
): Promise<ChildEngine> {
  for (let attempt = 1; ; attempt += 1) {
    const running = await launch(options, program);
    try {
      await untilHealthy(running, options);
      return running;
    } catch (error) {
      await running.stop();
      const clash = error instanceof AssayError && /bind|address already in use/i.test(error.message);
      if (!clash || attempt === PORT_TRIES) throw error;
      options.log.warn({ model: options.modelId }, 'the port was taken meanwhile; trying another');
    }
  }
}

async function launch(options: ChildOptions, program: (port: number) => ChildProgram): Promise<Launched> {
  const port = await freePort();
  const { command, args, env, defaults } = program(port);
  const engineLog = openEngineLog(options.logFile);
  const child = spawnWatched(command, args, {
    env: { ...defaults, ...process.env, ...env },
    stdout: engineLog.fd,
    stderr: engineLog.fd,
    signal: 'TERM',
  });
  let how: string | null = null;
  const ended = untilEnd(child, engineLog).then((words) => {
    how = words;
    return words;
  });
  if (child.pid !== undefined) options.onSpawn(child.pid);
  return {
    pid: child.pid ?? 0,
    baseUrl: `http://127.0.0.1:${port}`,
    ended,
    dead: () => how,
    stop: () => stop(child, ended),
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

function untilEnd(child: ChildProcess, engineLog: EngineLog): Promise<string> {
  return new Promise((resolve) => {
    const end = (how: string, withWords: boolean): void => {
      const words = withWords ? engineLog.lastWords() : '';
      engineLog.close();
      resolve(words === '' ? how : `${how}: ${words}`);
    };
    child.once('error', (error) => end(`could not be started (${error.message})`, false));
    child.once('exit', (code, signal) => {
      if (signal === 'SIGILL') end('was killed by SIGILL: its build uses instructions that this CPU lacks', false);
      else if (signal !== null) end(`was killed by ${signal}`, signal === 'SIGABRT' || signal === 'SIGSEGV');
      else end(`ended with exit code ${code}`, true);
    });
  });
}

async function untilHealthy(running: Launched, options: ChildOptions): Promise<void> {
  const started = performance.now();
  let told = started;
  for (;;) {
    options.signal.throwIfAborted();
    const how = running.dead();
    if (how !== null) throw unavailable(options.modelId, `${options.name} ${how}`, `Its log is ${options.logFile}.`);
    if ((await probe(`${running.baseUrl}/health`)) === 200 && running.dead() === null) return;
    const waited = performance.now() - started;
    if (waited > options.startTimeoutMs) {
      const remedy = `Raise ASSAY_LLAMA_START_TIMEOUT_MS. Its log is ${options.logFile}.`;
      throw unavailable(options.modelId, `${options.name} was not ready after ${Math.round(waited / 1000)} s`, remedy);
    }
    if (performance.now() - told > TELL_EVERY_MS) {
      told = performance.now();
      options.log.info(
        { model: options.modelId, seconds: Math.round(waited / 1000) },
        `${options.name} is loading the model`,
      );
    }
    await Promise.race([sleep(POLL_MS), running.ended]);
  }
}

export function unavailable(model: string, problem: string, remedy: string): AssayError {
  return new AssayError('engine_unavailable', { model, problem, remedy });
}

/** Waits between the first request to end, the second, and the kill. */
const SECOND_TERM_MS = 1500;
const KILL_MS = 3000;

async function stop(child: ChildProcess, ended: Promise<string>): Promise<void> {
  const over = ended.then(() => true);
  const within = (ms: number): Promise<boolean> => Promise.race([over, sleep(ms, false, { ref: false })]);
  child.kill('SIGTERM');
  if (await within(SECOND_TERM_MS)) return;
  child.kill('SIGTERM');
  if (await within(KILL_MS)) return;
  child.kill('SIGKILL');
  await over;
}
