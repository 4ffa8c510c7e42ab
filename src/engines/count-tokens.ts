/** Counts the tokens of a request's prompt by the engine's own tokenizer, without having it answered. */

import { createHash } from 'node:crypto';
import { type BatchEndpoint, type EngineEndpoint, EngineFailure } from '../contracts/engine.ts';
import { anthropicBody } from './anthropic/request.ts';
import { askSmall, type SmallAnswer } from './ask-small.ts';
import { socketFailure, statusKind } from './classify.ts';
import { isObject, type Json } from './json.ts';
import { Unsayable } from './wire.ts';

/**
 * The prompt's tokens; null where the engine has no way to tell (Ollama, other OpenAI-compatible services, embeddings),
 * or refuses this body. @throws EngineFailure when it could tell but did not answer
 */
export type CountTokens = (endpoint: EngineEndpoint, path: BatchEndpoint, body: Json) => Promise<number | null>;

/** Counts kept; each costs about 200 bytes. */
const KEPT = 20_000;

/** An engine whose CPU is busy takes long even for this. */
const PATIENCE_MS = 60_000;

/**
 * A counter that remembers the counts of the newest bodies. Whole bodies only: the tokens of a text are not the sum of
 * those of its parts, since a token may reach over any border.
 */
export function openTokenCounter(kept = KEPT): CountTokens {
  const counts = new Map<string, number>();
  return async (endpoint, path, body) => {
    const asked = questionOf(endpoint, path, body);
    if (asked === null) return null;
    const key = createHash('sha256')
      .update(JSON.stringify([endpoint.modelId, endpoint.baseUrl, path, asked.body]))
      .digest('base64');
    const known = counts.get(key);
    if (known !== undefined) {
      counts.delete(key);
      counts.set(key, known);
      return known;
    }
    const count = await asked.count((to, sent) => askOnce(endpoint, { path: to, body: sent }));
    if (count === null) return null;
    counts.set(key, count);
    if (counts.size > kept) counts.delete(counts.keys().next().value!);
    return count;
  };
}

/** A POST whose answer is JSON; null when the engine has no such route or refuses the body. */
type Ask = (path: string, body: Json) => Promise<Json | null>;

interface Question {
  body: Json;
  count(ask: Ask): Promise<number | null>;
}

function questionOf(endpoint: EngineEndpoint, path: BatchEndpoint, row: Json): Question | null {
  if (path !== '/v1/chat/completions' && path !== '/v1/completions') return null;
  const body = { ...endpoint.params, ...row };
  if (endpoint.engine === 'anthropic') return path === '/v1/completions' ? null : anthropicQuestion(endpoint, row);
  if (path === '/v1/completions' && typeof body.prompt !== 'string') return null;
  if (endpoint.engine === 'vllm') return vllmQuestion(endpoint, body);
  return endpoint.engine === 'llama-server' ? llamaQuestion(body) : null;
}

const numberAt = (body: Json | null, key: string): number | null =>
  typeof body?.[key] === 'number' ? body[key] : null;

/** POST /apply-template gives the prompt, POST /tokenize its tokens (llama.cpp tools/server/README.md). */
function llamaQuestion(body: Json): Question {
  const count = async (ask: Ask, prompt: unknown): Promise<number | null> => {
    // As the server itself reads a prompt: with its first token, and special tokens by their names.
    const answer = await ask('/tokenize', { content: prompt, add_special: true, parse_special: true });
    return Array.isArray(answer?.tokens) ? answer.tokens.length : null;
  };
  if (body.messages === undefined) return { body, count: (ask) => count(ask, body.prompt) };
  const { stream: _, ...template } = body;
  return {
    body: template,
    async count(ask) {
      const prompt = (await ask('/apply-template', template))?.prompt;
      return typeof prompt === 'string' ? count(ask, prompt) : null;
    },
  };
}

/** POST /tokenize takes a chat or a prompt (vllm/entrypoints/serve/tokenize/protocol.py). */
function vllmQuestion(endpoint: EngineEndpoint, body: Json): Question {
  const said: Json = { model: endpoint.upstreamModel };
  const keys =
    body.messages === undefined ? ['prompt'] : ['messages', 'tools', 'chat_template', 'chat_template_kwargs'];
  for (const key of [...keys, 'add_generation_prompt', 'continue_final_message', 'add_special_tokens']) {
    if (body[key] !== undefined && body[key] !== null) said[key] = body[key];
  }
  return { body: said, count: async (ask) => numberAt(await ask('/tokenize', said), 'count') };
}

/** POST /v1/messages/count_tokens takes what makes up the prompt, and nothing of how it is answered. */
function anthropicQuestion(endpoint: EngineEndpoint, row: Json): Question | null {
  try {
    const { model, messages, system, tools, tool_choice, thinking, output_config } = anthropicBody(endpoint, row);
    const said = { model, messages, system, tools, tool_choice, thinking, output_config };
    return {
      body: said,
      count: async (ask) => numberAt(await ask('/v1/messages/count_tokens', said), 'input_tokens'),
    };
  } catch (error) {
    if (error instanceof Unsayable) return null;
    throw error;
  }
}

async function askOnce(endpoint: EngineEndpoint, { path, body }: { path: string; body: Json }): Promise<Json | null> {
  let answer: SmallAnswer;
  try {
    answer = await askSmall(endpoint, path, { body, patienceMs: PATIENCE_MS });
  } catch (error) {
    if ((error as Error).name === 'TimeoutError')
      throw new EngineFailure('timeout', `no answer to POST ${path} in ${PATIENCE_MS} ms`, { cause: error });
    throw socketFailure(error as Error, false);
  }
  const { status, text } = answer;
  if (status >= 200 && status < 300) return parsed(text);
  const kind = statusKind(status, text);
  if (kind === 'final') return null;
  throw new EngineFailure(kind, `POST ${path} answered ${status}: ${text.slice(0, 200)}`, { status });
}

function parsed(text: string): Json {
  try {
    const body: unknown = JSON.parse(text);
    if (isObject(body)) return body;
  } catch {
    // Told below.
  }
  throw new EngineFailure('bad_answer', `not a JSON object: ${text.slice(0, 200)}`);
}
