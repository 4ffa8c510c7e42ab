/** Starts one llama-server for one model, with the flags its build knows. */

import { randomBytes } from 'node:crypto';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { request } from 'undici';
import { type ChildEngine, type ChildOptions, startChildEngine, unavailable } from './child-engine.ts';
import type { LlamaBinary } from './llama-binary.ts';

/** Unit: tokens for `contextPerSlot`, ms for `startTimeoutMs`. */
export interface LlamaOptions extends Omit<ChildOptions, 'name'> {
  binary: LlamaBinary;
  modelFile: string;
  slots: number;
  /** Started to answer /v1/embeddings, and nothing else. */
  embeddings?: boolean;
  contextPerSlot: number;
}

export interface LlamaServer extends ChildEngine {
  headers: Record<string, string>;
  slots: number;
  contextTokens: number | null;
}

/**
 * Turns that a thread of the engine spins at a barrier before it sleeps (OpenMP of GCC; the variable of the same name
 * goes before it). Left alone it spins for milliseconds, so that two engines on the same cores, or an engine beside a
 * busy program, take each other's time: two models on 2 cores made 3 answers in 68 s, with this 16 in 16 s. Alone an
 * engine is as fast with it (92 tok/s), while without any spinning it loses a third (63 tok/s).
 */
const GOMP_SPINCOUNT = '3000';

/** Starts it and waits until it takes requests. @throws AssayError engine_unavailable; the signal's reason */
export async function startLlamaServer(options: LlamaOptions): Promise<LlamaServer> {
  const began = performance.now();
  const key = randomBytes(24).toString('base64url');
  const running = await startChildEngine({ ...options, name: 'llama-server' }, (port) => ({
    command: options.binary.command,
    args: [...options.binary.args, ...argumentsFor(options, port)],
    // The key goes by the environment: arguments are shown to every user of the machine.
    env: { ...options.binary.env, LLAMA_API_KEY: key },
    defaults: { GOMP_SPINCOUNT },
  }));
  const headers = { authorization: `Bearer ${key}` };
  try {
    const props = await readProps(running.baseUrl, { headers, slots: options.slots });
    const seconds = Math.round(performance.now() - began) / 1000;
    options.log.info({ model: options.modelId, pid: running.pid, seconds, ...props }, 'llama-server is ready');
    return { ...running, headers, ...props };
  } catch (error) {
    await running.stop();
    throw error;
  }
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

/** Slots and the context of each, as the server really has them. */
async function readProps(
  baseUrl: string,
  by: { headers: Record<string, string>; slots: number },
): Promise<{ slots: number; contextTokens: number | null }> {
  const answer = await request(`${baseUrl}/props`, { headers: by.headers });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw unavailable('', `GET /props answered ${answer.statusCode}`, text.slice(0, 200));
  const props = JSON.parse(text) as { total_slots?: number; default_generation_settings?: { n_ctx?: number } };
  return {
    slots: props.total_slots ?? by.slots,
    contextTokens: props.default_generation_settings?.n_ctx ?? null,
  };
}
