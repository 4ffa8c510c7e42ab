/** Quantiles of the normal distribution and Wilson's intervals equal those of scipy and statsmodels. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { normalQuantile } from '../../../src/judge/trust/normal.ts';
import { shareOf, wilson } from '../../../src/judge/trust/wilson.ts';

// Made by reference_figures.py beside it.
const figures = JSON.parse(readFileSync(join(import.meta.dirname, 'reference-figures.json'), 'utf8')) as {
  normal: { p: number; value: number }[];
  wilson: { hits: number; n: number; level: number; low: number; high: number }[];
};

test.each(figures.normal)('the value below which a share of $p lies', ({ p, value }) => {
  expect(Math.abs(normalQuantile(p) - value)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(value)));
});

test.each(figures.wilson)('$hits of $n at level $level', ({ hits, n, level, low, high }) => {
  const got = wilson(hits, n, level)!;
  expect(Math.abs(got[0] - low)).toBeLessThan(1e-12);
  expect(Math.abs(got[1] - high)).toBeLessThan(1e-12);
});

test('of nothing there is no share', () => {
  expect(shareOf(0, 0)).toEqual({ hits: 0, n: 0, value: null, interval: null });
});
