/** Agreement figures against published worked examples, and where they are not defined. */

import { describe, expect, test } from 'vitest';
import { cohensKappa, krippendorffAlpha, type Metric, observedAgreement } from '../../src/compare/agreement.ts';
import { anonymousOf, pairOf, patternsOf } from '../../src/compare/patterns.ts';

/** One character an item; a dot where the rater said nothing. */
const raters = (...rows: string[]) =>
  patternsOf(rows.map((row) => row.split(' ').map((value) => (value === '.' ? null : value))));

/** Two raters whose judgements fall into these cells. */
const table = (cells: number[][]) => {
  const values = cells.map((_, at) => String(at));
  const rows = cells.flatMap((row, a) => row.map((_, b) => [a, b]));
  return { values, rows, counts: cells.flat() };
};

const alpha = (patterns: ReturnType<typeof raters>, metric?: Metric, scale?: string[]) =>
  krippendorffAlpha(patterns, metric, scale)(patterns.counts);
const kappa = (patterns: ReturnType<typeof raters>) => cohensKappa(patterns)(patterns.counts);

// Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, https://repository.upenn.edu/asc_papers/43
const binary = raters('0 1 0 0 0 0 0 0 1 0', '1 1 1 0 0 1 0 0 0 0');
const nominal = raters('a a b b d c c c e d d a', 'b a b b b c c c e d d d');
const gaps = raters(
  '1 2 3 3 2 1 4 1 2 . . .',
  '1 2 3 3 2 2 4 1 2 5 . 3',
  '. 3 3 3 2 3 4 2 2 5 1 .',
  '1 2 3 3 2 4 4 1 2 5 1 .',
);

describe("Krippendorff's alpha equals his worked examples", () => {
  test('A: binary data, two observers', () => {
    expect(alpha(binary)).toBeCloseTo(0.095, 3);
  });

  test('B: nominal data, two observers', () => {
    expect(alpha(nominal)).toBeCloseTo(0.692, 3);
  });

  test.each<[Metric, number]>([
    ['nominal', 0.743],
    ['ordinal', 0.815],
    ['interval', 0.849],
    ['ratio', 0.797],
  ])('C and D: four observers, gaps, %s', (metric, figure) => {
    expect(alpha(gaps, metric)).toBeCloseTo(figure, 3);
  });

  test('the same when it is forgotten who said what, and when ranks are given by words', () => {
    for (const metric of ['nominal', 'ordinal', 'interval', 'ratio'] as const)
      expect(alpha(anonymousOf(gaps), metric)).toBeCloseTo(alpha(gaps, metric)!, 12);
    const words = { ...gaps, values: gaps.values.map((value) => `grade ${value}`) };
    expect(
      alpha(
        words,
        'ordinal',
        [1, 2, 3, 4, 5].map((n) => `grade ${n}`),
      ),
    ).toBeCloseTo(0.815, 3);
  });
});

describe("Cohen's kappa equals published examples", () => {
  test('grant proposals: 20, 5, 10, 15', () => {
    // https://en.wikipedia.org/wiki/Cohen%27s_kappa, "Simple example"
    expect(
      kappa(
        table([
          [20, 5],
          [10, 15],
        ]),
      ),
    ).toBeCloseTo(0.4, 12);
  });

  test('same percentage, different kappa', () => {
    // The same page, "Same percentages but different numbers"
    expect(
      kappa(
        table([
          [45, 15],
          [25, 15],
        ]),
      ),
    ).toBeCloseTo(0.1304, 4);
    expect(
      kappa(
        table([
          [25, 35],
          [5, 35],
        ]),
      ),
    ).toBeCloseTo(0.2593, 4);
  });

  test('psychiatric diagnoses of 200 cases', () => {
    // Cohen (1968), Weighted kappa, table 1, doi 10.1037/h0026256: unweighted .492
    expect(
      kappa(
        table([
          [88, 14, 18],
          [10, 40, 10],
          [2, 6, 12],
        ]),
      ),
    ).toBeCloseTo(0.492, 3);
  });

  test('items that only one judged do not count', () => {
    const both = raters('x x y y x .', 'x y y y . x');
    expect(kappa(both)).toBe(kappa(raters('x x y y', 'x y y y')));
    expect(kappa(pairOf(both, 0, 1))).toBe(kappa(both));
  });
});

describe('observed agreement', () => {
  const observed = (patterns: ReturnType<typeof raters>) => observedAgreement(patterns)(patterns.counts);

  test('is the share of pairs that agree, over items with two values or more', () => {
    expect(observed(raters('a a a .', 'a a b b', 'a b c .'))).toBeCloseTo((1 + 1 / 3 + 0) / 3, 12);
  });

  test('of a pair among others is over the items both judged', () => {
    const pair = pairOf(raters('a a . b', '. x x x', 'a b b b'), 0, 2);
    expect(pair.counts.reduce((a, b) => a + b)).toBe(3);
    expect(observed(pair)).toBeCloseTo(2 / 3, 12);
  });
});

describe('figures that are not defined are null', () => {
  test('no items, one rater, or one value throughout', () => {
    for (const nothing of [raters('. .', 'a .'), raters('. .', '. .')]) {
      expect(alpha(nothing)).toBeNull();
      expect(kappa(nothing)).toBeNull();
      expect(observedAgreement(nothing)(nothing.counts)).toBeNull();
    }
    expect(alpha(raters('a a', 'a a'))).toBeNull();
    expect(kappa(raters('a a', 'a a'))).toBeNull();
  });

  test('distances between values that are no numbers', () => {
    expect(alpha(nominal, 'interval')).toBeNull();
    expect(alpha(nominal, 'ordinal', ['a', 'b'])).toBeNull();
  });
});

test('perfect agreement is 1, agreement that is worse than chance below 0', () => {
  expect(alpha(raters('a b c', 'a b c'))).toBe(1);
  expect(kappa(raters('a b c', 'a b c'))).toBe(1);
  expect(alpha(raters('a b', 'b a'))).toBeLessThan(0);
  expect(kappa(raters('a b', 'b a'))).toBe(-1);
});
