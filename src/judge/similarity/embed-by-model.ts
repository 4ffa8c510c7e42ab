/** Has a model embed texts, through its /v1/embeddings. */

import type { Complete, EngineEndpoint } from '../../contracts/engine.ts';
import { AssayError } from '../../errors.ts';
import type { Embed } from './cosine.ts';

/** The engines of models, as requests that are passed through use them. */
export interface ModelEngines {
  /** Starts what is needed and waits until it is healthy. */
  acquire(userId: string, modelId: string): Promise<EngineEndpoint>;
  release(userId: string, modelId: string): void;
  complete: Complete;
}

export interface EmbedOptions {
  engines: ModelEngines;
  /** Whose model it is. */
  userId: string;
  model: string;
  /** Texts in one request at most. */
  textsAtOnce: number;
  /** Longest time for one request. */
  timeoutMs: number;
}

/** Statuses by which a model turns down what it was sent. */
const notTaken = new Set([400, 413, 422]);

/**
 * Gives one vector a text, in their order; null for a text that the model turns down by itself.
 * Throws engine_error (also when it turns down all of them), engine_bad_answer, or the engine's failure.
 */
export function openEmbed(options: EmbedOptions): Embed {
  const { engines, userId, model, textsAtOnce } = options;
  return async (texts) => {
    const endpoint = await engines.acquire(userId, model);
    try {
      const vectors: (number[] | null)[] = [];
      for (let from = 0; from < texts.length; from += textsAtOnce)
        vectors.push(...(await embedSome(options, endpoint, texts.slice(from, from + textsAtOnce))));
      if (texts.length > 0 && vectors.every((vector) => vector === null))
        throw new AssayError('engine_error', { status: 400, attempts: 1, problem: `${model} takes none of the texts` });
      return vectors;
    } finally {
      engines.release(userId, model);
    }
  };
}

async function embedSome(
  options: EmbedOptions,
  endpoint: EngineEndpoint,
  texts: string[],
): Promise<(number[] | null)[]> {
  const { engines, model, timeoutMs } = options;
  const answer = await engines.complete(endpoint, {
    path: '/v1/embeddings',
    body: { model, input: texts, encoding_format: 'float' },
    lane: null,
    timeoutMs,
    signal: new AbortController().signal,
  });
  const { error } = answer.body as { error?: { message?: string; code?: unknown } };
  if (notTaken.has(answer.status) || error?.code === 'context_length_exceeded') {
    if (texts.length === 1) return [null];
    const half = Math.ceil(texts.length / 2);
    return [
      ...(await embedSome(options, endpoint, texts.slice(0, half))),
      ...(await embedSome(options, endpoint, texts.slice(half))),
    ];
  }
  if (answer.status !== 200) {
    const problem = `embeddings of ${model}: ${error?.message ?? 'no reason is given'}`;
    throw new AssayError('engine_error', { status: answer.status, attempts: 1, problem });
  }
  const vectors = vectorsIn(answer.body, texts.length);
  if (vectors === null) {
    const problem = `${model} was asked for ${texts.length} embeddings and gave something else`;
    throw new AssayError('engine_bad_answer', { attempts: 1, problem });
  }
  return vectors;
}

/** The vectors by their index; null unless there is one for each text. */
function vectorsIn(body: Record<string, unknown>, count: number): number[][] | null {
  const data = body.data as { index?: unknown; embedding?: unknown }[];
  const vectors = new Array<number[] | undefined>(count).fill(undefined);
  for (const [at, one] of data.entries()) {
    const index = typeof one?.index === 'number' ? one.index : at;
    if (Array.isArray(one?.embedding)) vectors[index] = one.embedding as number[];
  }
  const whole = data.length === count && vectors.length === count && vectors.every((vector) => vector !== undefined);
  return whole ? (vectors as number[][]) : null;
}
