/** One line of an input: what is taken, and every fault with its code, line and parameter. */

import { expect, test } from 'vitest';
import { checkLine, type LineContext } from '../../src/batches/check-line.ts';
import type { BatchEndpoint } from '../../src/contracts/engine.ts';
import { AssayError } from '../../src/errors.ts';
import { line } from './seed.ts';

const context = (endpoint: BatchEndpoint = '/v1/chat/completions'): LineContext => ({
  endpoint,
  model: null,
  modelLine: 0,
});

function faultOf(text: string, on = context()): AssayError {
  try {
    checkLine(7, text, on);
  } catch (error) {
    return error as AssayError;
  }
  throw new Error(`no fault in ${text}`);
}

test('a number that a double cannot hold stays as it is written', () => {
  const text =
    '{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"x"}],"seed":18446744073709551615}}';
  const { body } = checkLine(1, text, { endpoint: '/v1/chat/completions', model: null, modelLine: 0 });
  expect(body).toContain('"seed":18446744073709551615');
});

test('a good line gives its request, with every field of the body as it came', () => {
  const body = {
    model: 'm',
    messages: [{ role: 'user', content: 'a\0b\n"ä😀"' }],
    temperature: 0,
    x_own: { deep: [1, null] },
  };
  const on = context();
  const row = checkLine(7, line('id 1', { body, extra: 'ignored' }), on);
  expect(row).toMatchObject({ line: 7, customId: 'id 1', model: 'm', parsed: body });
  expect(JSON.parse(row.body)).toEqual(body);
  expect(on).toEqual({ endpoint: '/v1/chat/completions', model: 'm', modelLine: 7 });
});

test.each<[BatchEndpoint, Record<string, unknown>]>([
  ['/v1/completions', { prompt: 'a' }],
  ['/v1/completions', { prompt: '' }],
  ['/v1/embeddings', { input: ['a', 'b'] }],
  ['/v1/responses', { input: 'a' }],
  ['/v1/responses', { prompt: { id: 'pmpt_1' } }],
])('%s takes a body with %j', (endpoint, body) => {
  expect(checkLine(1, line('a', { url: endpoint, body: { model: 'm', ...body } }), context(endpoint)).model).toBe('m');
});

test.each<[string, string, string, string | null, RegExp]>([
  ['no JSON', '{"custom_id": ', 'invalid_json_line', null, /parseable as valid JSON/],
  ['a list', '[1]', 'invalid_json_line', null, /must hold a JSON object/],
  ['null', 'null', 'invalid_json_line', null, /must hold a JSON object/],
  ['no custom_id', line('a', { custom_id: undefined }), 'missing_required_field', 'custom_id', /field custom_id/],
  ['custom_id null', line('a', { custom_id: null }), 'missing_required_field', 'custom_id', /custom_id/],
  ['custom_id empty', line(''), 'invalid_field', 'custom_id', /not empty/],
  ['custom_id a number', line('a', { custom_id: 5 }), 'invalid_field', 'custom_id', /got 5/],
  ['custom_id with NUL', line('a\0b'), 'invalid_field', 'custom_id', /U\+0000/],
  ['custom_id with half a pair', line('a\ud83d'), 'invalid_field', 'custom_id', /surrogate/],
  ['no method', line('a', { method: undefined }), 'missing_required_field', 'method', /method/],
  ['another method', line('a', { method: 'GET' }), 'invalid_field', 'method', /must be POST \(got GET\)/],
  ['no url', line('a', { url: undefined }), 'missing_required_field', 'url', /url/],
  ['another url', line('a', { url: '/v1/embeddings' }), 'url_mismatch', 'url', /\/v1\/embeddings.*\/v1\/chat/],
  ['no body', line('a', { body: undefined }), 'missing_required_field', 'body', /body/],
  ['a body of text', line('a', { body: 'x' }), 'invalid_field', 'body', /JSON object/],
  ['a body of a list', line('a', { body: [] }), 'invalid_field', 'body', /JSON object/],
  ['no model', line('a', {}, { model: undefined }), 'missing_required_field', 'body.model', /body.model/],
  ['a model of no name', line('a', {}, { model: '' }), 'invalid_field', 'body.model', /model id/],
  ['a model that is a number', line('a', {}, { model: 1 }), 'invalid_field', 'body.model', /got 1/],
  ['a model with NUL', line('a', {}, { model: 'm\0' }), 'invalid_field', 'body.model', /model id/],
  ['no messages', line('a', {}, { messages: undefined }), 'missing_required_field', 'body.messages', /body.messages/],
  ['an empty list of messages', line('a', {}, { messages: [] }), 'invalid_field', 'body.messages', /at least one/],
  ['messages as text', line('a', {}, { messages: 'hi' }), 'invalid_field', 'body.messages', /list of at least one/],
])('%s', (...[, text, code, param, message]) => {
  const fault = faultOf(text);
  expect(fault).toBeInstanceOf(AssayError);
  expect([fault.code, fault.param, fault.line]).toEqual([code, param, 7]);
  expect(fault.message).toMatch(message);
});

test('an endpoint misses its own prompt field', () => {
  for (const [endpoint, field] of [
    ['/v1/completions', 'body.prompt'],
    ['/v1/embeddings', 'body.input'],
    ['/v1/responses', 'body.input'],
  ] as const) {
    const fault = faultOf(line('a', { url: endpoint }), context(endpoint));
    expect([fault.code, fault.param]).toEqual(['missing_required_field', field]);
  }
});

test('all requests use the model of the first, also when that one has another fault', () => {
  const on = context();
  expect(faultOf(line('a', {}, { messages: [] }), on).code).toBe('invalid_field');
  const fault = faultOf(line('b', {}, { model: 'another' }), on);
  expect([fault.code, fault.param]).toEqual(['model_mismatch', 'body.model']);
  expect(fault.message).toMatch(/another differs from m on line 7/);
});
