/** Runs the demo's trainer as a child: hands it the job, reads what it tells, ends it when the command is stopped. */

import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { delimiter } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { AssayError } from '../errors.ts';
import { clean } from './text.ts';

/** Of one optimizer step: `left` in seconds. */
export interface TrainerStep {
  event: 'step';
  step: number;
  steps: number;
  left: number;
  loss: number;
  learning_rate: number;
  epoch: number;
}

/** What came out: paths, and bytes of the GGUF file; `seconds` of training with its predictions. */
export interface TrainerDone {
  event: 'done';
  seconds: number;
  gguf: string;
  bytes: number;
  adapter: string;
  merged: string;
}

/** A line of the trainer's standard output. */
export type TrainerEvent =
  | { event: 'phase'; what: string }
  | TrainerStep
  | { event: 'undelivered'; problem: string }
  | TrainerDone
  | { event: 'error'; problem: string }
  | { event: 'interrupted' };

export interface TrainerOptions {
  python: string;
  /** Of `python -m assay_train.demo`. */
  args: string[];
  env: Record<string, string>;
  /** File that takes what the trainer's libraries write. */
  log: string;
  signal: AbortSignal;
  onEvent(event: TrainerEvent): void;
}

/** The package as it lies beside this program. */
const packageFolder = fileURLToPath(new URL('../../python', import.meta.url));
/** How long a trainer that was interrupted may take to tell the server so, in ms. */
const GRACE_MS = 15_000;

/** The environment of Python with the package in reach; no model hub is asked, since the model is a file. */
export function pythonEnvironment(): NodeJS.ProcessEnv {
  const path = [packageFolder, process.env.PYTHONPATH].filter(Boolean).join(delimiter);
  return {
    // Threads of torch that wait for each other by spinning stand still on a machine whose cores have other work.
    OMP_WAIT_POLICY: 'PASSIVE',
    TOKENIZERS_PARALLELISM: 'false',
    TQDM_DISABLE: '1',
    ...process.env,
    PYTHONPATH: path,
    PYTHONUTF8: '1',
    HF_HUB_OFFLINE: '1',
  };
}

/** Trains to the end. @throws AssayError conflict when the trainer fails; the signal's reason, once the trainer has ended */
export async function runTrainer(options: TrainerOptions): Promise<TrainerDone> {
  const { python, args, env, log, signal, onEvent } = options;
  signal.throwIfAborted();
  const file = await open(log, 'w');
  // The trainer ends when its standard input does, so that it never outlives this process, however that ends.
  const child = spawn(python, ['-m', 'assay_train.demo', '--stop-with-stdin', ...args], {
    env: { ...pythonEnvironment(), ...env },
    stdio: ['pipe', 'pipe', file.fd],
  });
  const stop = () => void endChild(child);
  signal.addEventListener('abort', stop, { once: true });
  const told: TrainerEvent[] = [];
  child.stdin!.on('error', () => undefined);
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const event = readEvent(line);
    if (event === null) return;
    told.push(event);
    onEvent(event);
  });
  try {
    const ended = await new Promise<string | null>((resolve) => {
      child.on('error', (error) => resolve(error.message));
      child.on('close', (code, by) => resolve(code === 0 ? null : `it ended with ${by ?? `code ${code}`}`));
    });
    signal.throwIfAborted();
    const done = told.find((event) => event.event === 'done');
    if (ended === null && done !== undefined) return done;
    const problem = told.find((event) => event.event === 'error')?.problem ?? (await lastLine(log)) ?? ended;
    const what = `The training failed: ${clean(problem ?? 'it told no result').slice(0, 500)}`;
    throw new AssayError('conflict', { what, remedy: `All that was said is in ${log}.` });
  } finally {
    signal.removeEventListener('abort', stop);
    await file.close();
  }
}

async function endChild(child: ChildProcess): Promise<void> {
  child.kill('SIGINT');
  const kill = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  child.once('close', () => clearTimeout(kill));
}

function readEvent(line: string): TrainerEvent | null {
  try {
    const event = JSON.parse(line) as TrainerEvent;
    return typeof event.event === 'string' ? event : null;
  } catch {
    return null;
  }
}

/** Of Python's traceback the last line says what happened. */
async function lastLine(file: string): Promise<string | null> {
  const lines = (await readFile(file, 'utf8').catch(() => ''))
    .split('\n')
    .filter((line) => /^\S*(Error|Killed)/.test(line));
  return lines.at(-1) ?? null;
}
