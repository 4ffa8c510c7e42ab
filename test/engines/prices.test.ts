/** The price table: which entry counts for a model, and its faults with file, line and field. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readPrices } from '../../src/engines/prices.ts';
import type { AssayError } from '../../src/errors.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-prices-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function yaml(text: string): Promise<string> {
  const file = join(folder, 'prices.yaml');
  await writeFile(file, text);
  return file;
}

const entry = (model: string, prompt: number) =>
  `- {model: "${model}", prompt_per_million: ${prompt}, completion_per_million: 2, as_of: 2026-01-31}\n`;

test('the table that comes with Assay can be read; each price has its day and its source', () => {
  const table = readPrices();
  expect(table.ids).toContain('openai/gpt-4o-mini');
  expect(table.of('openai/gpt-4o-mini')).toEqual({
    prompt_per_million: 0.15,
    cached_per_million: 0.075,
    completion_per_million: 0.6,
    as_of: '2026-05-27',
  });
});

test('the table of the guide can be read', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/guide/judging.md'), 'utf8');
  const table = readPrices(await yaml(/```yaml\n(prices:[\s\S]*?)```/.exec(page)![1]!));
  expect(table.of('openai/gpt-4o-mini-2024-07-18')).toMatchObject({ prompt_per_million: 0.15, as_of: '2026-05-27' });
});

test('an id, a version of it by its date, the longest beginning; else the price is unknown', async () => {
  const table = readPrices(
    await yaml(`prices:\n${entry('openai/gpt-x', 1)}${entry('hf/*', 3)}${entry('hf/Qwen/*', 4)}${entry('my', 0)}`),
  );
  const prompt = (id: string) => table.of(id)?.prompt_per_million;
  expect(['openai/gpt-x', 'openai/gpt-x-2026-01-31', 'openai/gpt-x-20260131'].map(prompt)).toEqual([1, 1, 1]);
  // Another model, though its name begins alike: a price that is not known is not guessed.
  expect(['openai/gpt-x-audio', 'openai/gpt-x-2026', 'openai/gpt', 'other'].map(prompt)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect(['hf/Qwen/Q3', 'hf/meta/L'].map(prompt)).toEqual([4, 3]);
  expect(prompt('my')).toBe(0);
  expect(table.ids).toEqual(['openai/gpt-x', 'my']);
});

test('faults name file, line and field', async () => {
  const cases: [text: string, line: number, words: RegExp][] = [
    [`${entry('a', 1)}${entry('a', 1)}`, 2, /model a was used before, on line 1/],
    [`${entry('a', 1)}- model: b\n  prompt_per_million: cheap\n`, 3, /price b: prompt_per_million: .*number/],
    [
      '- model: b\n  prompt_per_million: 1\n  completion_per_million: 1\n  as_of: today\n',
      4,
      /as_of: must be a day as YYYY-MM-DD/,
    ],
    ['- model: b\n  prompt_per_million: -1\n', 2, /prompt_per_million/],
    [`prices:\n${entry('a b', 1)}`, 2, /model: must be the id of a model/],
    ['price: []\n', 1, /price: only "prices:" is known here/],
  ];
  for (const [text, line, words] of cases) {
    const file = await yaml(text);
    const fault = await Promise.resolve()
      .then(() => readPrices(file))
      .catch((error: AssayError) => error);
    expect(fault, text).toMatchObject({ code: 'prices_file_invalid', line });
    expect((fault as AssayError).message).toMatch(words);
    expect((fault as AssayError).message).toContain(file);
  }
  expect(() => readPrices(join(folder, 'none.yaml'))).toThrow(/ASSAY_PRICES_FILE/);
});
