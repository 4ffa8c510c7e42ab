/** Checks one line of a batch's input and gives the request it holds, or throws the fault with its line and parameter. */

import type { BatchEndpoint } from '../contracts/engine.ts';
import { AssayError, type ErrorCode } from '../errors.ts';
import { parseExactly } from '../files/exact-json.ts';

/** A request as it is kept: `body` is JSON text. */
export interface CheckedLine {
  line: number;
  customId: string;
  model: string;
  body: string;
  parsed: Record<string, unknown>;
}

/** What the lines before this one have settled: all requests of a batch share one model. */
export interface LineContext {
  endpoint: BatchEndpoint;
  model: string | null;
  modelLine: number;
}

/** The body field that holds the prompt, by endpoint. */
const promptField: Record<BatchEndpoint, string> = {
  '/v1/chat/completions': 'messages',
  '/v1/completions': 'prompt',
  '/v1/embeddings': 'input',
  '/v1/responses': 'input',
};

/** @throws AssayError with `line` and `param` set. Sets `context.model` on the first request. */
export function checkLine(line: number, text: string, context: LineContext): CheckedLine {
  const fail = (code: ErrorCode, param: string, values: Record<string, unknown>): never => {
    throw new AssayError(code, values, { line, param });
  };
  let value: unknown;
  try {
    value = parseExactly(text);
  } catch (error) {
    throw new AssayError('invalid_json_line', { problem: (error as Error).message }, { line });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AssayError('invalid_json_line', { problem: 'the line must hold a JSON object' }, { line });
  }
  const row = value as Record<string, unknown>;
  for (const field of ['custom_id', 'method', 'url', 'body']) {
    if (row[field] === undefined || row[field] === null) fail('missing_required_field', field, { field });
  }
  const customId = row.custom_id;
  if (typeof customId !== 'string' || customId === '') {
    return fail('invalid_field', 'custom_id', {
      field: 'custom_id',
      problem: 'must be a text that is not empty',
      value: customId,
    });
  }
  // Neither could be kept as it came: PostgreSQL's text holds whole characters without NUL.
  if (customId.includes('\0') || !customId.isWellFormed()) {
    return fail('invalid_field', 'custom_id', {
      field: 'custom_id',
      problem: 'must not hold U+0000 or half of a surrogate pair',
      value: customId,
    });
  }
  if (row.method !== 'POST')
    fail('invalid_field', 'method', { field: 'method', problem: 'must be POST', value: row.method });
  if (row.url !== context.endpoint) fail('url_mismatch', 'url', { value: row.url, endpoint: context.endpoint });
  const body = row.body as Record<string, unknown>;
  if (typeof body !== 'object' || Array.isArray(body)) {
    fail('invalid_field', 'body', { field: 'body', problem: 'must be a JSON object', value: body });
  }
  return { line, customId, model: checkBody(body, context, { line, fail }), body: JSON.stringify(body), parsed: body };
}

function checkBody(
  body: Record<string, unknown>,
  context: LineContext,
  at: { line: number; fail: (code: ErrorCode, param: string, values: Record<string, unknown>) => never },
): string {
  const model = body.model;
  if (model === undefined || model === null)
    return at.fail('missing_required_field', 'body.model', { field: 'body.model' });
  if (typeof model !== 'string' || model === '' || model.includes('\0')) {
    return at.fail('invalid_field', 'body.model', { field: 'body.model', problem: 'must be a model id', value: model });
  }
  if (context.model === null) {
    context.model = model;
    context.modelLine = at.line;
  } else if (context.model !== model) {
    return at.fail('model_mismatch', 'body.model', { value: model, model: context.model, first: context.modelLine });
  }
  const field = promptField[context.endpoint];
  const prompt = body[field];
  const param = `body.${field}`;
  if (prompt === undefined || prompt === null) {
    if (context.endpoint === '/v1/responses' && body.prompt !== undefined) return model;
    return at.fail('missing_required_field', param, { field: param });
  }
  // llama-server answers an empty list of messages with invented text, so it must not reach an engine.
  if (field === 'messages' && (!Array.isArray(prompt) || prompt.length === 0)) {
    return at.fail('invalid_field', param, {
      field: param,
      problem: 'must be a list of at least one message',
      value: prompt,
    });
  }
  return model;
}
