/** Rows are shared out by weight, within bounds, to the last one. */

import { expect, test } from 'vitest';
import { allocate, type Part } from '../../../src/datasets/sampling/allocate.ts';

const part = (weight: number, most = 1e9, least = 0): Part => ({ weight, most, least });

test('shares are those of the weights, whole rows by largest remainder', () => {
  expect(allocate(10, [part(1), part(1), part(1)])).toEqual([4, 3, 3]);
  expect(allocate(20_000, [part(0.41), part(0.2899), part(0.3001)])).toEqual([8200, 5798, 6002]);
  expect(allocate(0, [part(1)])).toEqual([0]);
  expect(allocate(7, [])).toEqual([]);
});

test('what one cannot take goes to the others, and a minimum is taken from them', () => {
  expect(allocate(100, [part(1, 10), part(1), part(2)])).toEqual([10, 30, 60]);
  expect(allocate(100, [part(1), part(99, 1e9, 0), part(0)])).toEqual([1, 99, 0]);
  expect(allocate(100, [part(1, 1e9, 20), part(99)])).toEqual([20, 80]);
  expect(allocate(100, [part(1, 5, 20), part(99, 1e9, 20), part(0, 1e9, 20)])).toEqual([5, 75, 20]);
  expect(allocate(100, [part(1, 30), part(1, 40), part(0, 50)])).toEqual([30, 40, 0]);
});

test('of many parts the sum is always the total, and each lies within one row of its share', () => {
  for (let size = 1; size <= 400; size += 7) {
    const parts = Array.from({ length: size }, (_, at) => part(1 + ((at * 7919) % 113)));
    const weights = parts.reduce((sum, { weight }) => sum + weight, 0);
    const rows = allocate(20_011, parts);
    expect(rows.reduce((sum, count) => sum + count, 0)).toBe(20_011);
    for (const [at, { weight }] of parts.entries()) {
      expect(Math.abs(rows[at]! - (20_011 * weight) / weights)).toBeLessThan(1);
    }
  }
});
