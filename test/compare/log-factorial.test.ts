/** Logarithms of factorials: by hand, and without a step where the series takes over from the table. */

import { expect, test } from 'vitest';
import { logChoose, logFactorial } from '../../src/compare/log-factorial.ts';

test('small ones are as counted', () => {
  expect(logFactorial(0)).toBe(0);
  expect(Math.exp(logFactorial(5))).toBeCloseTo(120, 10);
  expect(Math.exp(logChoose(10, 3))).toBeCloseTo(120, 10);
  expect(logChoose(7, 7)).toBe(0);
});

test.each([1023, 1024, 5000, 1_000_000])('from %i to the next it grows by its logarithm', (n) => {
  expect(logFactorial(n + 1) - logFactorial(n)).toBeCloseTo(Math.log(n + 1), 8);
});

test('the series meets the table', () => {
  let sum = 0;
  for (let n = 2; n <= 1024; n++) sum += Math.log(n);
  expect(logFactorial(1024) / sum).toBeCloseTo(1, 13);
});
