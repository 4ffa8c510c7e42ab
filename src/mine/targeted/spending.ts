/** Asks models in groups of calls, and keeps the account: calls, tokens, and what they have cost. */

import { costOf } from '../../judge/passes/budget.ts';
import type { Call, Reply, StepHands } from '../asks/ask.ts';
import type { KnownModel, TargetedInput } from './targeted-input.ts';

/** Calls of one ask at most: their bodies are in memory together. */
const CALLS_AT_ONCE = 5000;

/** What was asked for so far. `cost` is in USD; null as soon as a model without a price was asked. */
export interface Spent {
  calls: number;
  promptTokens: number;
  completionTokens: number;
  cost: number | null;
}

export interface Asking<T> {
  model: string;
  purpose: string;
  items: T[];
  callOf(item: T): Call;
}

export interface Spending {
  spent: Spent;
  /** A reply for each item at its place; undefined where none came. Nothing is asked where there are no items. */
  ask<T>(asking: Asking<T>): Promise<(Reply | undefined)[]>;
}

export function openSpending(hands: Pick<StepHands, 'ask' | 'signal'>, modelOf: TargetedInput['modelOf']): Spending {
  const spent: Spent = { calls: 0, promptTokens: 0, completionTokens: 0, cost: 0 };
  return {
    spent,
    async ask({ model, purpose, items, callOf }) {
      const replies: (Reply | undefined)[] = [];
      for (let from = 0; from < items.length; from += CALLS_AT_ONCE) {
        hands.signal.throwIfAborted();
        const calls = items.slice(from, from + CALLS_AT_ONCE).map(callOf);
        const came = await hands.ask({ model, purpose, calls });
        for (const { id } of calls) replies.push(came.get(id));
        count(spent, calls.length, { model, known: modelOf(model), replies: replies.slice(from) });
      }
      return replies;
    },
  };
}

function count(
  spent: Spent,
  calls: number,
  on: { model: string; known: KnownModel | null; replies: (Reply | undefined)[] },
): void {
  const total = (tokens: (reply: Reply) => number) =>
    on.replies.reduce((sum, reply) => sum + (reply === undefined ? 0 : tokens(reply)), 0);
  const prompt = total((reply) => reply.promptTokens);
  const completion = total((reply) => reply.completionTokens);
  spent.calls += calls;
  spent.promptTokens += prompt;
  spent.completionTokens += completion;
  const cost = costIn(on.model, on.known, { prompt, completion });
  spent.cost = spent.cost === null || cost === null ? null : spent.cost + cost;
}

/** USD for tokens of a model; null where it has no price. */
export const costIn = (
  model: string,
  known: KnownModel | null,
  { prompt, completion }: { prompt: number; completion: number },
): number | null => costOf({ [model]: known?.price ?? null }, model, { prompt, completion, cached: 0 });
