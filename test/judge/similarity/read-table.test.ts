/** Metrics and pass marks in one line of text, and what is said of one that cannot be read. */

import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config.ts';
import { metricFor, thresholdOf } from '../../../src/judge/similarity/by-category.ts';
import { readTable, tableFault } from '../../../src/judge/similarity/read-table.ts';

test('marks of metrics, metrics of categories, and what stands in for cosine', () => {
  const table = readTable('chrf:0.6, math = exact, Code=code:0.9,creative=cosine:0.75|token_f1,other=rouge_l:0.2,');
  expect(table).toEqual({
    thresholds: { chrf: 0.6 },
    categories: {
      math: { metric: 'exact' },
      Code: { metric: 'code', threshold: 0.9 },
      creative: { metric: 'cosine', threshold: 0.75, without_embeddings: 'token_f1' },
      other: { metric: 'rouge_l', threshold: 0.2 },
    },
  });
  expect(metricFor('Math', { table, embeddings: false })).toEqual({ metric: 'exact', threshold: 1 });
  expect(metricFor('code', { table, embeddings: false })).toEqual({ metric: 'code', threshold: 0.9 });
  expect(metricFor('never heard of', { table, embeddings: false })).toEqual({ metric: 'rouge_l', threshold: 0.2 });
  expect(metricFor('translation', { table, embeddings: false })).toEqual({ metric: 'chrf', threshold: 0.6 });
  expect(metricFor('creative', { table, embeddings: true })).toEqual({ metric: 'cosine', threshold: 0.75 });
  expect(metricFor('creative', { table, embeddings: false }).metric).toBe('token_f1');
  expect(thresholdOf('chrf', table)).toBe(0.6);
});

test('another mark for the cosine of a category keeps what stands in for it', () => {
  const table = readTable('creative=cosine:0.8');
  expect(metricFor('creative', { table, embeddings: false }).metric).toBe('rouge_l');
});

test('an entry that cannot be read is named', () => {
  const cases: [text: string, words: RegExp][] = [
    ['math=nummeric', /"math=nummeric": there is no metric nummeric; there are exact, /],
    ['math=numeric:2', /the mark must be from 0 to 1/],
    ['numeric', /needs a category or a mark/],
    ['creative=cosine|cosine', /cannot stand in for itself/],
    ['math numeric 1', /must be METRIC:MARK or CATEGORY=METRIC/],
  ];
  for (const [text, words] of cases) {
    expect(tableFault(`chrf:0.5,${text}`), text).toMatch(words);
    expect(() => loadConfig({ env: { ASSAY_SIMILARITY_TABLE: text }, folder: '/nowhere' }), text).toThrow(words);
  }
  expect(tableFault('chrf:0.5')).toBeNull();
});
