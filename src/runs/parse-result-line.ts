/** Reads a result of another tool: an object (or the row of a table) with the answer's text under one of the usual names. */

import { countOf, objectOf, storable, textOf } from './answer-of-body.ts';
import { noAnswer, type ParsedAnswer, scoresOf, timesOf } from './parsed-answer.ts';

/** Names under which tools write the answer, most certain first. */
export const contentNames = ['content', 'output', 'response', 'answer', 'completion', 'prediction', 'text'];

/**
 * Null when the line has neither an answer nor an error. A name that is also a field of the items (their expected
 * `answer`, say) counts only when there is no other.
 */
export function resultLine(values: Record<string, unknown>, itemFields: ReadonlySet<string>): ParsedAnswer | null {
  const there = contentNames.filter((name) => values[name] !== undefined);
  const field = there.find((name) => !itemFields.has(name)) ?? there[0];
  const error = values.error ?? null;
  if (field === undefined && error === null) return null;
  const usage = objectOf(values.usage);
  const rest = {
    model: textOf(values.model) ?? textOf(values.model_id),
    finishReason: textOf(values.finish_reason),
    promptTokens: countOf(values.prompt_tokens ?? usage.prompt_tokens),
    completionTokens: countOf(values.completion_tokens ?? usage.completion_tokens),
    cachedTokens: countOf(values.cached_tokens),
    scores: scoresOf(values),
    ...timesOf(values),
  };
  const content = field === undefined ? null : contentText(values[field]);
  if (content === null) return { ...noAnswer, ...rest, errorCode: errorCodeOf(error) ?? 'no_content' };
  return { ...noAnswer, ...rest, ok: true, content: storable(content) };
}

/** A text as it is, anything else as JSON; a chat message gives its own text. */
function contentText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  const message = objectOf(value);
  return message.role !== undefined && typeof message.content === 'string' ? message.content : JSON.stringify(value);
}

function errorCodeOf(error: unknown): string | null {
  if (error === null || error === false || error === '') return null;
  const { code, type } = objectOf(error);
  const named = textOf(code) ?? textOf(type) ?? textOf(error);
  // A tool's error may be a whole message; codes are what failures are counted by.
  return named !== null && /^[\w.-]{1,60}$/.test(named) ? named : 'failed';
}
