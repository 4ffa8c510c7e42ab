/** Where category and expected answer are guessed to stand. */

import { expect, it } from 'vitest';
import type { Column } from '../../src/contracts/datasets.ts';
import { noReading } from '../../src/datasets/dataset-rows.ts';
import { fillReading } from '../../src/datasets/guess-reading.ts';

const column = (path: string, more: Partial<Column> = {}): Column => ({
  path,
  kind: 'text',
  seen: 10,
  values: ['a', 'b'],
  ...more,
});
const guess = (...columns: (string | Column)[]) => {
  const given = columns.map((each) => (typeof each === 'string' ? column(each) : each));
  const { category_path, truth_path } = fillReading(noReading, given, 10);
  return [category_path, truth_path];
};

it.each([
  ['nothing', [], [null, null]],
  ['the usual names', ['question', 'expected', 'category'], ['category', 'expected']],
  ['names in their order', ['reference', 'label', 'answer', 'task', 'type'], ['type', 'answer']],
  ['a completion beside a prompt', ['prompt', 'completion', 'answer'], [null, 'completion']],
  ['a completion without a prompt', ['completion'], [null, null]],
  ['metadata', ['metadata.category', 'metadata.expected'], ['metadata.category', 'metadata.expected']],
  [
    'metadata of a batch line',
    ['body.metadata.topic', 'body.metadata.label'],
    ['body.metadata.topic', 'body.metadata.label'],
  ],
  ['fields few rows have', [column('answer', { seen: 5 }), column('category', { seen: 5 }), 'truth'], [null, 'truth']],
  ['too many types', [column('type', { values: null }), 'topic'], ['topic', null]],
  ['as many categories as there are', [column('category', { values: null })], ['category', null]],
  ['lists as categories', [column('category', { kind: 'list', values: null })], [null, null]],
  ['a list as truth', [column('reference', { kind: 'list', values: null })], [null, 'reference']],
])('%s', (_, columns, found) => {
  expect(guess(...columns)).toEqual(found);
});

it('what a person set stays', () => {
  const set = { name_path: 'who', category_path: 'x', truth_path: null };
  expect(fillReading(set, [column('category'), column('answer')], 10)).toEqual({ ...set, truth_path: 'answer' });
});
