/** Figures of the grid against a plain count of the same answers, with and without filters, fields, a truth and examples. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { agreementOf } from '../../src/compare/agreement-query.ts';
import { gridPage } from '../../src/compare/grid-page.ts';
import { gridStats } from '../../src/compare/stats.ts';
import { gridFilter } from '../../src/contracts/workbench.ts';
import type { VersionOf } from '../../src/runs/deps.ts';
import { annotate, answer, type Bench, landIn, makeDataset, makeRun, openBench, query } from './seed.ts';

const count = 60;
let bench: Bench;
let version: VersionOf;

/** What each model says of item i; null fails. */
const says = {
  a: (i: number) => ['Yes', 'No'][i % 2]!,
  b: (i: number) => (i % 10 === 0 ? null : i % 5 === 0 ? 'no' : ['Yes', 'no'][i % 2]!),
  c: (i: number) => (i < 40 ? ['Yes', 'Yes', 'No'][i % 3]! : undefined),
};
const truth = (i: number) => (i < 50 ? ['Yes', 'No'][i % 2]! : null);
const category = (i: number) => (i < 20 ? 'early' : 'late');
const model = Object.keys(says) as (keyof typeof says)[];
const all = Array.from({ length: count }, (_, i) => i);
const said = (m: keyof typeof says, i: number) => says[m](i)?.toLowerCase() ?? null;

beforeAll(async () => {
  bench = await openBench('agreement_query');
  version = await makeDataset(
    bench,
    all.map((i) => ({ truth: truth(i), category: category(i) })),
    { comparing: { decision_path: 'verdict', normalisers: { note: { kind: 'ignore' } } } },
  );
  for (const modelId of model) {
    // Items 0 and 1 are examples in the prompt of c.
    const run = await makeRun(bench, version, {
      modelId,
      ...(modelId === 'c' ? { exampleItems: ['item-0', 'item-1'] } : {}),
    });
    const rows = all.flatMap((i) => {
      const verdict = says[modelId](i);
      if (verdict === undefined) return [];
      const content = verdict === null ? null : { verdict, level: i % 3, note: `note ${i} of ${modelId}` };
      return [answer(i, content, { latencyMs: 100 + i, completionTokens: i })];
    });
    await landIn(bench, run, rows);
  }
  await annotate(bench, version, { itemId: 'item-3', modelId: 'a', kind: 'golden' });
  await annotate(bench, version, { itemId: 'item-5', modelId: 'b', kind: 'wrong' });
});
afterAll(() => bench.end());

const filter = (more: object = {}) => gridFilter.parse({ dataset_id: version.datasetId, ...more });
const agreement = (more: object = {}, field?: string) =>
  agreementOf(bench.db, 'local', { filter: filter(more), ...(field === undefined ? {} : { field }) });
const stats = (more: object = {}) => gridStats(bench.db, 'local', filter(more));

/** Items of c that are examples say nothing for it. */
const counted = (m: keyof typeof says, i: number) => (m === 'c' && i < 2 ? null : said(m, i));

test('pairs: items both decided, percent, kappa by its formula, McNemar by the truth', async () => {
  const { pairs, right, judged } = await agreement();
  expect(pairs.map(({ a, b }) => `${a}${b}`)).toEqual(['ab', 'ac', 'bc']);
  for (const pair of pairs) {
    const [a, b] = [pair.a, pair.b] as (keyof typeof says)[];
    const both = all.filter((i) => counted(a!, i) !== null && counted(b!, i) !== null);
    const same = both.filter((i) => said(a!, i) === said(b!, i)).length / both.length;
    const share = (m: keyof typeof says, v: string) => both.filter((i) => said(m, i) === v).length / both.length;
    const chance = share(a!, 'yes') * share(b!, 'yes') + share(a!, 'no') * share(b!, 'no');
    expect(pair.n).toBe(both.length);
    expect(pair.percent).toBeCloseTo(same * 100, 9);
    expect(pair.kappa).toBeCloseTo((same - chance) / (1 - chance), 9);
    expect(pair.kappa_ci![0]).toBeLessThanOrEqual(pair.kappa!);
    expect(pair.kappa_ci![1]).toBeGreaterThanOrEqual(pair.kappa!);
    const isRight = (m: keyof typeof says, i: number) => said(m, i) === truth(i)!.toLowerCase();
    const judgedBoth = both.filter((i) => truth(i) !== null);
    expect(pair.mcnemar).toMatchObject({
      b: judgedBoth.filter((i) => isRight(a!, i) && !isRight(b!, i)).length,
      c: judgedBoth.filter((i) => !isRight(a!, i) && isRight(b!, i)).length,
    });
  }
  for (const m of model) {
    const of = all.filter((i) => counted(m, i) !== null && truth(i) !== null);
    expect(judged![m], m).toBe(of.length);
    expect(right![m], m).toBe(of.filter((i) => said(m, i) === truth(i)!.toLowerCase()).length);
  }
});

test('over all: items with two or more decisions, and those on which all that answered agree', async () => {
  const figures = await agreement();
  const decisions = (i: number) => model.flatMap((m) => counted(m, i) ?? []);
  expect(figures.n).toBe(all.filter((i) => decisions(i).length > 1).length);
  const answered = (i: number) => model.filter((m) => says[m](i) !== undefined && !(m === 'c' && i < 2)).length;
  const agreeing = all.filter((i) => decisions(i).length === answered(i) && new Set(decisions(i)).size === 1);
  expect(figures.all_agree).toBe(agreeing.length);
  expect(figures.percent).toBeGreaterThan(0);
  expect(figures.alpha).not.toBeNull();
  // The grid's own filter finds the same items, but for the examples, which it shows.
  const [yes, no] = await Promise.all(
    ['Yes', 'No'].map((value) => gridPage(bench.db, 'local', query(version, { agree_on: value }))),
  );
  expect(yes!.filtered + no!.filtered).toBe(figures.all_agree + 0 + exampleDifference());
});

