/** Bootstrap intervals: the same for the same seed, right in width and place, and by either way of drawing. */

import { describe, expect, test } from 'vitest';
import { cohensKappa, krippendorffAlpha } from '../../src/compare/agreement.ts';
import { bootstrap } from '../../src/compare/bootstrap.ts';
import { drawBinomial, seededRandom } from '../../src/compare/random.ts';

const share = (counts: ArrayLike<number>) => counts[0]! / (counts[0]! + counts[1]!);
const cells = [
  [20, 5],
  [10, 15],
].flat();
const pair = {
  values: ['yes', 'no'],
  rows: [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ],
  counts: cells,
};

test('the same seed gives the same interval, another seed another', () => {
  const kappa = cohensKappa(pair);
  const first = bootstrap(cells, kappa, { seed: 7 });
  expect(bootstrap(cells, kappa, { seed: 7 })).toEqual(first);
  expect(bootstrap(cells, kappa, { seed: 8 })).not.toEqual(first);
});

test.each([
  ['counts of patterns drawn', 1],
  ['items drawn one by one', 200],
])('a share has the interval of the binomial distribution: %s', (_, each) => {
  // 600 against 200 items, in 2 patterns or in 400.
  const counts = [...Array(each).fill(600 / each), ...Array(each).fill(200 / each)];
  const first = (sample: ArrayLike<number>) => {
    let sum = 0;
    for (let at = 0; at < each; at++) sum += sample[at]!;
    return sum / 800;
  };
  const [low, high] = bootstrap(counts, first, { repetitions: 4000 })!;
  const error = Math.sqrt((0.75 * 0.25) / 800);
  expect((0.75 - low) / error).toBeGreaterThan(1.8);
  expect((0.75 - low) / error).toBeLessThan(2.1);
  expect((high - 0.75) / error).toBeGreaterThan(1.8);
  expect((high - 0.75) / error).toBeLessThan(2.1);
});

test("kappa's interval is that of its known error", () => {
  // 0.40 with a standard error of 0.13 over 50 items (Fleiss, Cohen & Everitt 1969, doi 10.1037/h0028106).
  const [low, high] = bootstrap(cells, cohensKappa(pair), { repetitions: 4000 })!;
  expect(low).toBeCloseTo(0.15, 1);
  expect(high).toBeCloseTo(0.65, 1);
  expect(low).toBeLessThan(0.4);
  expect(high).toBeGreaterThan(0.4);
});

test('95 of 100 intervals hold the true figure, give or take', () => {
  const random = seededRandom(3);
  let held = 0;
  for (let i = 0; i < 200; i++) {
    const yes = drawBinomial(random, 400, 0.3);
    const [low, high] = bootstrap([yes, 400 - yes], share, { seed: i, repetitions: 400 })!;
    if (low <= 0.3 && 0.3 <= high) held += 1;
  }
  expect(held).toBeGreaterThanOrEqual(180);
  expect(held).toBeLessThan(200);
});

test('a wider level is a wider interval', () => {
  const [low, high] = bootstrap(cells, cohensKappa(pair), { level: 0.99 })!;
  const [inLow, inHigh] = bootstrap(cells, cohensKappa(pair), { level: 0.8 })!;
  expect(low).toBeLessThan(inLow);
  expect(high).toBeGreaterThan(inHigh);
});

test('is null where the figure has no value', () => {
  expect(bootstrap([], share)).toBeNull();
  expect(bootstrap([10], krippendorffAlpha({ values: ['a'], rows: [[0, 0]], counts: [10] }))).toBeNull();
});

describe('binomial draws', () => {
  test.each([
    [5, 0.5],
    [100, 0.02],
    [1000, 0.3],
    [1000, 0.97],
    [1_000_000, 0.5],
  ])('of %i tries at %f have the right mean and spread', (n, p) => {
    const random = seededRandom(11);
    const draws = Array.from({ length: 20_000 }, () => drawBinomial(random, n, p));
    const mean = draws.reduce((a, b) => a + b) / draws.length;
    const spread = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length;
    const expected = n * p * (1 - p);
    expect(Math.abs(mean - n * p)).toBeLessThan(5 * Math.sqrt(expected / draws.length));
    expect(spread / expected).toBeGreaterThan(0.94);
    expect(spread / expected).toBeLessThan(1.06);
    expect(draws.every((draw) => Number.isInteger(draw) && draw >= 0 && draw <= n)).toBe(true);
  });
});
