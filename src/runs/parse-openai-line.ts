/** Reads a line of OpenAI's batch output or error file: {custom_id, response: {status_code, body}, error}. */

import { answerOfBody, objectOf, textOf } from './answer-of-body.ts';
import { noAnswer, type ParsedAnswer, scoresOf, timesOf } from './parsed-answer.ts';

/** Null when the line is of another form. A bare chat completion (with `choices`) is taken as its body. */
export function openAiLine(values: Record<string, unknown>): ParsedAnswer | null {
  const more = { scores: scoresOf(values), ...timesOf(values) };
  if (Array.isArray(values.choices)) return fromBody(values, more);
  const response = objectOf(values.response);
  const failure = objectOf(values.error);
  if (response.body === undefined && !(values.response === null && Object.keys(failure).length > 0)) return null;
  const body = objectOf(response.body);
  const status = typeof response.status_code === 'number' ? response.status_code : 200;
  if (Object.keys(failure).length === 0 && status < 400 && body.error == null) return fromBody(body, more);
  const said = Object.keys(failure).length > 0 ? failure : objectOf(body.error);
  const code = textOf(said.code) ?? textOf(said.type) ?? (status >= 400 ? `http_${status}` : 'failed');
  return { ...noAnswer, ...more, model: textOf(body.model), errorCode: code };
}

function fromBody(body: Record<string, unknown>, more: Partial<ParsedAnswer>): ParsedAnswer {
  const answer = answerOfBody(body);
  if (answer.content === null) return { ...noAnswer, ...more, ...answer, errorCode: 'no_content' };
  return { ...noAnswer, ...more, ...answer, ok: true };
}
