/** Says how much of a judge run's budget is left, and what its calls have cost. */

import type { JudgeRunRow, JudgeSettings } from './judge-run-row.ts';

/** Tokens of one call as the engine counted them. */
export interface CallTokens {
  prompt: number;
  completion: number;
  cached: number;
}

/** USD; null where the judge has no price. Cached tokens cost what prompt tokens do where no price is stated for them. */
export function costOf(prices: JudgeSettings['prices'], judge: string, tokens: CallTokens): number | null {
  const price = prices[judge];
  if (price?.prompt_per_million === undefined || price.completion_per_million === undefined) return null;
  const cached = price.cached_per_million ?? price.prompt_per_million;
  const dear = (tokens.prompt - tokens.cached) * price.prompt_per_million;
  return (dear + tokens.cached * cached + tokens.completion * price.completion_per_million) / 1_000_000;
}

/**
 * Calls that may still be planned beside those that are open, which are taken to cost as much as those read so far. Before any is
 * read, only a limit of calls binds. Infinity without a budget.
 */
export function callsLeft(run: JudgeRunRow, open: { calls: number; readCalls: number }): number {
  const { budget } = run.settings;
  if (budget === null) return Number.POSITIVE_INFINITY;
  const made = open.readCalls + open.calls;
  const limits = [(budget.calls ?? Number.POSITIVE_INFINITY) - made];
  const spent = Number(run.prompt_tokens) + Number(run.completion_tokens);
  limits.push(byMean({ limit: budget.tokens, spent, ...open }));
  limits.push(byMean({ limit: budget.usd, spent: run.cost ?? 0, ...open }));
  return Math.max(0, Math.floor(Math.min(...limits)));
}

/** Calls made before their mean cost is known. */
const firstCalls = 20;

function byMean(on: { limit: number | undefined; spent: number; calls: number; readCalls: number }): number {
  if (on.limit === undefined) return Number.POSITIVE_INFINITY;
  if (on.readCalls === 0) return Math.max(0, firstCalls - on.calls);
  const mean = on.spent / on.readCalls;
  return mean === 0 ? Number.POSITIVE_INFINITY : (on.limit - on.spent) / mean - on.calls;
}
