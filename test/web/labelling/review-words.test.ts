/** What labels have bought: lines of interval widths, and the newest step in words. */

import { expect, test } from 'vitest';
import type { ReviewRound } from '../../../src/contracts/label-studio.ts';
import { boughtTexts, type Figure, widthLines } from '../../../web/src/labelling/review-words.ts';

const figure = (part: Partial<Figure> = {}): Figure => ({
  model_id: 'm1',
  run_id: 'bm_1',
  golden: 14,
  n: 20,
  share: 0.7,
  low: 0.48,
  high: 0.855,
  judge_run_id: null,
  corrected: null,
  corrected_low: null,
  corrected_high: null,
  ...part,
});
const round = (number: number, part: Partial<ReviewRound> = {}): ReviewRound => ({
  round: number,
  labels: number * 20,
  audit_labels: number * 10,
  figures: [figure()],
  created_at: number,
  ...part,
});
const judged = { judge_run_id: 'jr', corrected: 0.71, corrected_low: 0.6, corrected_high: 0.82 };

// Newest first, as the server gives them.
const rounds = [
  round(2, { figures: [figure({ golden: 30, n: 40, share: 0.75, low: 0.6, high: 0.86, ...judged })] }),
  round(1, { figures: [figure(), figure({ model_id: 'gone', share: null, low: null, high: null })] }),
];

test('a line a model in the order of the rounds, one more by the judge, none where nothing is known', () => {
  const lines = widthLines(rounds);
  expect(lines.map(({ name }) => name)).toEqual(['m1', 'm1, with the judge']);
  expect(lines[0]!.points.map(({ labels }) => labels)).toEqual([20, 40]);
  expect(lines[0]!.points[0]!.width).toBeCloseTo(37.5);
  expect(lines[0]!.points[1]!.width).toBeCloseTo(26);
  expect(lines[1]!.points[0]!.width).toBeNull();
  expect(lines[1]!.points[1]!.width).toBeCloseTo(22);
});

test('the newest labels are told by what they made of the intervals', () => {
  expect(boughtTexts(rounds)).toEqual([
    'The last 20 labels, 10 of them in the audit sample:',
    'm1: 75 % golden, between 60 and 86 %; the interval went from 37.5 points to 26 points, 11.5 points narrower; the interval mended by the judge is 22 points wide.',
  ]);
});

test('an interval that became wider is told as such, one that stays too', () => {
  const wider = [round(1), round(2, { figures: [figure({ high: 0.9 })] })];
  expect(boughtTexts(wider)[1]).toContain('from 37.5 points to 42 points, 4.5 points wider');
  expect(boughtTexts([round(1), round(2)])[1]).toContain('the interval stays 37.5 points wide');
});

test('the first round says what it is; before it there is nothing', () => {
  expect(boughtTexts([round(1)])).toEqual([
    'The first 20 labels, 10 of them in the audit sample:',
    'm1: 70 % golden, between 48 and 85.5 %.',
  ]);
  expect(boughtTexts([])).toEqual([]);
  expect(widthLines([])).toEqual([]);
});
