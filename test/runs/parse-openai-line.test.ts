/** Lines of OpenAI's output files in all their shapes: chat, parts, tools, refusals, completions, responses, failures. */

import { expect, test } from 'vitest';
import { openAiLine } from '../../src/runs/parse-openai-line.ts';

const read = (body: object, more: object = {}) =>
  openAiLine({ custom_id: 'a', response: { status_code: 200, body }, error: null, ...more });
const chat = (message: object) => read({ choices: [{ message, finish_reason: 'stop' }] });
const call = (text: string) => ({ type: 'function', function: { name: 'rate', arguments: text } });

test.each([
  ['a text', chat({ content: 'Yes' }), 'Yes'],
  [
    'parts',
    chat({
      content: [
        { type: 'text', text: 'Y' },
        { type: 'text', text: 'es' },
      ],
    }),
    'Yes',
  ],
  ['an empty text', chat({ content: '' }), ''],
  ['a refusal', chat({ content: null, refusal: 'No.' }), 'No.'],
  ['a call of a tool', chat({ content: null, tool_calls: [call('{"a":1}')] }), '{"a":1}'],
  ['two calls', chat({ content: null, tool_calls: [call('{"a":1}'), call('{}')] }), '[{"a":1},{}]'],
  ['a completion', read({ choices: [{ text: 'Yes', finish_reason: 'length' }] }), 'Yes'],
  ['a response', read({ output: [{ content: [{ type: 'output_text', text: 'Yes' }] }], status: 'completed' }), 'Yes'],
  ['a bare completion', openAiLine({ id: 'chatcmpl-1', choices: [{ message: { content: 'Yes' } }] }), 'Yes'],
  ['U+0000', chat({ content: 'Y\0es' }), 'Yes'],
])('%s', (_shape, answer, content) => {
  expect(answer).toMatchObject({ ok: true, content, errorCode: null });
});

test.each([
  ['no content', chat({ content: null }), 'no_content'],
  ['an error beside the response', read({}, { response: null, error: { code: 'batch_expired' } }), 'batch_expired'],
  ['a status', openAiLine({ response: { status_code: 503, body: {} }, error: null }), 'http_503'],
  ['an error in the body', read({ error: { type: 'invalid_request_error', code: null } }), 'invalid_request_error'],
])('a failure: %s', (_shape, answer, errorCode) => {
  expect(answer).toMatchObject({ ok: false, content: null, errorCode });
});

test('figures of both APIs, and what cannot be a count', () => {
  const usage = { input_tokens: 7, output_tokens: 3, input_tokens_details: { cached_tokens: 2 } };
  expect(read({ output: [{ content: [{ text: 'x' }] }], usage })).toMatchObject({
    promptTokens: 7,
    completionTokens: 3,
    cachedTokens: 2,
  });
  const odd = { prompt_tokens: 9e12, completion_tokens: -1 };
  expect(read({ choices: [{ text: 'x' }], usage: odd })).toMatchObject({
    promptTokens: 2_147_483_647,
    completionTokens: null,
    cachedTokens: null,
  });
});

test('other forms are not taken for it', () => {
  expect(openAiLine({ id: 'a', response: 'Yes' })).toBe(null);
  expect(openAiLine({ id: 'a', content: 'Yes', error: null })).toBe(null);
});
