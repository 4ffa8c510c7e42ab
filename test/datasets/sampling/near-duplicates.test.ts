/** Near-duplicates are found at their true similarity, whatever the length, script or bytes of the texts. */

import { expect, test } from 'vitest';
import { bandsFor, openNearDuplicates } from '../../../src/datasets/sampling/near-duplicates.ts';

const words = (from: number, count: number) => Array.from({ length: count }, (_, at) => `w${from + at}`).join(' ');

test('texts that differ in case, spaces and punctuation are the same, other sums are not', () => {
  const seen = openNearDuplicates({ threshold: 0.8, seed: 1 });
  seen.add('apples', 'How many apples does Ann have, if she eats 3 of 10?');
  expect(seen.nearest('  how many APPLES does Ann have if she eats 3 of 10 ')).toEqual({ id: 'apples', similarity: 1 });
  expect(seen.nearest('How many pears does Tom have, if he buys 7 more?')).toBeNull();
  seen.add('sum', 'What is 3 + 4?');
  expect(seen.nearest('What is 3 * 4?')).toBeNull();
  expect(seen.nearest('4 is what + 3')).toBeNull();
});

test('similarity is the Jaccard index of shingles, and the nearest of several is given', () => {
  const seen = openNearDuplicates({ threshold: 0.5, seed: 7 });
  // 100 words have 98 shingles; 10 words further on, 88 of them are shared of 108.
  seen.add('far', words(30, 100));
  seen.add('near', words(10, 100));
  expect(seen.nearest(words(0, 100))).toEqual({ id: 'near', similarity: 88 / 108 });
  expect(seen.nearest(words(60, 100))).toEqual({ id: 'far', similarity: 68 / 128 });
  expect(seen.nearest(words(200, 100))).toBeNull();
  seen.add('again', words(10, 100));
  expect(seen.nearest(words(0, 100))?.id).toBe('near');
});

test('of 400 pairs at the threshold nearly all are found, none under it', () => {
  const seen = openNearDuplicates({ threshold: 0.8, seed: 3 });
  let found = 0;
  for (let pair = 0; pair < 400; pair++) {
    const from = pair * 1000;
    seen.add(`${pair}`, words(from, 92));
    // 80 of 100 shingles shared, then 79 of 101.
    if (seen.nearest(words(from + 10, 92))?.id === `${pair}`) found += 1;
    expect(seen.nearest(words(from + 11, 92))).toBeNull();
  }
  expect(found).toBeGreaterThan(392);
  expect(bandsFor(0.3).rows).toBeLessThan(bandsFor(0.8).rows);
  expect(bandsFor(1)).toEqual({ bands: 1, rows: 128 });
});

test('takes a text only once, with hostile, foreign and huge ones among them', () => {
  const seen = openNearDuplicates({ threshold: 0.8, seed: 1 });
  const huge = words(0, 200_000);
  const texts = [
    '',
    '\0',
    '\ud800',
    '🎲🎲',
    'Ja',
    'nein',
    '請告訴我這首詩的意思是什麼',
    'つぎの文を英語に訳してください',
    huge,
  ];
  expect(texts.map((text, at) => seen.addUnlessNear(`${at}`, text))).toEqual(texts.map(() => null));
  expect(texts.map((text, at) => seen.addUnlessNear(`again ${at}`, text)?.id)).toEqual(texts.map((_, at) => `${at}`));
  expect(seen.size).toBe(texts.length);
  expect(seen.nearest('請告訴我這首詩的意思是什麼呢')).toMatchObject({ id: '6' });
  expect(seen.nearest(words(10_000, 200_000))?.similarity).toBeCloseTo(190 / 210, 1);
  expect(seen.nearest(words(100_000, 200_000))).toBeNull();
});
