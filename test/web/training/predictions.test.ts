/** What the pages of predictions work out themselves: samples of two jobs matched, McNemar's p, trends, addresses, keys of the list. */

import { expect, test } from 'vitest';
import { distinctTexts } from '../../../web/src/training/distinct-texts.ts';
import {
  countStandings,
  type Matched,
  matchSamples,
  pairedMean,
  standingOf,
} from '../../../web/src/training/match-samples.ts';
import { mcnemar } from '../../../web/src/training/mcnemar.ts';
import {
  readComparisonView,
  readTableView,
  readTwoJobsView,
  writeComparisonView,
  writeTableView,
  writeTwoJobsView,
} from '../../../web/src/training/predictions-view.ts';
import { sampleByKey } from '../../../web/src/training/sample-keys.ts';
import { changeText, stretchesOf, trendOf } from '../../../web/src/training/score-trend.ts';
import { evaluationText, figureText, perplexityText, scoreNamesOf } from '../../../web/src/training/score-words.ts';

const said = (sample_index: number, part: Partial<Matched> = {}): Matched => ({
  sample_index,
  sample_id: null,
  prompt: `prompt ${sample_index}`,
  ground_truth: `truth ${sample_index}`,
  prediction: 'text',
  scores: { exact_match: 0 },
  truth_nll: null,
  ...part,
});
const right = { scores: { exact_match: 1 } };
const by = { score: 'exact_match', mark: 1 };

test('samples are matched by id with the same truth, else by prompt and truth, each once', () => {
  const a = [
    said(0, { sample_id: 'x', prompt: 'as one template has it', ground_truth: 'T' }),
    said(1, { sample_id: 'by chance the same', ground_truth: 'one' }),
    said(2, { prompt: 'P', ground_truth: 'Q' }),
    said(3, { prompt: 'P', ground_truth: 'Q' }),
    said(4),
  ];
  const b = [
    said(9, { sample_id: 'y', prompt: 'P', ground_truth: 'Q' }),
    said(8, { sample_id: 'x', prompt: 'as the other has it', ground_truth: 'T' }),
    said(7, { sample_id: 'by chance the same', ground_truth: 'another' }),
  ];
  const { pairs, onlyInA, onlyInB } = matchSamples(a, b);
  const places = (of: readonly Matched[]) => of.map((each) => each.sample_index);
  expect(pairs.map((pair) => [pair.a.sample_index, pair.b.sample_index])).toEqual([
    [0, 8],
    [2, 9],
  ]);
  expect([places(onlyInA), places(onlyInB)]).toEqual([[1, 3, 4], [7]]);
});

test('who is right where; what could not be made or has no such score is in no count, and in no mean', () => {
  const pairs = [
    { a: said(0, right), b: said(0, right) },
    { a: said(1, right), b: said(1) },
    { a: said(2), b: said(2, right) },
    { a: said(3), b: said(3) },
    { a: said(4, { ...right, prediction: null }), b: said(4, right) },
    { a: said(5, { scores: {} }), b: said(5, right) },
  ];
  expect(countStandings(pairs, by)).toEqual({ both: 1, only_a: 1, only_b: 1, neither: 1, untold: 2 });
  expect(standingOf({ a: said(0, { scores: { chrf: 0.5 } }), b: said(0) }, { score: 'chrf', mark: 0.5 })).toBe(
    'untold',
  );
  const losses = [0.5, 1.5].map((truth_nll, at) => ({ a: said(at, { truth_nll }), b: said(at, { truth_nll: 0.5 }) }));
  const mean = pairedMean([...losses, { a: said(2, { truth_nll: 9 }), b: said(2) }], ({ truth_nll }) => truth_nll);
  expect(mean).toEqual({ a: 1, b: 0.5, difference: -0.5, pairs: 2 });
  expect(pairedMean(pairs, ({ truth_nll }) => truth_nll)).toBeNull();
});

test('McNemar’s exact p: worked by hand, and where the binomial parts underflow', () => {
  expect(mcnemar(0, 0)).toBe(1);
  expect(mcnemar(4, 4)).toBe(1);
  expect(mcnemar(0, 5)).toBeCloseTo(2 / 32, 12);
  expect(mcnemar(1, 5)).toBeCloseTo((2 * (1 + 6)) / 64, 12);
  expect(mcnemar(5, 1)).toBeCloseTo((2 * (1 + 6)) / 64, 12);
  expect(mcnemar(2, 3)).toBe(1);
  // The normal approximation with correction is within some percent there: z = 99 / sqrt(2900), p = 0.066.
  expect(mcnemar(1400, 1500)).toBeGreaterThan(0.064);
  expect(mcnemar(1400, 1500)).toBeLessThan(0.068);
});

