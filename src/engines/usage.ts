/** Reads the token counts of an answer, in whichever of the known places the engine put them. */

import type { TokenUsage } from '../contracts/engine.ts';
import { isObject, type Json } from './json.ts';

const objectAt = (from: Json | null, key: string): Json | null => {
  const value = from?.[key];
  return isObject(value) ? value : null;
};
const count = (value: unknown): number | null => (typeof value === 'number' && value >= 0 ? value : null);

/**
 * Token counts of a whole answer: `usage` with OpenAI's names of chat (prompt_tokens, …) or of the Responses API
 * (input_tokens, …); cached tokens also from llama-server's `timings.cache_n`.
 */
export function readUsage(body: Json): TokenUsage {
  const usage = objectAt(body, 'usage');
  const prompt = count(usage?.prompt_tokens) ?? count(usage?.input_tokens);
  const promptDetails = objectAt(usage, 'prompt_tokens_details') ?? objectAt(usage, 'input_tokens_details');
  const details = objectAt(usage, 'completion_tokens_details') ?? objectAt(usage, 'output_tokens_details');
  return {
    prompt,
    completion: count(usage?.completion_tokens) ?? count(usage?.output_tokens),
    cached: count(promptDetails?.cached_tokens) ?? count(objectAt(body, 'timings')?.cache_n),
    reasoning: count(details?.reasoning_tokens),
  };
}
