/** The rule repetition: shares of repeated runs of words, loops at the end, and what only looks like them. */

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loopAtEnd, repeatedShare } from '../../../src/judge/rules/repetition.ts';
import { judged, verdict } from './judged.ts';

const rule = { kind: 'repetition' };
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `word${from + i}`).join(' ');

test('the share is of characters in runs of ten words that came before', () => {
  expect(repeatedShare(numbers(10, 90))).toBe(0);
  // 60 words, of which the last 20 stood there before: all words have six characters.
  expect(repeatedShare(`${numbers(10, 50)} ${numbers(10, 30)}`)).toBeCloseTo(20 / 60, 12);
  // Nine words are no run.
  expect(repeatedShare(`${numbers(10, 60)} ${numbers(10, 19)}`)).toBe(0);
  expect(repeatedShare(`${numbers(10, 60)} ${numbers(10, 20)}`)).toBeCloseTo(10 / 60, 12);
  // Overlapping runs count each word once: 60 words, the first ten of which are new.
  expect(repeatedShare(Array.from({ length: 6 }, () => numbers(10, 20)).join(' '))).toBeCloseTo(50 / 60, 12);
  // Short answers have no share.
  expect(repeatedShare(`${numbers(10, 30)} ${numbers(10, 30)}`)).toBe(0);
});

test('max_share is the limit', () => {
  const text = `${numbers(10, 50)} ${numbers(10, 30)} ${numbers(60, 70)}`;
  expect(repeatedShare(text)).toBeCloseTo(20 / 70, 12);
  expect(verdict(rule, text)).toBe('fail');
  expect(verdict({ ...rule, max_share: 0.3 }, text)).toBe('pass');
  expect(judged(rule, text).reason).toBe(
    '28.6 % of the answer stood in it before, in runs of 10 words; at most 20 % may',
  );
});

test('items of a numbered list that say the same are the same', () => {
  const list = Array.from({ length: 20 }, (_, i) => `${i + 1}. Design for schools and for offices`).join('\n');
  expect(verdict(rule, list)).toBe('fail');
});

test.each<[string, number | null]>([
  ['So it goes on and on. '.repeat(6), 6],
  [`The answer is ${'18'.repeat(60)}`, 60],
  [`It begins well. ${'no '.repeat(40)}`, 40],
  [`A list:\n${'- Ruler\n- Pen\n'.repeat(5)}`, 5],
  ['和平'.repeat(40), 40],
  [`${'A text that is long enough to be said again. '.repeat(3)}`, null],
  ['='.repeat(200), null],
  [`Total ${'.'.repeat(200)}`, null],
  [`| a | b |\n${'| --- '.repeat(30)}|`, null],
  ['no no no no no', null],
  [`${'So it goes on and on. '.repeat(6)}But then it ends.`, null],
])('loop at the end of %s: %s', (text, times) => {
  expect(loopAtEnd(text)?.times ?? null).toBe(times);
});

test('a loop fails whatever max_share is', () => {
  expect(judged({ ...rule, max_share: 1 }, `First. ${'And so on and on. '.repeat(8)}`)).toMatchObject({
    pass: false,
    reason: expect.stringContaining('8 times over'),
  });
});

// See CONTRIBUTING.md for the folder of real data.
const folder = process.env.ASSAY_TEST_DATA ?? resolve(import.meta.dirname, '../../../../shared/data');

describe.skipIf(!existsSync(folder))('real answers (skipped where the data is not there)', () => {
  test('of the reference answers of GPT-4 none repeats itself; of the answers of 7 B models some do', () => {
    const lines = readFileSync(join(folder, 'mt-bench', 'reference_answer_gpt-4.jsonl'), 'utf8')
      .trim()
      .split('\n');
    const good = lines.flatMap((line) => JSON.parse(line).choices[0].turns as unknown[]);
    const texts = good.filter((text) => typeof text === 'string');
    expect(texts.length).toBe(60);
    expect(texts.filter((text) => verdict(rule, text, { json: undefined }) === 'fail')).toEqual([]);
    const pairs = JSON.parse(readFileSync(join(folder, 'pandalm', 'testset-v1.json'), 'utf8'));
    const weak = pairs.flatMap((pair: Record<string, unknown>) => [pair.response1, pair.response2]);
    const looping = weak.filter(
      (text: unknown) => typeof text === 'string' && verdict(rule, text, { json: undefined }) === 'fail',
    );
    expect(looping.length).toBeGreaterThan(100);
    expect(looping.length).toBeLessThan(250);
  });
});
