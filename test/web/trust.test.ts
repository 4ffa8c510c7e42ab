/** The trust panel's tables, texts, axis and addresses. */

import { expect, test } from 'vitest';
import { confusionTable } from '../../web/src/trust/confusion-table.ts';
import { rateScale } from '../../web/src/trust/rate-scale.ts';
import {
  eloSpan,
  kappaInterval,
  kappaText,
  labelLink,
  rowsLink,
  shareInterval,
  shareText,
  spanText,
} from '../../web/src/trust/trust-text.ts';

test('the confusion has a row for each of people’s labels and a last column for unusable replies', () => {
  const table = confusionTable(
    [
      { human: 'pass', judge: 'pass', n: 40 },
      { human: 'pass', judge: null, n: 3 },
      { human: 'pass', judge: 'fail', n: 7 },
    ],
    'answers',
  );
  expect(table.rows).toEqual(['pass', 'fail']);
  expect(table.columns).toEqual(['pass', 'fail', null]);
  expect([table.count('pass', null), table.count('fail', 'pass'), table.most]).toEqual([3, 0, 40]);
  expect([table.rowSum('pass'), table.rowSum('fail'), table.columnSum(null), table.columnSum('pass')]).toEqual([
    50, 0, 3, 40,
  ]);
});

test('comparisons stand as a, tie, b, what no person says after them', () => {
  const table = confusionTable(
    [
      { human: 'b', judge: 'undecided', n: 2 },
      { human: 'a', judge: 'b', n: 1 },
    ],
    'pairs',
  );
  expect(table.rows).toEqual(['a', 'tie', 'b']);
  expect(table.columns).toEqual(['a', 'tie', 'b', 'undecided']);
  expect(confusionTable([], 'pairs').most).toBe(0);
});

test('the axis ends at marks that hold every rate and interval, within 0 and 100 %', () => {
  const row = (rate: number, interval: [number, number] | null) => ({ name: '', rate, interval });
  const scale = rateScale([row(0.62, [0.54, 0.71]), row(0.8, null)]);
  expect(scale.marks).toEqual([0.5, 0.6, 0.7, 0.8]);
  expect([scale.place(0.5), scale.place(0.8)]).toEqual([0, 100]);
  expect(scale.place(0.65)).toBeCloseTo(50);
  expect(rateScale([row(1, null)]).marks).toEqual([0.99, 1]);
  expect(rateScale([row(0, null)]).marks).toEqual([0, 0.01]);
  expect(rateScale([row(0.5, [-0.2, 1.3])]).marks).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(rateScale([]).marks).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  for (let low = 0; low < 1; low += 0.013) {
    for (let high = low; high <= 1; high += 0.017) {
      const { marks, place } = rateScale([row(low, [low, high])]);
      expect(marks[0]! >= 0 && marks.at(-1)! <= 1 && marks.length <= 6, `${low} ${high}: ${marks}`).toBe(true);
      expect(place(low) >= -1e-6 && place(high) <= 100 + 1e-6 && marks.length >= 2, `${low} ${high}`).toBe(true);
    }
  }
});

test('figures as texts: shares, kappa with a true minus, what is not defined, Elo by the strength', () => {
  expect([shareText({ value: 0.824 }), shareText({ value: null })]).toEqual(['82 %', '–']);
  expect([shareInterval([0.7, 0.894]), shareInterval(null)]).toEqual(['70 to 89 %', 'no interval']);
  expect([0.7249, -0.115, -0.001, null].map(kappaText)).toEqual(['0.72', '−0.12', '0.00', '–']);
  expect(kappaInterval([-0.1, 0.256])).toBe('−0.10 to 0.26');
  expect(eloSpan({ strength: 0, ci: [-Math.LN10, Math.LN10 / 2], elo: 1000 })).toEqual([600, 1200]);
  expect([spanText([1, 3]), spanText([2, 2])]).toEqual(['1 to 3', '2']);
});

test('addresses name the cell, the labels and the threshold; an unusable reply by its name', () => {
  const asked = { judgeRunId: 'jr_1', labels: 'all', human: 'pass', says: 'fail', threshold: 6, judge: null };
  expect(rowsLink(asked)).toBe('/judging/jr_1?labels=all&human=pass&says=fail&threshold=6#rows');
  expect(rowsLink({ ...asked, says: null, threshold: null, judge: 'second' })).toBe(
    '/judging/jr_1?labels=all&human=pass&says=unusable&judge=second#rows',
  );
  const queue = { benchmark_id: 'bm_1', other_benchmark_id: null, judge_run_id: 'jr_1', sample: 'audit' as const };
  expect(labelLink(queue)).toBe('/label?benchmark_id=bm_1&judge_run_id=jr_1&sample=audit');
});
