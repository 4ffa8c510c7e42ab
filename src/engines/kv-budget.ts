/** Which engines keep the tokens of all requests in one KV cache, and how many it holds: known once one has overflowed. */

import type { EngineEndpoint } from '../contracts/engine.ts';
import { askSmall } from './ask-small.ts';
import { isObject } from './json.ts';

/**
 * A llama-server that somebody else has started has one cache for all slots (`--kv-unified`, its default while `-np` is
 * automatic), or one for each. GET /props and GET /slots answer alike in both cases, so that only an overflow tells.
 */
export interface KvBudgets {
  /** Tokens the one cache holds; null while the engine is not known to have one. */
  known(endpoint: EngineEndpoint): number | null;
  /** To be called after an overflow: asks for the size of the cache. Null where the engine does not tell. */
  learn(endpoint: EngineEndpoint): Promise<number | null>;
}

/** What is learned is kept by address for as long as this lives. */
export function openKvBudgets(): KvBudgets {
  const found = new Map<string, number>();
  return {
    known: ({ baseUrl }) => found.get(baseUrl) ?? null,
    async learn(endpoint) {
      const tokens = await contextOf(endpoint).catch(() => null);
      if (tokens !== null) found.set(endpoint.baseUrl, tokens);
      return tokens;
    },
  };
}

/** GET /props (llama.cpp tools/server/README.md): n_ctx is that of a slot, which is all there is where slots share it. */
async function contextOf(endpoint: EngineEndpoint): Promise<number | null> {
  const { status, text } = await askSmall(endpoint, '/props');
  if (status !== 200) return null;
  const props: unknown = JSON.parse(text);
  const settings = isObject(props) ? props.default_generation_settings : null;
  const tokens = isObject(settings) ? settings.n_ctx : null;
  return typeof tokens === 'number' && tokens > 0 ? tokens : null;
}

/** The endpoint as what it has shown itself to be, whose tokenizer can be asked. */
export const asLlamaServer = (endpoint: EngineEndpoint): EngineEndpoint => ({ ...endpoint, engine: 'llama-server' });
