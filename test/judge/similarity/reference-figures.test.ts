/** Similarity values equal those of rouge-score, sacrebleu, NLTK's stemmer and SQuAD's evaluation, recorded for 53 pairs. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chrf, chrfPlusPlus } from '../../../src/judge/similarity/chrf.ts';
import { squadNormalise } from '../../../src/judge/similarity/normalise-text.ts';
import { stem } from '../../../src/judge/similarity/porter-stemmer.ts';
import { rougeL } from '../../../src/judge/similarity/rouge-l.ts';
import { tokenF1 } from '../../../src/judge/similarity/token-f1.ts';

interface Recorded {
  answer: string;
  expected: string;
  rouge_l: number;
  rouge_l_stemmed: number;
  chrf: number;
  chrf_pp: number;
  token_f1: number;
  squad_exact: number;
}

// Made by reference_figures.py beside it.
const figures = JSON.parse(readFileSync(join(import.meta.dirname, 'reference-figures.json'), 'utf8')) as {
  pairs: Recorded[];
  stems: Record<string, string>;
};

test('there are enough pairs', () => {
  expect(figures.pairs.length).toBeGreaterThanOrEqual(40);
});

describe.each(figures.pairs.map((pair, at) => [at, pair.answer.slice(0, 30), pair] as const))(
  'pair %i, %j',
  (_, __, pair) => {
    const { answer, expected } = pair;
    test.each<[keyof Recorded, number]>([
      ['rouge_l', rougeL(answer, expected)],
      ['rouge_l_stemmed', rougeL(answer, expected, true)],
      ['chrf', chrf(answer, expected)],
      ['chrf_pp', chrfPlusPlus(answer, expected)],
      ['token_f1', tokenF1(answer, expected)],
      ['squad_exact', squadNormalise(answer) === squadNormalise(expected) ? 1 : 0],
    ])('%s', (name, value) => {
      expect(Math.abs(value - (pair[name] as number))).toBeLessThanOrEqual(1e-9);
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(1);
    });
  },
);

test('stems of words for every rule', () => {
  const words = Object.keys(figures.stems);
  expect(words.length).toBeGreaterThan(300);
  expect(Object.fromEntries(words.map((word) => [word, stem(word)]))).toEqual(figures.stems);
});
