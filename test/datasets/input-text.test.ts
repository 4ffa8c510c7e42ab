/** The prompt of an input, in each of the forms a line may have. */

import { expect, it } from 'vitest';
import { inFileOrder, messagesOf, plainText } from '../../src/datasets/input-text.ts';

const user = (content: unknown) => [{ role: 'user', content }];
const both = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Hi' },
];

it.each([
  ['a prompt', { prompt: 'Hi' }, 'Hi'],
  ['a prompt with a system text', { system: 'Be brief.', prompt: 'Hi' }, '[system]\nBe brief.\n\n[user]\nHi'],
  ['messages', { messages: both }, '[system]\nBe brief.\n\n[user]\nHi'],
  ['one message', { messages: user('Hi') }, 'Hi'],
  ['messages as JSON text, as a table carries them', { messages: JSON.stringify(user('Hi')) }, 'Hi'],
  ['a chat batch line', { custom_id: 'a', url: '/v1/chat/completions', body: { messages: user('Hi') } }, 'Hi'],
  ['a completion batch line', { custom_id: 'a', body: { prompt: 'Hi' } }, 'Hi'],
  ['a responses batch line', { custom_id: 'a', body: { input: user('Hi') } }, 'Hi'],
  ['an embeddings batch line', { custom_id: 'a', body: { input: 'Hi' } }, 'Hi'],
  ['a body as JSON text', { body: JSON.stringify({ messages: user('Hi') }) }, 'Hi'],
  [
    'content in parts',
    {
      messages: user([
        { type: 'text', text: 'Hi' },
        { type: 'image_url', image_url: {} },
      ]),
    },
    'Hi',
  ],
  ['a list of prompts', { prompt: ['a', 'b'] }, '["a","b"]'],
  ['columns', { question: 'Why?', n: 1 }, '{"question":"Why?","n":1}'],
  ['an empty prompt', { prompt: ' ' }, '{"prompt":" "}'],
  ['messages that are none', { messages: 'see below', prompt: 'Hi' }, 'Hi'],
  ['content that is not there', { messages: [{ role: 'assistant', content: null }] }, ''],
])('%s', (_, input, text) => {
  expect(plainText(input)).toBe(text);
});

it('tells a prompt from columns', () => {
  expect(messagesOf({ question: 'Why?' })).toBeNull();
  expect(messagesOf({ prompt: 'Why?' })).toEqual(user('Why?'));
});

it('puts fields in the order of the file again', () => {
  const input = inFileOrder({ a: 1, bb: 2, ccc: 3 }, ['ccc', 'gone', 'a']);
  expect(Object.keys(input)).toEqual(['ccc', 'a', 'bb']);
});
