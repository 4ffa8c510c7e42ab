/** The exact McNemar test against published p values, and with counts that overflow. */

import { expect, test } from 'vitest';
import { mcnemar } from '../../src/compare/mcnemar.ts';

test('equals published p values', () => {
  // Armitage & Berry (1994), p. 127, as worked at https://www.statsdirect.com/help/chi_square_tests/mat.htm
  expect(mcnemar(12, 2)).toBeCloseTo(0.0129, 4);
  // Fagerland, Lydersen & Laake (2013), doi 10.1186/1471-2288-13-91: exact conditional tests of their two tables
  expect(mcnemar(1, 7)).toBeCloseTo(0.07, 3);
  expect(mcnemar(6, 16)).toBeCloseTo(0.0525, 4);
});

test('is the sum over the binomial distribution', () => {
  const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k);
  for (const [b, c] of [
    [0, 0],
    [0, 1],
    [3, 4],
    [5, 5],
    [0, 20],
    [17, 30],
  ] as const) {
    let tail = 0;
    for (let i = 0; i <= Math.min(b, c); i++) tail += choose(b + c, i);
    expect(mcnemar(b, c)).toBeCloseTo(Math.min(1, (2 * tail) / 2 ** (b + c)), 12);
    expect(mcnemar(c, b)).toBe(mcnemar(b, c));
  }
});

test('holds for counts whose binomials overflow', () => {
  // A million discordant pairs: the normal distribution with continuity correction, z = 2 and z = 3.998.
  expect(mcnemar(499_000, 501_000)).toBeCloseTo(0.04556, 4);
  expect(mcnemar(498_000, 502_000) / 6.39e-5).toBeCloseTo(1, 1);
  expect(mcnemar(0, 1000)).toBeCloseTo(2 ** -999, 310);
  expect(mcnemar(0, 1000)).toBeGreaterThan(0);
  expect(mcnemar(500_000, 500_001)).toBeCloseTo(1, 6);
});
