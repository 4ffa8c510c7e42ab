/** Reads the answer out of a response body in OpenAI's shapes: chat completion, completion, response. */

import type { LandingAnswer } from './deps.ts';

type Json = Record<string, unknown>;

/** What a body says; `content` is null when it holds no text and calls no tool. */
export type BodyAnswer = Pick<
  LandingAnswer,
  'content' | 'finishReason' | 'promptTokens' | 'completionTokens' | 'cachedTokens'
> & { model: string | null };

export const objectOf = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
const listOf = (value: unknown): Json[] => (Array.isArray(value) ? value.map(objectOf) : []);
export const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** Largest number that a column of counts holds. */
const most = 2_147_483_647;

/** A count that the database can hold; null when `value` is none. A table states numbers as text. */
export function countOf(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && number >= 0 ? Math.min(Math.round(number), most) : null;
}

/** A text as the database can hold it: without NUL and halves of surrogate pairs. */
export const storable = (text: string): string => text.replaceAll('\0', '').toWellFormed();

/**
 * Reads the body of a successful answer of /v1/chat/completions, /v1/completions or /v1/responses; of several choices the
 * first. A call counts as its arguments, a refusal as its text. Thoughts that come apart from the text are left out.
 */
export function answerOfBody(body: Json): BodyAnswer {
  const usage = objectOf(body.usage);
  const details = objectOf(usage.prompt_tokens_details ?? usage.input_tokens_details);
  const { content, finishReason } = contentOf(body);
  return {
    model: textOf(body.model),
    content: content === null ? null : storable(content),
    finishReason,
    promptTokens: countOf(usage.prompt_tokens ?? usage.input_tokens),
    completionTokens: countOf(usage.completion_tokens ?? usage.output_tokens),
    cachedTokens: countOf(details.cached_tokens),
  };
}

function contentOf(body: Json): { content: string | null; finishReason: string | null } {
  const choice = listOf(body.choices)[0];
  if (choice !== undefined) {
    const message = objectOf(choice.message);
    const said = textOf(choice.text) ?? (partsOf(message.content) || null) ?? textOf(message.refusal);
    const called = [...listOf(message.tool_calls).map((call) => call.function), message.function_call];
    const calls = called.flatMap((call) => textOf(objectOf(call).arguments) ?? []);
    return { content: said ?? callsOf(calls) ?? textOf(message.content), finishReason: textOf(choice.finish_reason) };
  }
  const output = listOf(body.output);
  const parts = output.flatMap((item) => listOf(item.content)).flatMap((part) => textOf(part.text) ?? []);
  const calls = output.flatMap((item) => textOf(item.arguments) ?? []);
  const reason = textOf(objectOf(body.incomplete_details).reason);
  return {
    content: parts.length > 0 ? parts.join('') : (textOf(body.output_text) ?? callsOf(calls)),
    finishReason: reason === 'max_output_tokens' ? 'length' : (reason ?? textOf(body.status)),
  };
}

/** The call of a tool counts as the text of its arguments, several as a list. */
const callsOf = (calls: string[]): string | null =>
  calls.length === 0 ? null : calls.length === 1 ? calls[0]! : `[${calls.join(',')}]`;

/** The text of a message, which may be one text or a list of parts. */
function partsOf(content: unknown): string | null {
  if (!Array.isArray(content)) return textOf(content);
  return listOf(content)
    .map((part) => textOf(part.text) ?? '')
    .join('');
}