test('a trend says which way and whether that is better; a line has holes where there is no figure', () => {
  expect(trendOf(0.5, 0.75)).toEqual({ way: 'up', better: true, by: 0.25 });
  expect(trendOf(2, 1.5, true)).toEqual({ way: 'down', better: true, by: -0.5 });
  expect(trendOf(1, 1.0001)).toEqual({ way: 'same', better: null, by: 0 });
  expect([trendOf(null, 1), trendOf(1, undefined)]).toEqual([null, null]);
  expect([0.25, -0.1004, 0].map(changeText)).toEqual(['+0.25', '−0.1', '±0']);
  const points = [1, null, null, 2, 3].map((value, at) => ({ at, value }));
  expect(stretchesOf(points)).toEqual([
    [{ at: 0, value: 1 }],
    [
      { at: 3, value: 2 },
      { at: 4, value: 3 },
    ],
  ]);
});

test('figures and evaluations as words', () => {
  expect([0.83333, 1, null, undefined].map(figureText)).toEqual(['0.833', '1', '–', '–']);
  expect([0, 1.5, 3, 8, 30].map(perplexityText)).toEqual(['1', '4.48', '20.1', '2,981', '> 1,000,000']);
  expect(evaluationText({ epoch: 0, step: 0, hook: 'train_begin' })).toBe('epoch 0, step 0, before the training');
  expect(evaluationText({ epoch: 1.25, step: 1200, hook: 'step_end' })).toBe('epoch 1.25, step 1,200');
  const scores: { scores: Record<string, number> }[] = [
    { scores: { own: 1, chrf: 1 } },
    { scores: { exact_match: 1 } },
  ];
  expect(scoreNamesOf(scores)).toEqual(['exact_match', 'chrf', 'own']);
});

test('an address keeps what others put there, leaves out what is usual, and ignores what it cannot mean', () => {
  const params = new URLSearchParams('view=predictions&epoch=1.5&errors=true&offset=50&open=7&limit=3');
  const table = readTableView(params);
  expect(table).toEqual({ epoch: 1.5, sample: null, errors: 'true', limit: 50, offset: 50, open: 7 });
  const next = writeTableView(params, { ...table, epoch: 'latest', errors: null, offset: 0, open: null });
  expect(next.toString()).toBe('view=predictions&epoch=latest');
  expect(readTableView(new URLSearchParams('epoch=no&sample=-1&errors=maybe&offset=1e3'))).toEqual({
    ...{ epoch: null, sample: null, errors: null, limit: 50, offset: 0, open: null },
  });

  const comparison = { score: 'chrf', mark: 0.5, movement: 'learned', of: 3, against: null } as const;
  const told = writeComparisonView(new URLSearchParams('view=comparison'), comparison);
  expect(told.toString()).toBe('view=comparison&score=chrf&mark=0.5&movement=learned&of=3&against=none');
  expect(readComparisonView(told)).toEqual(comparison);
  const usual = readComparisonView(new URLSearchParams('mark=2&movement=none'));
  expect(usual).toEqual({ score: 'exact_match', mark: 1, movement: null, of: null, against: 'before' });

  const two = {
    score: 'exact_match',
    mark: 1,
    a: '24 epoch_end',
    b: null,
    standing: 'only_b',
    against: 'other',
  } as const;
  expect(readTwoJobsView(writeTwoJobsView(new URLSearchParams(), two))).toEqual(two);
});

test('keys go through the samples that are listed', () => {
  const samples = [4, 2, 9].map((sample_index) => ({ sample_index }));
  const to = (key: string, chosen: number | null) => sampleByKey(key, samples, chosen);
  expect([to('ArrowDown', 4), to('ArrowDown', 9), to('ArrowUp', 2), to('ArrowUp', 4)]).toEqual([2, null, 4, 4]);
  expect([to('End', 4), to('Home', 9), to('x', 4), to('ArrowDown', null)]).toEqual([9, 4, null, 4]);
});

test('a long beginning that all prompts share is cut at a word, a short one and texts that are alike are not', () => {
  const template = 'You are the archivist of Zalvoria. ';
  const cut = distinctTexts([`${template}Where is Town-1?`, `${template}Where is Town-22?`]);
  expect(cut(`${template}Where is Town-1?`)).toBe('…Town-1?');
  for (const texts of [[], [template], [template, template], ['Where is A?', 'Where is B?']]) {
    expect(distinctTexts(texts)(texts[0] ?? 'any')).toBe(texts[0] ?? 'any');
  }
});
