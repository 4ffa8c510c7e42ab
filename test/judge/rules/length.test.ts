/** The rule length: characters, words, sentences and estimated tokens, in scripts with and without spaces. */

import { expect, test } from 'vitest';
import { charsOf, sentencesOf, wordsOf } from '../../../src/judge/rules/length.ts';
import { judged, verdict } from './judged.ts';

test.each<[object, string, string]>([
  [{ max: 5 }, '  abcde \n', 'pass'],
  [{ max: 5 }, 'abcdef', 'fail'],
  [{ min: 3 }, 'ab', 'fail'],
  [{ min: 3, max: 3 }, '👍🏽a', 'pass'],
  [{ max: 3, unit: 'words' }, 'one two three', 'pass'],
  [{ max: 3, unit: 'words' }, 'one two three four', 'fail'],
  [{ max: 2, unit: 'sentences' }, 'One. Two!', 'pass'],
  [{ max: 2, unit: 'sentences' }, 'One. Two! Three?', 'fail'],
  [{ max: 10, unit: 'tokens_approx' }, 'x'.repeat(40), 'pass'],
  [{ max: 10, unit: 'tokens_approx' }, 'x'.repeat(41), 'fail'],
  [{ min: 1, unit: 'words' }, '', 'fail'],
  [{ min: 0 }, '', 'pass'],
])('%j on %s: %s', (parameters, content, wanted) => {
  expect(verdict({ kind: 'length', ...parameters }, content)).toBe(wanted);
});

test('the reason tells length and limit', () => {
  expect(judged({ kind: 'length', max: 1, unit: 'words' }, 'two words')).toMatchObject({
    reason: 'the answer has 2 words, at most 1 allowed',
    details: { length: 2 },
  });
});

test.each<[string, number]>([
  ["It's a well-known 1,000.50 fact.", 5],
  ['yes,no;maybe', 3],
  ['l’été naïve', 2],
  ['— … !', 0],
  ['我们应该等到明天。', 4],
  ['ฉันรักภาษาไทย', 4],
  ['', 0],
])('words of %s: %i', (text, words) => {
  expect(wordsOf(text)).toBe(words);
});

test.each<[string, number]>([
  ['It costs 3.50 euros. He paid.', 2],
  ['你好。你是谁？', 2],
  ['- one\n- two\n', 2],
  ['... !!!', 0],
])('sentences of %s: %i', (text, sentences) => {
  expect(sentencesOf(text)).toBe(sentences);
});

test('a pair of surrogates is one character, a lone one too', () => {
  expect(charsOf('a😀b')).toBe(3);
  expect(charsOf('\ud800\ud83d\ude00\udc00')).toBe(3);
});

test('a megabyte in one line, with and without spaces', { timeout: 60_000 }, () => {
  expect(wordsOf('word '.repeat(200_000))).toBe(200_000);
  expect(wordsOf('词'.repeat(500_000))).toBeGreaterThan(1000);
  expect(sentencesOf('a'.repeat(1_000_000))).toBe(100);
});
