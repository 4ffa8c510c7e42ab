/** Similarity by metric: value, score, pass and notes; embeddings in one call; what a category is measured by. */

import { describe, expect, test } from 'vitest';
import { type MetricName, metricNames, similarityTable } from '../../../src/contracts/similarity.ts';
import { AssayError } from '../../../src/errors.ts';
import { defaultCategories, defaultThresholds, metricFor } from '../../../src/judge/similarity/by-category.ts';
import { cosine } from '../../../src/judge/similarity/cosine.ts';
import { normaliseText, squadNormalise } from '../../../src/judge/similarity/normalise-text.ts';
import { openSimilarity, type SimilarityOptions } from '../../../src/judge/similarity/open-similarity.ts';

interface Case {
  metric: MetricName;
  answer: string;
  expected: string;
  options?: SimilarityOptions;
}

const one = async ({ metric, answer, expected, options }: Case) =>
  (await openSimilarity(metric, options).of([{ answer, expected }]))[0]!;

/** A simulated embedding: how often each letter stands in the text, less what is usual. */
const letters = async (texts: string[]) =>
  texts.map((text) => [...'abcdefghij'].map((letter) => text.split(letter).length - 1.5));

describe('every metric', () => {
  const pairs = [
    ['', ''],
    ['The cat sat.', 'the cat sat'],
    ['abc', 'jihgfedc'],
    ['\u5317\u4eac', '\u5317\u4eac\u3002'],
    ['x'.repeat(3000), 'y 17 '.repeat(600)],
    ['<think>no', 'no'],
  ].map(([answer, expected]) => ({ answer: answer!, expected: expected! }));

  test.each(metricNames)(
    '%s: values from 0 to 1, the score ten times that, a pass from the threshold on',
    async (metric) => {
      const outcomes = await openSimilarity(metric, { embed: letters }).of(pairs);
      expect(outcomes).toHaveLength(pairs.length);
      for (const { value, score, threshold, pass } of outcomes) {
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
        expect(score).toBeCloseTo(10 * value, 12);
        expect(threshold).toBe(defaultThresholds[metric]);
        expect(pass).toBe(value >= threshold);
      }
    },
  );
});

test.each<Case & { value: number }>([
  { metric: 'exact', answer: ' Paris\n', expected: 'Paris', value: 1 },
  { metric: 'exact', answer: 'paris', expected: 'Paris', value: 0 },
  { metric: 'normalised', answer: 'The Eiffel-Tower!', expected: 'eiffeltower', value: 1 },
  { metric: 'normalised', answer: '\uff21\uff22\uff23\u3002', expected: 'abc', value: 1 },
  { metric: 'numeric', answer: 'so 1.5 km', expected: '1500 m', value: 1 },
  { metric: 'code', answer: '```\nx = 1\n```', expected: 'x=1', value: 1 },
  { metric: 'rouge_l', answer: 'a b c d', expected: 'a c', value: 2 / 3 },
  { metric: 'rouge_l', answer: 'running dogs', expected: 'runs dog', options: { stemmed: true }, value: 1 },
  { metric: 'rouge_l', answer: 'running dogs', expected: 'runs dog', value: 0 },
  { metric: 'chrf', answer: 'same', expected: 'same', value: 1 },
  { metric: 'chrf_pp', answer: 'same words', expected: 'same words', value: 1 },
  { metric: 'token_f1', answer: 'the red cat', expected: 'cat', value: 2 / 3 },
  { metric: 'token_f1', answer: '<think>dog?</think> cat', expected: 'cat', value: 1 },
])('$metric of $answer and $expected is $value', async ({ value, ...given }) => {
  expect((await one(given)).value).toBeCloseTo(value, 12);
});

