/** The last number of an answer, however it is written. */

import { expect, test } from 'vitest';
import { isSameNumber, lastNumber } from '../../src/compare/numeric-answer.ts';

test.each<[string, number | null]>([
  ['#### 18', 18],
  ['2 + 3 = 5\nA: 18', 18],
  ['The answer is 18.', 18],
  ['**18**', 18],
  ['<<6*3=18>>18 eggs', 18],
  ['She makes $1,234,567.50 a year', 1234567.5],
  ['$1,000', 1000],
  ["1'000 CHF", 1000],
  ['12\u00a0000 EUR', 12000],
  ['A: 12,34', 34],
  ['A: -5', -5],
  ['it is \u22125 degrees', -5],
  ['-$20', -20],
  ['$-20', -20],
  ['a loss of -$1,500.25', -1500.25],
  ['3-5', 5],
  ['between 10 and 12', 12],
  ['year-2024', 2024],
  ['3 - 5', -5],
  ['A: 3/4', 0.75],
  ['A: -3/4', -0.75],
  ['A: 1 1/2 cups', 1.5],
  ['on 05/12/2024', 2024],
  ['5/0', 0],
  ['20%', 20],
  ['.5', 0.5],
  ['6.02e23', 6.02e23],
  ['2e', 2],
  ['Version 3.11.7', 7],
  ['no number here', null],
  ['', null],
  ['\u0663', null],
])('%j ends in %j', (text, number) => {
  expect(lastNumber(text)).toBe(number);
});

test('numbers count as the same within rounding', () => {
  expect(isSameNumber(1 / 3, 0.3333333)).toBe(true);
  expect(isSameNumber(0.1 + 0.2, 0.3)).toBe(true);
  expect(isSameNumber(18, 18.01)).toBe(false);
  expect(isSameNumber(0, -0)).toBe(true);
});

test('a long text takes no time', () => {
  expect(lastNumber(`${'1,'.repeat(5_000_000)} 7`)).toBe(7);
  expect(lastNumber(`${'1 '.repeat(1_000_000)}`)).toBe(1);
});
