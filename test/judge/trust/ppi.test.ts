/** PPI++ equals ppi_py on recorded inputs, and its intervals hold the truth as often as they say. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AssayError } from '../../../src/errors.ts';
import { type PpiInput, ppiMean } from '../../../src/judge/trust/ppi.ts';
import { seededRandom } from '../../harness/random.ts';

interface Recorded extends PpiInput {
  name: string;
  figures: { lambda: number | null; level: number; value: number; low: number; high: number }[];
}

// Made by reference_figures.py beside it.
const { ppi } = JSON.parse(readFileSync(join(import.meta.dirname, 'reference-figures.json'), 'utf8')) as {
  ppi: Recorded[];
};

describe('equals ppi_mean_pointestimate and ppi_mean_ci of ppi_py', () => {
  test.each(ppi.map((recorded) => [recorded.name, recorded] as const))('%s', (_, recorded) => {
    expect(recorded.figures).toHaveLength(8);
    for (const { lambda, level, value, low, high } of recorded.figures) {
      const got = ppiMean(recorded, { lambda: lambda ?? undefined, level });
      expect(Math.abs(got.value - value)).toBeLessThan(1e-6);
      expect(Math.abs(got.interval[0] - low)).toBeLessThan(1e-6);
      expect(Math.abs(got.interval[1] - high)).toBeLessThan(1e-6);
    }
  });
});

describe('lambda', () => {
  const [good, , , reverse] = ppi as [Recorded, Recorded, Recorded, Recorded];

  test('0 is the labels alone', () => {
    const got = ppiMean(good, { lambda: 0 });
    expect(got.value).toBe(got.labelsOnly.value);
    expect(got.interval).toEqual(got.labelsOnly.interval);
  });

  test('by itself is the one with the narrowest interval, and never wider than the labels alone', () => {
    const best = ppiMean(good);
    expect(best.lambda).toBeGreaterThan(0.5);
    for (let lambda = 0; lambda <= 1; lambda += 0.05)
      expect(ppiMean(good, { lambda }).standardError).toBeGreaterThan(best.standardError * 0.995);
    expect(best.standardError).toBeLessThan(0.8 * best.labelsOnly.standardError);
  });

  test('is 0 for a judge that says the reverse', () => {
    expect(ppiMean(reverse).lambda).toBe(0);
  });
});

test('verdicts that are all the same add nothing', () => {
  const got = ppiMean({ labels: [1, 0, 1, 1], judged: [0.1, 0.1, 0.1, 0.1], unlabelled: Array(50).fill(0.1) });
  expect(got).toMatchObject({ lambda: 0, labelled: 4, unlabelled: 50 });
  expect(got.value).toBe(0.75);
  expect(got.interval).toEqual(got.labelsOnly.interval);
});

test('with every answer labelled the figure is that of the labels, whatever lambda', () => {
  const input = { labels: [1, 0, 1, 1], judged: [1, 1, 1, 0], unlabelled: [] };
  for (const lambda of [undefined, 0, 1]) {
    const got = ppiMean(input, { lambda });
    expect(got.value).toBe(0.75);
    expect(got.warnings.join()).toContain('Every answer has a label');
  }
});

test('says when its interval cannot be relied on', () => {
  const few = ppiMean({ labels: [1], judged: [1], unlabelled: [1, 0] });
  expect(few.warnings[0]).toContain('1 label is too few');
  const same = ppiMean({ labels: Array(40).fill(1), judged: Array(40).fill(1), unlabelled: [1, 0] });
  expect(same.warnings).toHaveLength(1);
  expect(same.warnings[0]).toContain('All labels are the same');
  expect(ppiMean(ppi[0]!).warnings).toEqual([]);
});

test.each<{ what: string; input: PpiInput; lambda?: number; param: string }>([
  { what: 'no label', input: { labels: [], judged: [], unlabelled: [1] }, param: 'labels' },
  { what: 'lists of two lengths', input: { labels: [1], judged: [1, 0], unlabelled: [1] }, param: 'judged' },
  { what: 'what is no number', input: { labels: [1], judged: [1], unlabelled: [Number.NaN] }, param: 'unlabelled' },
  { what: 'a lambda above 1', input: { labels: [1], judged: [1], unlabelled: [1] }, lambda: 1.5, param: 'lambda' },
  { what: 'no lambda', input: { labels: [1], judged: [1], unlabelled: [1] }, lambda: Number.NaN, param: 'lambda' },
])('refuses $what', ({ input, lambda, param }) => {
  const refused = () => ppiMean(input, { lambda });
  expect(refused).toThrow(AssayError);
  expect(refused).toThrow(param);
});

/** Answers of which 70 % are good, and a judge that is right of 95 % of the good and 65 % of the bad ones: it passes 77 %. 200 of 1,000 have a label. */
test('of 1,000 simulated samples 93 to 97 % hold the true rate, narrower than the labels alone; the judge alone is off', () => {
  const random = seededRandom(20);
  let [held, heldByJudge, width, widthOfLabels] = [0, 0, 0, 0];
  for (let round = 0; round < 1000; round++) {
    const drawn = Array.from({ length: 1000 }, () => {
      const good = random() < 0.7;
      return { label: good ? 1 : 0, judged: random() < (good ? 0.95 : 0.35) ? 1 : 0 };
    });
    const got = ppiMean({
      labels: drawn.slice(0, 200).map(({ label }) => label),
      judged: drawn.slice(0, 200).map(({ judged }) => judged),
      unlabelled: drawn.slice(200).map(({ judged }) => judged),
    });
    if (got.interval[0] <= 0.7 && 0.7 <= got.interval[1]) held += 1;
    if (Math.abs(got.judgeOnly - 0.7) < 1.96 * Math.sqrt(0.21 / 1000)) heldByJudge += 1;
    width += got.interval[1] - got.interval[0];
    widthOfLabels += got.labelsOnly.interval[1] - got.labelsOnly.interval[0];
  }
  expect(held).toBeGreaterThanOrEqual(930);
  expect(held).toBeLessThanOrEqual(970);
  expect(width).toBeLessThan(0.9 * widthOfLabels);
  expect(heldByJudge).toBeLessThan(50);
});
