/** The histogram: percentiles within 1 % of the true ones, everything else exact, memory that does not grow. */

import { describe, expect, it } from 'vitest';
import { addValue, newHistogram, statsOf } from '../../src/cli/analyze-histogram.ts';

const statsFor = (values: (number | null | undefined)[]) => {
  const histogram = newHistogram();
  for (const value of values) addValue(histogram, value);
  return statsOf(histogram);
};

describe('statsOf', () => {
  it('is null without values', () => {
    expect(statsFor([])).toBeNull();
    expect(statsFor([null, undefined, -1, Number.NaN, Number.POSITIVE_INFINITY])).toBeNull();
  });

  it('is exact for one value and for equal values', () => {
    expect(statsFor([7, 7, 7])).toMatchObject({ count: 3, total: 21, mean: 7, min: 7, max: 7, p50: 7, p99: 7 });
  });

  it.each([
    ['evenly spread', (i: number) => i + 1],
    ['with a long tail', (i: number) => Math.exp(((i * 7919) % 10_000) / 1000)],
    ['with zeros', (i: number) => (i % 3 === 0 ? 0 : i)],
  ])('%s: percentiles within 1 %%', (_, value) => {
    const values = Array.from({ length: 10_000 }, (_, i) => value(i));
    const sorted = values.toSorted((a, b) => a - b);
    const stats = statsFor(values)!;
    for (const [name, share] of [
      ['p50', 0.5],
      ['p90', 0.9],
      ['p95', 0.95],
      ['p99', 0.99],
    ] as const) {
      const exact = sorted[Math.ceil(share * 10_000) - 1]!;
      expect(Math.abs(stats[name] - exact)).toBeLessThanOrEqual(exact * 0.0101);
    }
    expect(stats.mean).toBeCloseTo(values.reduce((a, b) => a + b) / 10_000, 6);
    expect([stats.min, stats.max]).toEqual([sorted[0], sorted.at(-1)]);
  });

  it('puts each value into one bin, and keeps few bins and buckets', () => {
    const histogram = newHistogram();
    for (let i = 0; i < 100_000; i++) addValue(histogram, (i * i) % 1_000_003);
    expect(histogram.buckets.size).toBeLessThan(800);
    const { bins } = statsOf(histogram)!;
    expect(bins.length).toBeLessThanOrEqual(25);
    expect(bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(100_000);
  });
});
