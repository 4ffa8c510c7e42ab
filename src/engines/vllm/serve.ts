/** Starts vLLM by the command line a model states, with a port of our choosing and a key of its own. */

import { randomBytes } from 'node:crypto';
import { request } from 'undici';
import type { ModelSpec } from '../../contracts/models.ts';
import { type ChildEngine, type ChildOptions, startChildEngine, unavailable } from '../child-engine.ts';
import { isObject } from '../json.ts';
import { headersOf } from '../remote.ts';
import { splitCommand } from './command-line.ts';

export interface VllmServer extends ChildEngine {
  headers: Record<string, string>;
  /** Name it knows the model by. */
  upstreamModel: string;
  contextTokens: number | null;
}

const PATIENCE_MS = 10_000;

/**
 * Starts it and waits until it takes requests. Its key goes by VLLM_API_KEY, unless the model names a variable that
 * holds one. @throws AssayError engine_unavailable; the signal's reason
 */
export async function startVllm(spec: ModelSpec, options: Omit<ChildOptions, 'name'>): Promise<VllmServer> {
  const began = performance.now();
  const words = commandWords(spec);
  const given = spec.api_key_env === undefined ? null : headersOf(spec);
  const key = given?.authorization?.replace('Bearer ', '') ?? randomBytes(24).toString('base64url');
  const headers = { authorization: `Bearer ${key}` };
  const running = await startChildEngine({ ...options, name: 'vLLM' }, (port) => {
    const [command, ...args] = words.map((word) => word.replaceAll('{port}', String(port)));
    return { command: command!, args, env: { VLLM_API_KEY: key } };
  });
  try {
    const model = await servedModel(running.baseUrl, { headers, wanted: spec.model });
    const seconds = Math.round(performance.now() - began) / 1000;
    options.log.info({ model: spec.id, pid: running.pid, seconds, ...model }, 'vLLM is ready');
    return { ...running, headers, ...model };
  } catch (error) {
    await running.stop();
    throw unavailable(spec.id, (error as Error).message, `Its log is ${options.logFile}.`);
  }
}

function commandWords(spec: ModelSpec): string[] {
  try {
    const words = splitCommand(spec.command ?? '');
    if (words.length > 0) return words;
  } catch (error) {
    throw unavailable(spec.id, `its command: ${(error as Error).message}`, 'Mend it in models.yaml.');
  }
  throw unavailable(spec.id, 'its command is empty', 'State it in models.yaml.');
}

/** The model that GET /v1/models lists, with its `max_model_len`: the wanted one, or else the first. */
async function servedModel(
  baseUrl: string,
  by: { headers: Record<string, string>; wanted: string | undefined },
): Promise<{ upstreamModel: string; contextTokens: number | null }> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const answer = await request(`${baseUrl}/v1/models`, { headers: by.headers, signal });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`GET /v1/models answered ${answer.statusCode}: ${text.slice(0, 200)}`);
  const list: unknown = JSON.parse(text);
  const models = isObject(list) && Array.isArray(list.data) ? list.data.filter(isObject) : [];
  const found = by.wanted === undefined ? models[0] : models.find((model) => model.id === by.wanted);
  if (found === undefined) {
    const names = models.map((model) => String(model.id)).join(', ');
    throw new Error(`it serves no ${by.wanted ?? 'model'}; it serves: ${names}`);
  }
  const length = found.max_model_len;
  return { upstreamModel: String(found.id), contextTokens: typeof length === 'number' ? length : null };
}
