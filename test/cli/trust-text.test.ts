/** A trust panel and a ranking as a terminal shows them. */

import { expect, test } from 'vitest';
import { rankingLines, trustLines } from '../../src/cli/trust-text.ts';
import type { TrustPanel } from '../../src/contracts/trust.ts';

const agreement: TrustPanel['agreement'] = {
  n: 120,
  unusable: 3,
  confusion: [
    { human: 'pass', judge: 'pass', n: 60 },
    { human: 'fail', judge: 'pass', n: 57 },
    { human: 'pass', judge: null, n: 3 },
  ],
  true_positive_rate: { hits: 60, n: 63, value: 60 / 63, interval: [0.87, 0.98] },
  true_negative_rate: { hits: 0, n: 57, value: 0, interval: [0, 0.06] },
  accuracy: { hits: 60, n: 120, value: 0.5, interval: [0.41, 0.59] },
  kappa: -0.01,
  kappa_ci: [-0.06, 0.03],
  labels: {},
  verdict: { level: 'red', chance: true, words: 'No better than chance: kappa 0.00. Do not rely on this judge.' },
};
const panel: TrustPanel = {
  judge_run_id: 'jr_1',
  judge: 'small-judge',
  judges: ['small-judge'],
  threshold: 7,
  labels: {
    n: 120,
    without_majority: 4,
    audit: 100,
    people: ['Ann'],
    sources: [{ labels: 'queue', name: 'queue', n: 124 }],
  },
  agreement,
  categories: [
    { ...agreement, group: 'math' },
    { ...agreement, group: '\u001b[31mcode', n: 20 },
  ],
  rubric_versions: [{ ...agreement, group: '1' }],
  people: null,
  corrected: {
    labelled: 100,
    unlabelled: 900,
    rate: 0.525,
    ci: [0.43, 0.62],
    lambda: 0,
    labels_only: { rate: 0.53, ci: [0.43, 0.63] },
    judge_only: 0.98,
    warnings: ['Label more.'],
  },
  corrected_problem: null,
  biases: [{ kind: 'length', n: 900, effect: 0.3, p: 0.001, found: true, sentence: 'Length: the score rises.' }],
};

test('no better than chance stands first, then every figure with its interval', () => {
  const lines = trustLines(panel, 90);
  const text = lines.join('\n');
  expect(lines[0]).toBe('small-judge, red: No better than chance: kappa 0.00. Do not rely on this judge.');
  expect(text).toMatch(/kappa +-0\.01 +\(-0\.06 to 0\.03\)/);
  expect(text).toMatch(/passes what people pass +95 % +\(87 % to 98 %\) 60 of 63/);
  expect(text).toMatch(/no usable verdict +3 +counted as wrong/);
  expect(text).toMatch(/pass +unusable +3/);
  expect(text).toMatch(/rate over all, corrected +52\.5 % +\(43\.0 % to 62\.0 %\)/);
  expect(text).toMatch(/judge alone, as it is +98\.0 %/);
  expect(text).toContain('Labels: 120 answers, 100 of them of the random sample; 4 without a majority are left out.');
  expect(text).toContain('Length: the score rises.');
  expect(text).toContain('By category');
  expect(text).not.toContain('By rubric version');
  expect(text).not.toContain('\u001b');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(90);
});

test('without a corrected rate the reason; people among themselves where there are two', () => {
  const people: TrustPanel['people'] = {
    kappas: [{ a: 'Ann', b: 'Ben', n: 50, kappa: 0.8, kappa_ci: [0.7, 0.9] }],
    alpha: 0.81,
    alpha_ci: null,
    unanimous: { hits: 45, n: 50, value: 0.9, interval: [0.8, 0.95] },
  };
  const text = trustLines(
    { ...panel, people, corrected: null, corrected_problem: 'There are no labels yet.', biases: [] },
    100,
  ).join('\n');
  expect(text).toContain('No corrected rate: There are no labels yet.');
  expect(text).toMatch(/Ann, Ben +kappa 0\.80 \(0\.70 to 0\.90\) +50 answers/);
  expect(text).toContain('alpha 0.81; all say the same of 90 %.');
});

test('a ranking by group, with its warnings; without comparisons it says so', () => {
  const row = { strength: 0.5, ci: [0, 1] as [number, number], wins: 6, losses: 2, ties: 1 };
  const lines = rankingLines(
    {
      models: [
        { ...row, model: 'red', rank: 1, rank_interval: [1, 2], elo: 1087.2, group: 0 },
        { ...row, model: 'blue', rank: 2, rank_interval: [1, 2], elo: 912.8, group: 0 },
      ],
      groups: [['red', 'blue']],
      comparisons: 9,
      warnings: ['One side won every comparison.'],
    },
    100,
  );
  expect(lines[0]).toBe('9 comparisons');
  expect(lines[2]).toMatch(/1\. +red +Elo 1087 +rank 1 to 2 +won 6, lost 2, tied 1/);
  expect(lines.at(-1)).toBe('One side won every comparison.');
  expect(rankingLines({ models: [], groups: [], comparisons: 0, warnings: [] }, 100)[0]).toContain('No comparison');
});
