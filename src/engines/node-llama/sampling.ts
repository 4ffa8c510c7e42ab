/** Reads from a request's body how its answer is to be drawn; names and defaults are llama-server's. */

import { randomInt } from 'node:crypto';
import { schemaGrammar } from './grammar.ts';
import type { DrawOptions, Loaded, Token } from './library.ts';
import { refuse } from './refusal.ts';

type Json = Record<string, unknown>;

export interface Wish {
  maxTokens: number;
  stops: string[];
  choices: number;
  slot: number | null;
  useCache: boolean;
  stream: boolean;
  withUsage: boolean;
  /** Options of each choice: a grammar and a seed are not shared. `history` gives the tokens so far. */
  draw(choice: number, history: () => Token[]): DrawOptions;
}

/** @throws Refusal for what is not valid, or not to be had here */
export async function readWish(loaded: Loaded, body: Json): Promise<Wish> {
  refuseUnsupported(body);
  const number = reader(body);
  const seed = number('seed', -1);
  const grammar = await grammarOf(loaded, body);
  const bias = biasOf(loaded, body);
  const penalties = {
    penalty: number('repeat_penalty', 1),
    frequencyPenalty: number('frequency_penalty', 0),
    presencePenalty: number('presence_penalty', 0),
    maxPunishTokens: number('repeat_last_n', 64),
  };
  const punishes =
    penalties.maxPunishTokens !== 0 &&
    (penalties.penalty !== 1 || penalties.frequencyPenalty !== 0 || penalties.presencePenalty !== 0);
  const slot = number('id_slot', -1);
  if (slot >= loaded.sequences.length) throw refuse(`"id_slot" must be below ${loaded.sequences.length} (got ${slot})`);
  const options = body.stream_options as Json | undefined;
  const fixed = {
    temperature: number('temperature', 0.8),
    topK: number('top_k', 40),
    topP: number('top_p', 0.95),
    minP: number('min_p', 0.05),
  };
  return {
    maxTokens: maxTokensOf(number),
    stops: stopsOf(body.stop),
    choices: number('n', 1),
    slot: slot < 0 ? null : slot,
    useCache: body.cache_prompt !== false,
    stream: body.stream === true,
    withUsage: options?.include_usage === true,
    draw: (choice, history) => ({
      ...fixed,
      seed: seed < 0 ? randomInt(2 ** 31) : seed + choice,
      grammarEvaluationState: grammar === null ? undefined : loaded.grammarState(grammar),
      tokenBias: bias,
      repeatPenalty: punishes
        ? { ...penalties, punishTokens: () => lastOf(history(), penalties.maxPunishTokens) }
        : undefined,
    }),
  };
}

type Reader = (name: string, fallback: number) => number;

function reader(body: Json): Reader {
  return (name, fallback) => {
    const value = body[name];
    if (value === undefined || value === null) return fallback;
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw refuse(`"${name}" must be a number (got ${JSON.stringify(value)})`);
    return value;
  };
}

const lastOf = (tokens: Token[], count: number): Token[] => (count < 0 ? tokens : tokens.slice(-count));

function maxTokensOf(number: Reader): number {
  const value = number('max_completion_tokens', number('max_tokens', number('n_predict', -1)));
  if (value === 0) throw refuse('"max_tokens" must be at least 1');
  return value < 0 ? Number.POSITIVE_INFINITY : value;
}

function stopsOf(stop: unknown): string[] {
  if (stop === undefined || stop === null) return [];
  const list = Array.isArray(stop) ? stop : [stop];
  if (!list.every((text) => typeof text === 'string')) throw refuse('"stop" must be a text or a list of texts');
  return list.filter((text) => text !== '');
}

function refuseUnsupported(body: Json): void {
  const asked = (name: string): boolean => body[name] !== undefined && body[name] !== null && body[name] !== false;
  const tools = Array.isArray(body.tools) ? body.tools.length > 0 : asked('tools');
  const named = tools ? 'tools' : ['functions', 'logprobs', 'top_logprobs', 'echo', 'suffix'].find(asked);
  if (named === undefined) return;
  throw refuse(
    `"${named}" is not supported by the engine of this machine (node-llama-cpp); a llama-server on PATH, or named by ASSAY_LLAMA_SERVER, has it`,
  );
}

/** The grammar an answer must follow, or null. */
async function grammarOf(loaded: Loaded, body: Json): Promise<unknown> {
  const text = grammarText(body);
  if (text === null) return null;
  try {
    return await loaded.grammar(text);
  } catch (error) {
    throw refuse(`the grammar cannot be used: ${(error as Error).message}`);
  }
}

function grammarText(body: Json): string | null {
  if (typeof body.grammar === 'string' && body.grammar !== '') return body.grammar;
  if (body.json_schema !== undefined) return schemaGrammar(body.json_schema);
  const format = body.response_format;
  if (format === undefined || format === null) return null;
  const { type, schema, json_schema: named } = format as Json;
  if (type === 'text') return null;
  if (type === 'json_object') return schemaGrammar(schema ?? { type: 'object' });
  if (type === 'json_schema') return schemaGrammar((named as Json | undefined)?.schema ?? schema ?? {});
  throw refuse(
    `response_format type must be one of "text", "json_object" or "json_schema" (got ${JSON.stringify(type)})`,
  );
}

/** `logit_bias` by token number, and `ignore_eos`; undefined where there is neither. */
function biasOf(loaded: Loaded, body: Json): unknown {
  const changes = new Map<Token, 'never' | { logit: number }>();
  for (const [token, logit] of Object.entries((body.logit_bias ?? {}) as Json)) {
    if (!/^\d+$/.test(token) || typeof logit !== 'number')
      throw refuse('"logit_bias" must give numbers to token numbers');
    changes.set(Number(token), { logit });
  }
  if (body.ignore_eos === true) {
    for (const token of loaded.model.iterateAllTokens())
      if (loaded.model.isEogToken(token)) changes.set(token, 'never');
  }
  return changes.size === 0 ? undefined : loaded.bias(changes);
}
