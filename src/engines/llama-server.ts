/** Runs one llama-server for one model: starts it on a free port, waits until it is healthy, ends it. */

import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import type { Log } from '../contracts/log.ts';
import { spawnWatched } from '../db/child-watch.ts';
import { AssayError } from '../errors.ts';
import { type EngineLog, openEngineLog } from './engine-log.ts';
import { probe } from './health.ts';
import type { LlamaBinary } from './llama-binary.ts';

/** Unit: tokens for `contextPerSlot`, ms for `startTimeoutMs`. */
export interface LlamaOptions {
  binary: LlamaBinary;
  modelId: string;
  modelFile: string;
  slots: number;
  /** Started to answer /v1/embeddings, and nothing else. */
  embeddings?: boolean;
  contextPerSlot: number;
  logFile: string;
  startTimeoutMs: number;
  log: Log;
  signal: AbortSignal;
  /** Told as soon as there is a process, before it is healthy. */
  onSpawn(pid: number): void;
}

export interface LlamaServer {
  pid: number;
  baseUrl: string;
  headers: Record<string, string>;
  slots: number;
  contextTokens: number | null;
  /** Resolves with how it ended, in words. */
  ended: Promise<string>;
  /** Asks it to end, twice (a request in flight makes it miss the first), then kills it. */
  stop(): Promise<void>;
}

const PORT_TRIES = 3;
const POLL_MS = 100;
const TELL_EVERY_MS = 10_000;

/** Starts it and waits until it takes requests. @throws AssayError engine_unavailable; the signal's reason */
export async function startLlamaServer(options: LlamaOptions): Promise<LlamaServer> {
  const began = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    const running = await launch(options);
    try {
      await untilHealthy(running, options);
      const props = await readProps(running);
      const seconds = Math.round(performance.now() - began) / 1000;
      options.log.info({ model: options.modelId, pid: running.pid, seconds, ...props }, 'llama-server is ready');
      return { ...running, ...props };
    } catch (error) {
      await running.stop();
      const clash = error instanceof AssayError && /bind|address already in use/i.test(error.message);
      if (!clash || attempt === PORT_TRIES) throw error;
      options.log.warn({ model: options.modelId }, 'the port was taken meanwhile; trying another');
    }
  }
}

/**
 * Turns that a thread of the engine spins at a barrier before it sleeps (OpenMP of GCC; the variable of the same name
 * goes before it). Left alone it spins for milliseconds, so that two engines on the same cores, or an engine beside a
 * busy program, take each other's time: two models on 2 cores made 3 answers in 68 s, with this 16 in 16 s. Alone an
 * engine is as fast with it (92 tok/s), while without any spinning it loses a third (63 tok/s).
 */
const GOMP_SPINCOUNT = '3000';

type Launched = Omit<LlamaServer, 'contextTokens'> & { dead(): string | null };

async function launch(options: LlamaOptions): Promise<Launched> {
  const port = await freePort();
  const key = randomBytes(24).toString('base64url');
  const engineLog = openEngineLog(options.logFile);
  const child = spawnWatched(options.binary.command, [...options.binary.args, ...argumentsFor(options, port)], {
    // The key goes by the environment: arguments are shown to every user of the machine.
    env: { GOMP_SPINCOUNT, ...process.env, ...options.binary.env, LLAMA_API_KEY: key },
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
    headers: { authorization: `Bearer ${key}` },
    slots: options.slots,
    ended,
    dead: () => how,
    stop: () => stop(child, ended),
  };
}

/** Flags that this build does not know are left out (they came with later versions). */
function argumentsFor({ binary, ...options }: LlamaOptions, port: number): string[] {
  const args = ['--host', '127.0.0.1', '--port', String(port), '-m', options.modelFile];
  args.push('-np', String(options.slots), '-c', String(options.slots * options.contextPerSlot));
  const add = (flag: string, ...values: string[]): void => {
    if (binary.knows(flag)) args.push(flag, ...values);
  };
  add('--alias', options.modelId);
  add('--offline');
  if (binary.knows('--no-ui')) args.push('--no-ui');
  else add('--no-webui');
  add('--metrics');
  // A chat model has no pooling of its own: the mean over its tokens is the usual one.
  if (options.embeddings) args.push('--embeddings', '--pooling', 'mean');
  // Prompts moved out of the slots are kept in memory: at most an eighth of the machine's instead of always 8 GiB.
  add('--cache-ram', String(Math.min(8192, Math.floor(totalmem() / 8 / 1024 / 1024))));
  // Left alone it counts the cores of the machine, not those a container may use.
  if (availableParallelism() < cpus().length) add('--threads', String(availableParallelism()));
  return args;
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

async function untilHealthy(running: Launched, options: LlamaOptions): Promise<void> {
  const started = performance.now();
  let told = started;
  for (;;) {
    options.signal.throwIfAborted();
    const how = running.dead();
    if (how !== null) throw unavailable(options.modelId, `llama-server ${how}`, `Its log is ${options.logFile}.`);
    if ((await probe(`${running.baseUrl}/health`)) === 200 && running.dead() === null) return;
    const waited = performance.now() - started;
    if (waited > options.startTimeoutMs) {
      const remedy = `Raise ASSAY_LLAMA_START_TIMEOUT_MS. Its log is ${options.logFile}.`;
      throw unavailable(options.modelId, `llama-server was not ready after ${Math.round(waited / 1000)} s`, remedy);
    }
    if (performance.now() - told > TELL_EVERY_MS) {
      told = performance.now();
      options.log.info(
        { model: options.modelId, seconds: Math.round(waited / 1000) },
        'llama-server is loading the model',
      );
    }
    await Promise.race([sleep(POLL_MS), running.ended]);
  }
}

export function unavailable(model: string, problem: string, remedy: string): AssayError {
  return new AssayError('engine_unavailable', { model, problem, remedy });
}

/** Slots and the context of each, as the server really has them. */
async function readProps(running: Launched): Promise<{ slots: number; contextTokens: number | null }> {
  const answer = await request(`${running.baseUrl}/props`, { headers: running.headers });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw unavailable('', `GET /props answered ${answer.statusCode}`, text.slice(0, 200));
  const props = JSON.parse(text) as { total_slots?: number; default_generation_settings?: { n_ctx?: number } };
  return {
    slots: props.total_slots ?? running.slots,
    contextTokens: props.default_generation_settings?.n_ctx ?? null,
  };
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
