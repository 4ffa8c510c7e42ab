/** A sample has the shares asked for, is the same whenever it is drawn, and leaves out what is near to others. */

import { expect, test } from 'vitest';
import { sampleOptions } from '../../../src/contracts/sampling.ts';
import { sampleRows } from '../../../src/datasets/sampling/sample-rows.ts';
import type { SampleControl, SampleRow, SampleSource } from '../../../src/datasets/sampling/sample-source.ts';
import { faultOf } from '../files.ts';

type Given = Omit<SampleRow, 'number'>;

const sourceOf = (rows: Given[]): SampleSource => ({
  name: 'rows',
  fields: ['category', 'prompt'],
  total: rows.length,
  async *rows() {
    for (const [at, row] of rows.entries()) yield { number: at + 1, ...row };
  },
  sha256: async () => null,
});

/** Draws of `rows`; gives the ids drawn, in order of the rows, and the figures. */
async function draw(rows: Given[], options: Record<string, unknown>, control: SampleControl = {}) {
  const { numbers, stats } = await sampleRows(sourceOf(rows), sampleOptions.parse({ n: 100, ...options }), control);
  return { ids: Array.from(numbers, (number) => rows[number - 1]!.id!), stats };
}

/** A text of its own for each seed: eight words and more. */
const textOf = (seed: number, words = 8 + (seed % 40)) =>
  Array.from({ length: words }, (_, at) => `w${(seed * 8191 + at * 131) % 99_991}`).join(' ');
const row = (id: number, category: string | null, more: Partial<Given> = {}): Given => ({
  id: `r${id}`,
  text: textOf(id),
  category,
  source: `s${id % 3}`,
  ...more,
});
const thousands = Array.from({ length: 9000 }, (_, at) => row(at, at % 10 < 6 ? 'math' : at % 10 < 9 ? 'code' : 'qa'));
const drawnOf = (stats: { categories: Record<string, { drawn: number }> }) =>
  Object.fromEntries(Object.entries(stats.categories).map(([name, { drawn }]) => [name, drawn]));

test('shares are those of the source, by category, length and source field', async () => {
  const { ids, stats } = await draw(thousands, { n: 3000, by_length: true, source_path: 'site' });
  expect(new Set(ids).size).toBe(3000);
  expect(drawnOf(stats)).toEqual({ math: 1800, code: 900, qa: 300 });
  expect(stats).toMatchObject({ drawn: 3000, notes: [], largest_share_difference: 0, near_duplicates: { removed: 0 } });
  for (const figures of [stats.lengths!, stats.sources!]) {
    expect(Object.values(figures).reduce((sum, { drawn }) => sum + drawn, 0)).toBe(3000);
    for (const { share, source_share } of Object.values(figures))
      expect(Math.abs(share - source_share)).toBeLessThan(0.002);
  }
  const [first, figures] = Object.entries(stats.lengths!)[0]!;
  expect(figures.source).toBe(thousands.filter(({ text }) => text.length <= Number(first.slice(2))).length);
  expect(Object.keys(stats.lengths!)).toHaveLength(4);
  expect(Math.abs(stats.prompt_chars.sample.median - stats.prompt_chars.source.median)).toBeLessThan(8);
});

test('the same seed gives the same rows, in whatever order they stand, another seed others', async () => {
  const { ids } = await draw(thousands, { n: 500 });
  const again = await draw(thousands.toReversed(), { n: 500 });
  expect(again.ids.toSorted()).toEqual(ids.toSorted());
  const other = await draw(thousands, { n: 500, seed: 2 });
  expect(other.ids.filter((id) => ids.includes(id)).length).toBeLessThan(80);
  const larger = await draw(thousands, { n: 1000 });
  expect(ids.filter((id) => !larger.ids.includes(id))).toEqual([]);
});

test('equal, by weights, at least a minimum; what one category lacks the others give, and it is said', async () => {
  expect(drawnOf((await draw(thousands, { n: 600, allocation: 'equal' })).stats)).toEqual({
    math: 200,
    code: 200,
    qa: 200,
  });
  const weighed = { allocation: 'weights', weights: { qa: 0.7 } };
  expect(drawnOf((await draw(thousands, { n: 1000, ...weighed })).stats)).toEqual({ math: 200, code: 100, qa: 700 });
  expect(drawnOf((await draw(thousands, { n: 60, minimum: 15 })).stats)).toEqual({ math: 30, code: 15, qa: 15 });
  const { stats } = await draw(thousands, { n: 3000, allocation: 'weights', weights: { qa: 0.5 } });
  expect(drawnOf(stats)).toEqual({ math: 1400, code: 700, qa: 900 });
  expect(stats.notes).toEqual(['qa has 900 rows, fewer than the 1500 of its share; all were drawn.']);
  const short = await draw([row(9001, 'qa'), ...thousands.slice(0, 6)], { n: 20, minimum: 2 });
  expect(short.ids).toHaveLength(7);
  expect(short.stats.notes).toEqual([
    'qa has 1 rows, fewer than its minimum of 2; all were drawn.',
    'Only 7 rows were drawn, not 20: the source has 7.',
  ]);
});

