/** What a failure's parts are as text: values masked, hostile and long ones tidied. */

import { expect, test } from 'vitest';
import type { Failure } from '../../../src/contracts/mining.ts';
import { failureText, failureTexts } from '../../../src/mine/vectors/failure-texts.ts';
import { plantedFailures } from '../../harness/planted-failures.ts';

const failure = (more: Partial<Failure>): Failure => ({
  ...plantedFailures({ n: 1 }).failures[0]!,
  criteria: [],
  expected: null,
  answer: null,
  ...more,
});
const reason = (more: Partial<Failure>) => failureText(failure(more), 'reason');

test.each([
  ['expected 18, got 20', 'expected #, got #'],
  ['expected -7.5 %, got $1,234.50', 'expected #, got #'],
  ['due 2024/03/01 at 10:30', 'due # at #'],
  ['rule gsm8k on sha256', 'rule gsm8k on sha256'],
])('numbers of %s are masked', (text, masked) => {
  expect(reason({ reason: text })).toBe(masked);
});

test("the item's own values are masked, a single letter is not", () => {
  expect(reason({ reason: 'says Lyon, not Paris', expected: 'Paris', answer: 'Lyon' })).toBe('says …, not …');
  expect(reason({ reason: 'chose A over B', expected: 'A', answer: 'B' })).toBe('chose A over B');
});

test('what failed stands behind the reason, or for it', () => {
  expect(reason({ reason: 'Too long', criteria: ['brevity', 'tone'] })).toBe('Too long (brevity, tone)');
  expect(reason({ reason: null, criteria: ['numeric'] })).toBe('numeric');
  expect(reason({ reason: null })).toBe('');
});

test('long texts are cut, and hostile ones tidied', () => {
  expect(failureText(failure({ prompt: 'a\0b\n\n\u202Ec  \uD800d' }), 'prompt')).toBe('a b c d');
  expect(failureText(failure({ prompt: '😀'.repeat(5000) }), 'prompt')).toHaveLength(400);
  expect(failureText(failure({ answer: 'x'.repeat(1e6) }), 'answer')).toHaveLength(400);
  expect(reason({ reason: 'x', criteria: [`${'y'.repeat(599 - 4)}😀`] }).isWellFormed()).toBe(true);
  expect(failureText(failure({ prompt: `x${'😀'.repeat(500)}` }), 'prompt').isWellFormed()).toBe(true);
  expect(failureTexts([failure({ answer: null })], 'answer')).toEqual(['']);
});
