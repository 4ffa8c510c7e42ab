/** The answer in output lines of every endpoint and kind of content. */

import { expect, test } from 'vitest';
import { answerOfOutput } from '../../src/compare/answer-of-output.ts';

const lineOf = (body: unknown): string =>
  JSON.stringify({ custom_id: 'x', response: { status_code: 200, body }, error: null });
const chat = (message: object) => lineOf({ choices: [{ index: 0, finish_reason: 'stop', message }] });

test.each<[string, string, string | null, string | null]>([
  ['chat', chat({ content: 'Yes' }), 'Yes', 'stop'],
  [
    'chat with parts',
    chat({ content: [{ type: 'text', text: 'Y' }, { type: 'image' }, { type: 'text', text: 'es' }] }),
    'Yes',
    'stop',
  ],
  ['thoughts apart', chat({ content: 'Yes', reasoning_content: 'hm' }), 'Yes', 'stop'],
  ['an empty answer', chat({ content: '' }), '', 'stop'],
  ['a refusal', chat({ content: null, refusal: 'I will not.' }), 'I will not.', 'stop'],
  [
    'a call',
    chat({ content: null, tool_calls: [{ function: { name: 'f', arguments: '{"a":1}' } }] }),
    '{"a":1}',
    'stop',
  ],
  [
    'two calls',
    chat({ content: '', tool_calls: [{ function: { arguments: '{"a":1}' } }, { function: { arguments: '{}' } }] }),
    '[{"a":1},{}]',
    'stop',
  ],
  ['an old call', chat({ content: null, function_call: { name: 'f', arguments: '{}' } }), '{}', 'stop'],
  ['completion', lineOf({ choices: [{ text: ' Yes', finish_reason: 'length' }] }), ' Yes', 'length'],
  [
    'response',
    lineOf({
      status: 'completed',
      output: [
        { type: 'reasoning', summary: [] },
        { type: 'message', content: [{ type: 'output_text', text: 'Yes' }] },
      ],
    }),
    'Yes',
    'completed',
  ],
  ['response with its text', lineOf({ status: 'incomplete', output_text: 'Ye' }), 'Ye', 'incomplete'],
  [
    'response with a call',
    lineOf({ status: 'completed', output: [{ type: 'function_call', arguments: '{}' }] }),
    '{}',
    'completed',
  ],
  ['embeddings', lineOf({ data: [{ embedding: [1] }] }), null, null],
  ['no body', JSON.stringify({ custom_id: 'x', response: null, error: { code: 'x' } }), null, null],
  ['a body of another shape', lineOf({ choices: 'no', output: [null, 3] }), null, null],
])('%s', (...[, line, content, finishReason]) => {
  expect(answerOfOutput(line)).toEqual({ content, finishReason });
});