test('equal and near prompts are drawn once, whatever their category, and others come in their place', async () => {
  const copies = thousands
    .slice(0, 200)
    .map((one, at) => ({ ...one, id: `copy${at}`, category: at % 2 ? 'qa' : one.category }));
  const near = thousands
    .slice(200, 400)
    .map((one, at) => ({ ...one, id: `near${at}`, category: 'qa', text: `${one.text.toUpperCase()}!` }));
  const rows = [...thousands.slice(0, 400), ...copies, ...near];
  const { ids, stats } = await draw(rows, { n: 400 });
  const texts = ids.map((id) =>
    rows
      .find((one) => one.id === id)!
      .text.toLowerCase()
      .replace('!', ''),
  );
  expect(new Set(texts).size).toBe(400);
  expect(stats).toMatchObject({ drawn: 400, near_duplicates: { threshold: 0.8 } });
  // What comes behind the last row drawn is not looked at.
  expect(Math.abs(stats.near_duplicates.removed - 390)).toBeLessThanOrEqual(10);
  expect((await draw(rows.toReversed(), { n: 400 })).ids.toSorted()).toEqual(ids.toSorted());
  expect((await draw(rows, { n: 800, near_duplicates: 1 })).ids).toHaveLength(600);
  expect((await draw(rows, { n: 800, near_duplicates: null })).ids).toHaveLength(800);
});

test('one text in all rows is one row, and a row of hostile text is a row', async () => {
  const same = Array.from({ length: 500 }, (_, at) => ({ ...row(at, null), text: 'Hi' }));
  const one = await draw(same, { n: 50 });
  expect(one.ids).toHaveLength(1);
  expect(one.stats.notes.at(-1)).toBe(
    'Only 1 rows were drawn, not 50: the source has 500; 499 were equal or near to others.',
  );
  const hostile = ['', '\0', '\ud800', '__proto__', 'constructor'].map((text, at) => row(at, text || null, { text }));
  expect((await draw(hostile, { n: 5 })).stats).toMatchObject({ drawn: 5, confusion: { constructor: { other: 1 } } });
});

test('categories come by field, by rules, then by a model, and the rules are held against the field', async () => {
  const rows = [
    row(1, 'math', { text: 'How many apples are 3 apples and 4 apples?' }),
    row(2, 'math', { text: 'Write a poem about numbers.' }),
    row(3, null, { text: 'Write a Python function that adds two numbers.' }),
    row(4, null, { text: 'zzz' }),
    row(5, 'sports', { text: 'Who won?' }),
  ];
  const asked: string[] = [];
  const { stats } = await draw(
    rows,
    {},
    {
      classifyRest: async (texts) => {
        asked.push(...texts);
        return texts.map(() => 'creative' as const);
      },
    },
  );
  expect(asked).toEqual(['zzz']);
  expect(drawnOf(stats)).toEqual({ math: 2, code: 1, creative: 1, sports: 1 });
  expect(stats).toMatchObject({
    classified: { field: 3, rules: 1, model: 1, other: 0 },
    confusion: { math: { math: 1, creative: 1 }, sports: { qa: 1 } },
    agreement: 0.5,
  });
  expect(drawnOf((await draw(rows, { classify: 'none' })).stats)).toEqual({ math: 2, other: 2, sports: 1 });
});

test('faults name the option, its value and what there is', async () => {
  const fault = async (options: Record<string, unknown>, rows = thousands) =>
    (await faultOf(() => draw(rows, options))).message;
  expect(await fault({ allocation: 'weights', weights: { maths: 1 } })).toBe(
    'weights: must name categories of the source, which are: code, math, qa (got maths).',
  );
  expect(await fault({ allocation: 'weights', weights: { math: 0.7, code: 0.7 } })).toMatch(
    /add up to 1 at most, not to 1.4/,
  );
  expect(await fault({ weights: { math: 1 } })).toMatch(/^weights: goes with the allocation "weights"/);
  expect(await fault({ minimum: 40 })).toMatch(
    /^minimum: must leave room: the 3 categories would have 120 rows, n is 100/,
  );
  expect(await fault({ category_path: 'topic' }, [row(1, null)])).toBe(
    'category_path: must name a field that rows have a value in; fields there are: category, prompt (got topic).',
  );
  const many = Array.from({ length: 1001 }, (_, at) => row(at, `c${at}`));
  expect(await fault({}, many)).toMatch(/^category_path: must be a field with at most 1000 different values/);
  const aborted = AbortSignal.abort(new Error('stopped'));
  await expect(draw(thousands, {}, { signal: aborted })).rejects.toThrow('stopped');
});
