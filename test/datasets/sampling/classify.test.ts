/** Prompts are put in their category by rules, on real questions, and by examples where the rules know none. */

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { classify } from '../../../src/datasets/sampling/classify.ts';
import { classifyByExamples } from '../../../src/datasets/sampling/classify-by-examples.ts';
import { promptOf } from '../../../src/datasets/sampling/prompt-of.ts';

const folder = process.env.ASSAY_TEST_DATA ?? resolve(import.meta.dirname, '../../../../shared/data');
const there = existsSync(folder);
const read = (file: string): Record<string, unknown>[] =>
  readFileSync(resolve(folder, file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

/** Rows by category of the rules. */
function countBy(rows: Record<string, unknown>[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const row of rows) counts[classify(promptOf(row))] = (counts[classify(promptOf(row))] ?? 0) + 1;
  return counts;
}

test.skipIf(!there)(`of the questions of gsm8k 99 % are math (${there ? 'there' : `no ${folder}`})`, () => {
  const counts = countBy(read('gsm8k/example_model_solutions.jsonl'));
  expect(counts.math).toBeGreaterThanOrEqual(1306);
});

test.skipIf(!there)(`of those of mt-bench at least so many are right (${there ? 'there' : `no ${folder}`})`, () => {
  const rows = read('mt-bench/question.jsonl');
  const right = (name: string, categories: string[]) => {
    const counts = countBy(rows.filter(({ category }) => category === name));
    return categories.reduce((sum, category) => sum + (counts[category] ?? 0), 0);
  };
  // Of 10 each. The rules were written with these questions in sight: of others expect fewer.
  const least = { writing: 10, roleplay: 9, coding: 10, math: 10, reasoning: 7, extraction: 7, stem: 9, humanities: 6 };
  const meant = {
    writing: ['creative'],
    roleplay: ['creative'],
    coding: ['code'],
    math: ['math'],
    reasoning: ['reasoning'],
  };
  for (const [name, count] of Object.entries(least)) {
    const categories = meant[name as keyof typeof meant] ?? ['qa', 'other'];
    expect([name, right(name, categories) >= count]).toEqual([name, true]);
  }
});

test('what asks nothing is other, and a huge or hostile text takes no time', () => {
  expect(['', '\0', '\ud800', 'zzz', '請告訴我'].map(classify)).toEqual(Array(5).fill('other'));
  const started = performance.now();
  for (const piece of ['a ', 'if ', 'write ', '(', '$', '1', 'brother ', 'select ']) classify(piece.repeat(1_000_000));
  expect(performance.now() - started).toBeLessThan(2000);
});

test('the question is what the user says, or the column that holds it', () => {
  const messages = [
    { role: 'system', content: 'Write Python.' },
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'Hello' },
    { role: 'user', content: [{ type: 'text', text: 'Who won?' }] },
  ];
  expect(promptOf({ messages })).toBe('Hi\n\nWho won?');
  expect(promptOf({ body: { messages: messages.slice(0, 1) } })).toBe('Write Python.');
  expect(promptOf({ id: 1, instruction: 'Add.', input: '1 2', output: '3' })).toBe('Add.\n\n1 2');
  expect(promptOf({ turns: ['a', 'b'] })).toBe('a\n\nb');
  expect(promptOf({ x: 1 })).toBe('{"x":1}');
});

test('by examples the nearest mean decides, and a model that answers something else is named', async () => {
  const seen: string[][] = [];
  const embed = async (texts: string[]) => {
    seen.push(texts);
    return texts.map((text) => (text.includes('sea') ? [0.1, 2] : text.includes('sum') ? [3, 0.1] : [0, 0]));
  };
  const classifyRest = classifyByExamples(embed, { math: ['a sum', 'sums'], creative: ['the sea', 'a sea'] });
  expect(await classifyRest(['deep sea', 'some sums'])).toEqual(['creative', 'math']);
  expect(await classifyRest(['sea'])).toEqual(['creative']);
  expect(await classifyRest([])).toEqual([]);
  expect(seen).toEqual([['a sum', 'sums', 'the sea', 'a sea'], ['deep sea', 'some sums'], ['sea']]);
  await expect(classifyByExamples(async () => [])(['x'])).rejects.toThrow('0 vectors for 25 texts');
});