test('a threshold decides, and what misses it by a rounding error passes', async () => {
  const given: Case = { metric: 'token_f1', answer: 'the red cat', expected: 'cat' };
  expect(await one({ ...given, options: { threshold: 2 / 3 } })).toMatchObject({ pass: true, threshold: 2 / 3 });
  expect(await one({ ...given, options: { threshold: 0.667 } })).toMatchObject({ pass: false });
});

describe('notes', () => {
  test('a text that is cut is said to be, and only where it is', async () => {
    const long = 'abc '.repeat(100);
    for (const metric of ['rouge_l', 'chrf', 'chrf_pp', 'code'] as const) {
      const { note } = await one({ metric, answer: long, expected: 'abc', options: { maxCharacters: 50 } });
      expect(note).toBe('of 400 characters of the answer the first 50 were compared');
      expect((await one({ metric, answer: 'abc', expected: 'abc', options: { maxCharacters: 50 } })).note).toBeNull();
    }
    // These read to the end.
    const end = `${'x '.repeat(60_000)} 17`;
    for (const metric of ['exact', 'normalised', 'numeric', 'token_f1'] as const)
      expect(await one({ metric, answer: end, expected: end })).toMatchObject({ value: 1, note: null });
    expect((await one({ metric: 'exact', answer: end, expected: `${end}8` })).value).toBe(0);
  });

  test('a surrogate pair is not cut apart', async () => {
    const smile = '\u{1f600}'.repeat(10);
    const options = { maxCharacters: 5 };
    expect((await one({ metric: 'chrf', answer: smile, expected: '\u{1f600}\u{1f600}', options })).value).toBe(1);
  });

  test('an expected answer without a number is compared as text', async () => {
    const outcome = await one({ metric: 'numeric', answer: 'Paris.', expected: 'paris' });
    expect(outcome).toMatchObject({ metric: 'normalised', value: 1 });
    expect(outcome.note).toContain('holds no number');
  });

  test('ROUGE-L does not see other scripts, an empty expected answer is named', async () => {
    const greek = await one({ metric: 'rouge_l', answer: '\u03b1\u03b2', expected: '\u03b1\u03b2' });
    expect(greek).toMatchObject({ value: 0 });
    expect(greek.note).toContain('take chrf');
    expect((await one({ metric: 'chrf', answer: 'x', expected: ' ' })).note).toBe('the expected answer is empty');
  });
});

describe('cosine', () => {
  test('embeds each different text once, in one call', async () => {
    const calls: string[][] = [];
    const embed = async (texts: string[]) => {
      calls.push(texts);
      return texts.map((text) => (text === 'up' ? [0, 2] : text === 'down' ? [0, -1] : [3, 4]));
    };
    const outcomes = await openSimilarity('cosine', { embed }).of([
      { answer: 'up', expected: 'up' },
      { answer: 'down', expected: 'up' },
      { answer: 'across', expected: 'up' },
      { answer: '', expected: 'up' },
    ]);
    expect(calls).toEqual([['up', 'down', 'across']]);
    expect(outcomes.map(({ value }) => Number(value.toFixed(6)))).toEqual([1, 0, 0.8, 0]);
    expect(outcomes[3]!.note).toContain('a text is empty');
    await openSimilarity('cosine', { embed }).of([]);
    expect(calls).toHaveLength(1);
  });

  test('of vectors', () => {
    expect(cosine([1, 2, 3], [2, 4, 6])).toBeCloseTo(1, 12);
    expect(cosine([1, 0], [0, 1])).toBe(0);
    expect(cosine([1, 0], [0, 0])).toBeNull();
  });

  test.each<[string, number[][], string]>([
    ['too few vectors', [[1, 2]], '1 embeddings for 2 texts'],
    ['two lengths', [[1, 2], [1]], 'of 2 and of 1 numbers'],
    [
      'no numbers',
      [
        [1, Number.NaN],
        [1, 2],
      ],
      'not made of numbers',
    ],
  ])('refuses %s', async (_, vectors, problem) => {
    const asked = openSimilarity('cosine', { embed: async () => vectors }).of([{ answer: 'a', expected: 'b' }]);
    await expect(asked).rejects.toThrow(problem);
    await expect(asked).rejects.toBeInstanceOf(AssayError);
  });
});

