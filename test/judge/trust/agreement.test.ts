/** A judge against people: cells, rates, kappa, what is still missing, and the verdict in words. */

import { describe, expect, test } from 'vitest';
import { type AgreementOptions, judgeAgreement, type LabelledRow } from '../../../src/judge/trust/agreement.ts';

/** So many rows of each: people's label, the judge's, how many. */
const rowsOf = (...cells: [human: string, judge: string | null, count: number, group?: string][]): LabelledRow[] =>
  cells.flatMap(([human, judge, count, group], cell) =>
    Array.from({ length: count }, (_, at) => ({ id: `${cell}-${at}`, human, judge, group })),
  );
const passing: AgreementOptions = { positive: 'pass', repetitions: 400 };

describe('confusion', () => {
  const rows = rowsOf(['pass', 'pass', 40], ['fail', 'pass', 5], ['pass', 'fail', 10], ['fail', 'fail', 45]);
  const figures = judgeAgreement(rows, passing);

  test('the four cells hold the ids of their rows', () => {
    const { a, b, c, d } = figures.cells!;
    expect([a.length, b.length, c.length, d.length]).toEqual([40, 5, 10, 45]);
    expect(b).toEqual(['1-0', '1-1', '1-2', '1-3', '1-4']);
    expect(figures.confusion.map(({ human, judge, ids }) => [human, judge, ids.length])).toEqual([
      ['fail', 'fail', 45],
      ['pass', 'pass', 40],
      ['pass', 'fail', 10],
      ['fail', 'pass', 5],
    ]);
  });

  test('rates and accuracy with their intervals', () => {
    expect(figures.truePositiveRate).toMatchObject({ hits: 40, n: 50, value: 0.8 });
    expect(figures.trueNegativeRate).toMatchObject({ hits: 45, n: 50, value: 0.9 });
    expect(figures.accuracy).toMatchObject({ hits: 85, n: 100, value: 0.85 });
    // Wilson's interval of 85 of 100.
    expect(figures.accuracy.interval![0]).toBeCloseTo(0.7672, 4);
    expect(figures.accuracy.interval![1]).toBeCloseTo(0.9069, 4);
  });

  test('kappa: 85 agree, 50 would by chance', () => {
    expect(figures.kappa).toBeCloseTo((0.85 - 0.5) / (1 - 0.5), 12);
    const [low, high] = figures.kappaInterval!;
    expect(low).toBeGreaterThan(0.5);
    expect(low).toBeLessThan(0.63);
    expect(high).toBeGreaterThan(0.78);
    expect(high).toBeLessThan(0.9);
  });

  test('without a label that counts as passed there are no rates', () => {
    expect(judgeAgreement(rows, { repetitions: 100 })).toMatchObject({
      cells: null,
      truePositiveRate: null,
      trueNegativeRate: null,
      accuracy: { hits: 85 },
    });
  });
});

test('unusable replies are listed, count as wrong everywhere, and are never dropped', () => {
  const usable = rowsOf(['pass', 'pass', 40], ['fail', 'fail', 40]);
  const without = judgeAgreement(usable, passing);
  const all = judgeAgreement([...usable, ...rowsOf(['pass', null, 10], ['fail', null, 10])], passing);
  expect(without.kappa).toBe(1);
  expect(all.n).toBe(100);
  expect(all.unusable).toHaveLength(20);
  expect(all.cells!.a.length + all.cells!.b.length + all.cells!.c.length + all.cells!.d.length).toBe(80);
  expect(all.accuracy.value).toBe(0.8);
  expect(all.truePositiveRate).toMatchObject({ hits: 40, n: 50 });
  expect(all.trueNegativeRate).toMatchObject({ hits: 40, n: 50 });
  // Chance: 50 of 100 against 40, twice; nobody else says "unusable".
  expect(all.kappa).toBeCloseTo((0.8 - 0.4) / (1 - 0.4), 12);
  expect(all.confusion).toContainEqual({ human: 'pass', judge: null, ids: expect.any(Array) });
});

