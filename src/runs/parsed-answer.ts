/** An answer as it was read from a line of an imported file, before it is matched to an item. */

import { countOf } from './answer-of-body.ts';
import type { LandingAnswer } from './deps.ts';

/** `model` is what the line itself names. */
export type ParsedAnswer = Omit<LandingAnswer, 'ordinal'> & { model: string | null };

export const noAnswer: ParsedAnswer = {
  model: null,
  ok: false,
  errorCode: null,
  content: null,
  finishReason: null,
  promptTokens: null,
  completionTokens: null,
  cachedTokens: null,
  latencyMs: null,
  firstTokenMs: null,
  scores: null,
};

/** Scores that a line carries beside its answer: `score`, `scores`, and `is_correct` as `correct` 1 or 0. */
export function scoresOf(values: Record<string, unknown>): Record<string, number> | null {
  const scores: Record<string, number> = {};
  const named = typeof values.scores === 'object' && values.scores !== null ? Object.entries(values.scores) : [];
  for (const [name, value] of [...named, ['score', values.score] as const]) {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number === 'number' && Number.isFinite(number)) scores[name] = number;
  }
  const correct = String(values.is_correct ?? '').toLowerCase();
  if (correct === 'true' || correct === '1') scores.correct = 1;
  if (correct === 'false' || correct === '0') scores.correct = 0;
  return Object.keys(scores).length === 0 ? null : scores;
}

/** Times that a line may carry. */
export const timesOf = (values: Record<string, unknown>): Pick<LandingAnswer, 'latencyMs' | 'firstTokenMs'> => ({
  latencyMs: countOf(values.latency_ms ?? values.total_ms),
  firstTokenMs: countOf(values.first_token_ms),
});