/** Items 0 and 1 count for the grid with all three models. */
function exampleDifference(): number {
  const agreed = (i: number, models: (keyof typeof says)[]) =>
    models.every((m) => said(m, i) !== null) && new Set(models.map((m) => said(m, i))).size === 1;
  return [0, 1].reduce((sum, i) => sum + Number(agreed(i, model)) - Number(agreed(i, ['a', 'b'])), 0);
}

test('a filter and a choice of models narrow every figure', async () => {
  const figures = await agreement({ category: 'early', models: ['b', 'a'] });
  const both = all.filter((i) => i < 20 && said('b', i) !== null);
  expect(figures.pairs).toMatchObject([{ a: 'b', b: 'a', n: both.length }]);
  expect(figures.n).toBe(both.length);
  expect(figures.by_category).toMatchObject([{ category: 'early', n: both.length }]);
  expect(await agreement({ models: 'a' })).toMatchObject({ n: 0, alpha: null, percent: null, pairs: [] });
});

test('by category and by field; prose is left out, and a field can be asked for alone', async () => {
  const figures = await agreement();
  expect(figures.by_category.map(({ category: name }) => name)).toEqual(['late', 'early']);
  expect(figures.by_category.reduce((sum, { n }) => sum + n, 0)).toBe(figures.n);
  expect(figures.by_field.map(({ field }) => field).toSorted()).toEqual(['level', 'verdict']);
  expect(figures.by_field.find(({ field }) => field === 'level')).toMatchObject({ percent: 100, alpha: 1 });
  const verdict = figures.by_field.find(({ field }) => field === 'verdict')!;
  expect(verdict.alpha).toBeCloseTo(figures.alpha!, 9);
  const level = await agreement({}, 'level');
  expect(level).toMatchObject({ field: 'level', percent: 100, n: figures.n, all_agree: expect.any(Number) });
  expect((await agreement({}, 'verdict')).alpha).toBeCloseTo(figures.alpha!, 9);
  expect(await agreement({}, 'no.such.field')).toMatchObject({ n: 0, alpha: null });
});

test('stats: answers, failures, decisions in one spelling, histograms by doubling edges, fields, confusion', async () => {
  const figures = await stats();
  expect(figures.decision_path).toBe('verdict');
  const [a, b, c] = figures.models;
  expect(a).toMatchObject({
    model_id: 'a',
    answers: 60,
    failed: 0,
    parse: { json: 60, repaired: 0, text: 0, none: 0 },
  });
  expect(b).toMatchObject({ answers: 60, failed: 6, parse: { json: 54 } });
  expect(c).toMatchObject({ answers: 38, failed: 0 });
  expect(a!.decisions).toEqual([
    { value: 'No', count: 30 },
    { value: 'Yes', count: 30 },
  ]);
  expect(b!.decisions.find(({ value }) => value === null)?.count).toBe(6);
  expect(b!.decisions.reduce((sum, each) => sum + each.count, 0)).toBe(60);
  expect(a!.latency).toEqual([
    { upto: 128, count: 29 },
    { upto: 256, count: 31 },
  ]);
  expect(a!.tokens.slice(0, 3)).toEqual([
    { upto: 1, count: 2 },
    { upto: 2, count: 1 },
    { upto: 4, count: 2 },
  ]);
  expect(figures.fields.map(({ path }) => path).toSorted()).toEqual(['level', 'note', 'verdict']);
  expect(figures.fields.find(({ path }) => path === 'level')).toEqual({ path: 'level', seen: 60 + 54 + 38, values: 3 });
  expect(figures.annotations).toEqual({ golden: 1, fix: 0, wrong: 1 });
  const cells = figures.confusion!.cells;
  expect(cells.reduce((sum, cell) => sum + cell.count, 0)).toBe(60);
  // Each cell is a filter of the grid.
  for (const cell of cells) {
    const page = await gridPage(
      bench.db,
      'local',
      query(version, { decided: [`a=${cell.a ?? ''}`, `b=${cell.b ?? ''}`] }),
    );
    expect(page.filtered, JSON.stringify(cell)).toBe(cell.count);
  }
});

test('stats of what a filter chooses', async () => {
  const figures = await stats({ category: 'late', models: ['b', 'c'] });
  expect(figures.models.map((each) => [each.model_id, each.answers])).toEqual([
    ['b', 40],
    ['c', 20],
  ]);
  expect(figures.annotations).toEqual({ golden: 0, fix: 0, wrong: 0 });
  expect(figures.confusion).toMatchObject({ a: 'b', b: 'c' });
});

test('a dataset without answers has figures too', async () => {
  const empty = await makeDataset(bench, [{}, {}]);
  const of = gridFilter.parse({ dataset_id: empty.datasetId });
  expect(await gridStats(bench.db, 'local', of)).toMatchObject({ models: [], confusion: null, fields: [] });
  expect(await agreementOf(bench.db, 'local', { filter: of })).toMatchObject({ n: 0, pairs: [], by_field: [] });
  await expect(gridStats(bench.db, 'other', of)).rejects.toThrow(/No dataset/);
});