describe('the verdict', () => {
  const verdict = (...cells: Parameters<typeof rowsOf>) => judgeAgreement(rowsOf(...cells), passing).verdict;

  test('no better than chance', () => {
    const got = verdict(['pass', 'pass', 30], ['fail', 'pass', 28], ['pass', 'fail', 22], ['fail', 'fail', 24]);
    expect(got).toMatchObject({ level: 'red', chance: true });
    expect(got.words).toMatch(
      /^No better than chance: kappa 0\.0\d \(-0\.\d\d to 0\.\d\d\) over 104 labels\. Do not rely/,
    );
  });

  test('worse than chance', () => {
    const got = verdict(['pass', 'fail', 50], ['fail', 'pass', 50]);
    expect(got).toMatchObject({ level: 'red', chance: true });
    expect(got.words).toMatch(/^Worse than chance: kappa -1\.00/);
  });

  test('weak below a kappa of 0.6', () => {
    const got = verdict(['pass', 'pass', 38], ['fail', 'pass', 12], ['pass', 'fail', 12], ['fail', 'fail', 38]);
    expect(got).toMatchObject({ level: 'red', chance: false });
    expect(got.words).toContain('weak: kappa 0.52');
  });

  test('a rate that is too low', () => {
    const got = verdict(['pass', 'pass', 100], ['fail', 'pass', 14], ['fail', 'fail', 36]);
    expect(got).toMatchObject({ level: 'amber', chance: false });
    expect(got.words).toContain('it fails only 72 % of what people fail');
  });

  test('too few labels, and which ones', () => {
    const { verdict: got, labels } = judgeAgreement(
      rowsOf(['pass', 'pass', 60], ['fail', 'pass', 1], ['fail', 'fail', 14]),
      passing,
    );
    expect(got.level).toBe('amber');
    expect(got.words).toContain('label 35 more "fail".');
    expect(labels).toEqual({ pass: { have: 60, missing: 0 }, fail: { have: 15, missing: 35 } });
  });

  test('good', () => {
    const got = verdict(['pass', 'pass', 48], ['fail', 'pass', 2], ['pass', 'fail', 2], ['fail', 'fail', 48]);
    expect(got).toMatchObject({ level: 'green', chance: false });
    expect(got.words).toMatch(/^Agrees well: kappa 0\.92 \(0\.\d\d to \d\.\d\d\) over 100 labels\.$/);
  });

  test('unknown without labels, or where all is one', () => {
    expect(verdict()).toMatchObject({ level: 'unknown', chance: null });
    expect(verdict().words).toContain('About 100 random ones');
    const one = verdict(['pass', 'pass', 30]);
    expect(one.level).toBe('unknown');
    expect(one.words).toContain('one and the same');
    expect(one.words).toContain('50 more "fail"');
  });

  test('its marks can be set', () => {
    const rows = rowsOf(['pass', 'pass', 38], ['fail', 'pass', 12], ['pass', 'fail', 12], ['fail', 'fail', 38]);
    const marks = { kappa: 0.4, rate: 0.7, labels: 50 };
    expect(judgeAgreement(rows, { ...passing, marks }).verdict.level).toBe('green');
  });
});

test('by group, each with its own figures', () => {
  const { groups } = judgeAgreement(
    rowsOf(
      ['pass', 'pass', 10, 'math'],
      ['fail', 'fail', 10, 'math'],
      ['pass', 'fail', 5, 'qa'],
      ['fail', 'pass', 5, 'qa'],
    ),
    passing,
  );
  expect(groups.map(({ group, n, kappa }) => [group, n, kappa])).toEqual([
    ['math', 20, 1],
    ['qa', 10, -1],
  ]);
  expect(judgeAgreement(rowsOf(['pass', 'pass', 3]), passing).groups).toEqual([]);
});

test('the same seed gives the same interval', () => {
  const rows = rowsOf(['pass', 'pass', 30], ['fail', 'pass', 7], ['pass', 'fail', 9], ['fail', 'fail', 21]);
  const interval = (seed: number) => judgeAgreement(rows, { seed }).kappaInterval;
  expect(interval(5)).toEqual(interval(5));
  expect(interval(5)).not.toEqual(interval(6));
});
