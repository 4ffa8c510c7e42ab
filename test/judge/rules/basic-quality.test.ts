/** The rule basic_quality: empty, cut off, unclosed and garbled answers, and whole ones that look like them. */

import { expect, test } from 'vitest';
import { judged, verdict } from './judged.ts';

const rule = { kind: 'basic_quality' };
const prose = 'The museum opens at nine. It closes at five, and on Mondays it stays';

test.each<[content: string, finishReason: string | null, reason: string]>([
  ['', 'stop', 'empty'],
  [' \n\t ', 'stop', 'empty'],
  ['<think>What now?</think>\n', 'stop', 'nothing but thinking'],
  ['...', 'stop', 'says nothing'],
  ['The answer is 5.', 'length', 'length limit'],
  ['The answer is 5.', 'max_tokens', 'length limit'],
  ['The answer is', 'content_filter', 'by a filter'],
  ['First apples, second pears,', 'stop', 'middle of a sentence'],
  ['It is the capital of the', 'stop', 'middle of a sentence'],
  ['Paris ist die Hauptstadt und', null, 'middle of a sentence'],
  ['Two reasons (', null, 'middle of a sentence'],
  [prose, null, 'without the end of its sentence'],
  ['Well. <think>First, I', null, 'thinking of the answer is not closed'],
  ['So:\n```python\nprint(1)', 'stop', 'code block is not closed'],
  ['{"a": 1, "b": [1, 2', 'stop', 'begins as JSON'],
  ['Hello\0there.', 'stop', 'U+0000'],
  ['Hello \ufffd\ufffd.', 'stop', 'U+FFFD'],
  ['Hello \ud83d.', 'stop', 'U+D83D'],
])('%j (%s): %s', (content, finishReason, reason) => {
  const result = judged(rule, content, { finishReason, json: undefined });
  expect(result.pass).toBe(false);
  expect(result.reason).toContain(reason);
});

test.each<[content: string, finishReason: string | null]>([
  ['Paris', 'stop'],
  ['5', null],
  ['👍', 'stop'],
  ['Paris is the capital', 'stop'],
  [prose, 'stop'],
  [`${prose} closed.`, null],
  ['Vitamin A', null],
  ['See table 3 below:', 'stop'],
  ['- one\n- two', null],
  ['1. Apples\n2. Pears and plums', null],
  ['```python\nprint(1)\n```', 'stop'],
  ['{"a": 1}', 'stop'],
  ['[1] is the first source. [2] is the second.', 'stop'],
  ['{"a": 1}\n\nThat is all.', 'stop'],
  ['| a | b |\n|---|---|\n| Mr. Smith of the north vs. Jones | 5', null],
  ['巴黎是法国的首都。', null],
  ['a = b', null],
])('%j (%s) is fine', (content, finishReason) => {
  expect(verdict(rule, content, { finishReason })).toBe('pass');
});

test('all faults are told', () => {
  const { details } = judged(rule, 'So:\n```\nx\0', { finishReason: 'length' });
  expect(details).toMatchObject({ faults: [expect.any(String), expect.any(String), expect.any(String)] });
});
