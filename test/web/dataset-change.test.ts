/** The settings of a dataset: only what was changed is sent, and patterns are checked before. */

import { expect, test } from 'vitest';
import { changeDataset, type DatasetObject } from '../../src/contracts/datasets.ts';
import { changeOf, formOf, ruleFault } from '../../web/src/datasets/dataset-change.ts';
import { usesOf } from '../../web/src/datasets/dataset-uses.ts';

const dataset = {
  name: 'candidates',
  reading: { name_path: null, category_path: 'category', truth_path: null },
  comparing: { decision_path: null, rules: [], normalisers: { score: { kind: 'exact' } } },
} as unknown as DatasetObject;

test('nothing is sent for a form that was left alone', () => {
  expect(changeOf(dataset, formOf(dataset))).toBeNull();
  expect(changeOf(dataset, { ...formOf(dataset), name: ' candidates ', namePath: '  ' })).toBeNull();
});

test('only what differs is sent, and an emptied path is null: guessed again', () => {
  const form = { ...formOf(dataset), name: 'people', categoryPath: '', decisionPath: 'verdict' };
  const change = changeOf(dataset, form);
  expect(change).toEqual({
    name: 'people',
    reading: { category_path: null },
    comparing: { decision_path: 'verdict' },
  });
  expect(changeDataset.parse(change)).toEqual(change);
});

test('normalisers are sent as a whole, and empty rules are left out', () => {
  const form = {
    ...formOf(dataset),
    normalisers: { score: { kind: 'number' as const, absolute: 0.5, relative: 0 } },
    rules: [{ pattern: ' ', flags: 'i' }],
  };
  expect(changeOf(dataset, form)).toEqual({
    comparing: { normalisers: { score: { kind: 'number', absolute: 0.5, relative: 0 } } },
  });
});

test('a pattern that is none says why', () => {
  expect(ruleFault({ pattern: 'answer: (yes|no)', flags: 'i' })).toBeNull();
  expect(ruleFault({ pattern: '(yes', flags: 'i' })).toMatch(/unterminated group/i);
  expect(ruleFault({ pattern: 'yes', flags: 'g' })).toMatch(/flags/i);
});

test('what hangs on a dataset is named, and only what does', () => {
  expect(usesOf({ runs: 1, answers: 1200, annotations: 0, golden_sets: 2 })).toEqual([
    '1 run',
    '1,200 answers',
    '2 golden sets',
  ]);
});
