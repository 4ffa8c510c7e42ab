/** Rows that part inside the same block, found in keys in sorted order. */

import { expect, test } from 'vitest';
import { blockChars, prefixKey } from '../../src/prompts/prefix-key.ts';
import { textRuns } from '../../src/prompts/text-runs.ts';

/** The runs of prompts in the order of their keys: in which characters the rows part, and what each holds there. */
function found(prompts: string[]) {
  const sorted = prompts.toSorted((a, b) => Buffer.compare(prefixKey(a), prefixKey(b)));
  const texts = textRuns(sorted.length);
  for (const prompt of sorted) texts.add(prefixKey(prompt));
  return [...texts.runs()].map(({ from, to, text }) => ({
    rows: sorted.slice(from, to).map((prompt) => prompt.slice(text.from, text.to)),
    text,
  }));
}

const block = (letter: string, blocks = 1) => letter.repeat(blockChars * blocks);
const numbered = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `case ${from + i}`);

test('rows with a common beginning are one run, and part in the block after it', () => {
  const [run, ...others] = found(numbered(0, 50).map((text) => block('a', 3) + text));
  expect(others).toEqual([]);
  expect(run!.text).toEqual({ from: 3 * blockChars, to: 4 * blockChars });
  expect(run!.rows.toSorted()).toEqual(numbered(0, 50).toSorted());
});

test('rows of each beginning are a run of their own, at their own depth', () => {
  const runs = found([
    ...numbered(0, 5).map((text) => block('a') + text),
    ...numbered(5, 12).map((text) => block('b', 2) + text),
  ]);
  const byLength = runs.toSorted((a, b) => a.rows.length - b.rows.length);
  expect(byLength.map(({ rows, text }) => [rows.length, text.from])).toEqual([
    [5, blockChars],
    [7, 2 * blockChars],
  ]);
});

test('rows that go on alike are not torn apart by those that do not', () => {
  const deeper = numbered(0, 4).map((text) => block('a') + block('x') + text);
  const runs = found([...deeper, ...numbered(4, 40).map((text) => block('a') + text)]);
  expect(runs.filter(({ text }) => text.from === 2 * blockChars).map(({ rows }) => rows.length)).toEqual([4]);
  const above = runs.filter(({ text }) => text.from === blockChars).flatMap(({ rows }) => rows);
  expect(above.every((text) => text.startsWith('case '))).toBe(true);
  expect(above.length).toBeGreaterThanOrEqual(34);
});

test('two rows, and rows that are the same, have no better order', () => {
  expect(found([`${block('a')}one`, `${block('a')}two`])).toEqual([]);
  expect(found(Array.from({ length: 9 }, () => `${block('a')}same`))).toEqual([]);
  expect(found([])).toEqual([]);
});
