/**
 * Starts and steers a counting upstream: a FAKE remote engine in a process of its own (so that it outlives every kill of
 * Assay) that speaks OpenAI's HTTP API, counts how often each row was sent, and misbehaves on demand.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/**
 * What the upstream does with a request.
 * - answer: a good answer, after `delayMs`, with `bytes` of incompressible text added
 * - status: an HTTP error, with Retry-After where `retryAfterSeconds` is given
 * - torn: half of the announced body, then the connection breaks
 * - short: half of the body as if it were the whole of it
 * - hang: nothing, ever
 * - garbage: 200 with a page that is not JSON
 * - close: the connection is closed without an answer
 */
export type Behaviour =
  | { kind: 'answer'; delayMs?: number; bytes?: number }
  | { kind: 'status'; status: number; retryAfterSeconds?: number; delayMs?: number }
  | { kind: 'torn' | 'short' | 'hang' | 'garbage' | 'close'; delayMs?: number };

export interface UpstreamCounts {
  /** Requests taken. */
  total: number;
  /** Markers seen. */
  distinct: number;
  /** Requests beyond the first of each marker. */
  extra: number;
  inFlight: number;
  peakInFlight: number;
}

export interface CountingUpstream {
  /** Address without /v1. */
  url: string;
  pid: number;
  /** For one marker, or for all when `marker` is null; for the next `times` requests, or for good. */
  behave(marker: string | null, behaviour: Behaviour, times?: number): Promise<void>;
  /** Cuts all connections and refuses new ones for so long. */
  refuse(seconds: number): Promise<void>;
  counts(): Promise<UpstreamCounts>;
  /** When the marker was sent, each time, in ms since 1970. */
  sends(marker: string): Promise<number[]>;
  /** How often each marker was sent. */
  markers(): Promise<Record<string, number>>;
  reset(): Promise<void>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts one on free ports of 127.0.0.1. */
export async function startCountingUpstream(): Promise<CountingUpstream> {
  const child = fork(fileURLToPath(new URL('./counting-upstream-process.ts', import.meta.url)), [], {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const { port, adminPort } = await firstMessage(child);
  const order = async <T>(body: object): Promise<T> => {
    const answer = await fetch(`http://127.0.0.1:${adminPort}/`, { method: 'POST', body: JSON.stringify(body) });
    return (await answer.json()) as T;
  };
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid!,
    behave: (marker, behaviour, times) => order({ do: 'behave', marker, behaviour, times: times ?? null }),
    refuse: (seconds) => order({ do: 'refuse', seconds }),
    counts: () => order({ do: 'counts' }),
    sends: (marker) => order({ do: 'sends', marker }),
    markers: () => order({ do: 'markers' }),
    reset: () => order({ do: 'reset' }),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function firstMessage(child: ChildProcess): Promise<{ port: number; adminPort: number }> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the counting upstream ended at its start, code ${code}`);
  });
  const [message] = await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => undefined);
  return message;
}

/** Writes a models.yaml that names upstreams as models: {"counting": {url, concurrency}}. Gives the file's path. */
export async function writeModelsFile(
  file: string,
  models: Record<string, { url: string; concurrency: number }>,
): Promise<string> {
  const lines = Object.entries(models).flatMap(([id, { url, concurrency }]) => [
    `  - id: ${id}`,
    '    engine: openai',
    `    base_url: ${url}/v1`,
    `    concurrency: ${concurrency}`,
  ]);
  await writeFile(file, `models:\n${lines.join('\n')}\n`);
  return file;
}