test.each<[string, MetricName, SimilarityOptions]>([
  ['cosine without embeddings', 'cosine', {}],
  ['a threshold above 1', 'chrf', { threshold: 7 }],
  ['a threshold that is none', 'chrf', { threshold: Number.NaN }],
  ['no characters', 'chrf', { maxCharacters: 0 }],
])('refuses %s', (_, metric, options) => {
  expect(() => openSimilarity(metric, options)).toThrow(AssayError);
});

describe('the metric of a category', () => {
  const chosen = (category: string | null, given: unknown = {}, embeddings = false) =>
    metricFor(category, { table: similarityTable.parse(given), embeddings });

  test.each([
    ['math', 'numeric'],
    ['coding', 'code'],
    ['qa', 'token_f1'],
    ['Question Answering', 'token_f1'],
    [' reasoning ', 'chrf_pp'],
    ['creative', 'rouge_l'],
    ['something else', 'chrf'],
    [null, 'chrf'],
  ])('%j is measured by %s', (category, metric) => {
    expect(chosen(category)).toEqual({ metric, threshold: defaultThresholds[metric as MetricName] });
  });

  test('creative takes cosine where there are embeddings', () => {
    expect(chosen('writing', {}, true)).toEqual({ metric: 'cosine', threshold: 0.7 });
  });

  test('configuration replaces marks and entries one by one', () => {
    const given = {
      thresholds: { chrf: 0.2 },
      categories: { Legal: { metric: 'rouge_l', threshold: 0.9 }, math: { metric: 'exact' } },
    };
    expect(chosen('legal', given)).toEqual({ metric: 'rouge_l', threshold: 0.9 });
    expect(chosen('math', given)).toEqual({ metric: 'exact', threshold: 1 });
    expect(chosen('unknown', given)).toEqual({ metric: 'chrf', threshold: 0.2 });
    expect(chosen('code', given)).toEqual({ metric: 'code', threshold: 0.8 });
    const cosineMark = { categories: { creative: { metric: 'cosine', threshold: 0.95 } } };
    expect(chosen('creative', cosineMark, true)).toEqual({ metric: 'cosine', threshold: 0.95 });
    expect(chosen('creative', cosineMark)).toEqual({ metric: 'chrf', threshold: 0.5 });
  });

  test('bad configuration is refused by the contract', () => {
    for (const bad of [
      { thresholds: { chrf: 1.5 } },
      { thresholds: { bleu: 0.5 } },
      { categories: { math: { metric: 'bleu' } } },
      { categories: { math: { metric: 'cosine', without_embeddings: 'cosine' } } },
    ])
      expect(similarityTable.safeParse(bad).success).toBe(false);
  });

  test('every built-in entry is one that the contract takes', () => {
    expect(similarityTable.parse({ categories: defaultCategories, thresholds: defaultThresholds })).toBeDefined();
  });
});

test('a long list lets other work go on', async () => {
  const text = Array.from({ length: 400 }, (_, at) => `word${at}`).join(' ');
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  await openSimilarity('chrf').of(Array.from({ length: 100 }, () => ({ answer: text, expected: `${text} more` })));
  clearInterval(timer);
  expect(turns).toBeGreaterThan(3);
});

test('normalised text goes further than SQuAD: compatible forms, punctuation of all scripts', () => {
  expect(squadNormalise('The  Cat\u3002')).toBe('cat\u3002');
  expect(normaliseText('The  Cat\u3002')).toBe('cat');
  expect(normaliseText('\u300c\u6771\u4eac\u300d')).toBe('\u6771\u4eac');
  expect(normaliseText('\ufb01ne')).toBe('fine');
  expect(normaliseText('a\u00e9 an the')).toBe('a\u00e9');
});
