/** Makes a request fit its model's context before it is sent: counts exactly, trims as asked, or says that it cannot fit. */

import type { ContextStrategy, Trim } from '../contracts/context.ts';
import type { BatchEndpoint, EngineEndpoint } from '../contracts/engine.ts';
import { AssayError } from '../errors.ts';
import { type ChatMessage, fitMessages } from './fit-messages.ts';

type Body = Record<string, unknown>;

export interface FitDeps {
  /** Exact tokens of a request's prompt; null where the engine cannot tell. */
  countTokens(endpoint: EngineEndpoint, path: BatchEndpoint, body: Body): Promise<number | null>;
  /** Tokens kept free for the answer of a request that states no max_tokens. */
  answerTokens: number;
}

/** A request as it is to be sent; `trim` tells what was left out, null when all of it fits. */
export interface FittedBody {
  body: Body;
  trim: Trim | null;
}

export type FitBody = (
  request: { endpoint: EngineEndpoint; path: BatchEndpoint; body: Body },
  strategy: ContextStrategy,
) => Promise<FittedBody>;

/** Tokens that a chat template may add to each message, and to the whole. */
const templateTokens = 32;

/**
 * `fit` leaves a request as it is when it fits, or when the engine tells neither its context nor the tokens.
 * @throws AssayError context_length_exceeded when not even what must stay fits
 */
export function openFit(deps: FitDeps): FitBody {
  return async ({ endpoint, path, body }, strategy) => {
    const messages = body.messages;
    const context = endpoint.contextTokens;
    const whole = { body, trim: null };
    if (path !== '/v1/chat/completions' || context === null || !Array.isArray(messages)) return whole;
    const budget = Math.max(1, context - answerOf(body, deps.answerTokens, context));
    const room = strategy === 'aggressive' ? budget / 2 : budget;
    if (tokensAtMost(messages) <= room) return { body: without(body, messages), trim: null };
    const before = await deps.countTokens(endpoint, path, without(body, messages));
    if (before === null) return whole;
    if (before <= room) return { body: without(body, messages), trim: null };
    const fitted = await fitMessages(messages as ChatMessage[], {
      strategy,
      budget,
      count: async (some) => (await deps.countTokens(endpoint, path, without(body, some))) ?? Number.POSITIVE_INFINITY,
    });
    if (fitted === null)
      throw new AssayError('context_length_exceeded', { prompt_tokens: before, model: endpoint.modelId, context });
    return {
      body: without(body, fitted.messages),
      trim: { strategy, messages: fitted.left, tokensBefore: before, tokensAfter: fitted.tokens },
    };
  };
}

/** Tokens to keep free: what the request states, else a share of the context that leaves room for the prompt. */
function answerOf(body: Body, unstated: number, context: number): number {
  const stated = body.max_completion_tokens ?? body.max_tokens;
  return typeof stated === 'number' && stated > 0 ? stated : Math.min(unstated, Math.floor(context / 4));
}

/** No tokenizer makes more tokens than there are bytes. */
function tokensAtMost(messages: unknown[]): number {
  return Buffer.byteLength(JSON.stringify(messages)) + templateTokens * (messages.length + 1);
}

/** The body with these messages, their stated importance taken off. */
function without(body: Body, messages: unknown[]): Body {
  const sent = messages.map((message) => {
    if (typeof message !== 'object' || message === null || !('importance' in message)) return message;
    const { importance: _, ...rest } = message;
    return rest;
  });
  return { ...body, messages: sent };
}
