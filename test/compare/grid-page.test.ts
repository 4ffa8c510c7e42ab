/** The grid on 240 made-up items: every filter against a plain reading of the same answers, every sort page by page. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gridPage } from '../../src/compare/grid-page.ts';
import { refreshItems } from '../../src/compare/refresh.ts';
import { wholeItem } from '../../src/compare/whole-item.ts';
import { type GridItem, type GridPage, gridSorts } from '../../src/contracts/workbench.ts';
import type { VersionOf } from '../../src/runs/deps.ts';
import { annotate, answer, type Bench, landIn, makeDataset, makeRun, openBench, query } from './seed.ts';

const count = 240;
const models = ['a', 'b', 'c'];
const verdicts = ['Strong Yes', 'Yes', 'No'];
/** A number from 0 on that looks random, the same in every run. */
const pick = (n: number, of: number) => ((n * 2_654_435_761) >>> 7) % of;

interface Made {
  verdict: string | null;
  rank: number;
  ok: boolean;
  score: number | null;
  latency: number;
  length: number;
}

let bench: Bench;
let version: VersionOf;
/** By item and model what was answered; no entry where there is no answer. */
const made: Record<string, Made>[] = [];
const said = new Map<string, 'golden' | 'fix' | 'wrong'>();

function makeAnswer(item: number, model: number): { made: Made; content: string | null } {
  const seed = item * 7 + model * 13;
  const ok = pick(seed, 11) !== 0;
  const verdict = pick(item, 2) === 0 ? verdicts[pick(item, 3)]! : verdicts[pick(seed + 1, 3)]!;
  const rank = pick(seed + 2, 3);
  const padding = 'x'.repeat(pick(seed + 3, 40));
  const content = ok ? JSON.stringify({ verdict, rank, note: `word${pick(seed, 50)} ${padding}` }) : null;
  return {
    content,
    made: {
      verdict: ok ? verdict : null,
      rank,
      ok,
      score: pick(seed + 4, 3) === 0 ? null : pick(seed + 5, 5) / 2,
      latency: 50 + pick(seed + 6, 30),
      length: content?.length ?? 0,
    },
  };
}

beforeAll(async () => {
  bench = await openBench('grid_page');
  const items = Array.from({ length: count }, (_, i) => ({
    category: [null, 'math', 'code'][pick(i, 3)] ?? null,
    words: `prompt about topic${pick(i, 20)}`,
  }));
  version = await makeDataset(bench, items, {
    comparing: { decision_path: 'verdict', normalisers: { note: { kind: 'ignore' }, rank: { kind: 'exact' } } },
  });
  made.push(...items.map(() => ({})));
  for (const [m, modelId] of models.entries()) {
    const run = await makeRun(bench, version, modelId);
    // The last items have no answer of any model, those before them none of the last model.
    const answered = Array.from({ length: m === 2 ? count - 60 : count - 20 }, (_, i) => i);
    await landIn(
      bench,
      run,
      answered.map((i) => {
        const { made: each, content } = makeAnswer(i, m);
        made[i]![modelId] = each;
        return answer(i, content, { latencyMs: each.latency, scores: each.score === null ? null : { s: each.score } });
      }),
    );
  }
  for (let i = 0; i < count - 20; i += 9) {
    const on = {
      itemId: `item-${i}`,
      modelId: models[pick(i, 2)]!,
      kind: (['golden', 'fix', 'wrong'] as const)[pick(i, 3)]!,
    };
    said.set(`${on.itemId} ${on.modelId}`, on.kind);
    await annotate(bench, version, on);
  }
  await bench.db.asUser('local', (q) =>
    refreshItems(
      q,
      version,
      made.map((_, i) => i),
    ),
  );
});
afterAll(() => bench.end());

const page = (more: object = {}, userId = 'local') => gridPage(bench.db, userId, query(version, more));
const ordinals = (of: GridPage) => of.items.map((item) => item.ordinal);

/** All rows of a query, page by page. */
async function walk(more: object): Promise<{ items: GridItem[]; filtered: number }> {
  const items: GridItem[] = [];
  let after: string | null = null;
  for (;;) {
    const at: GridPage = await page({ ...more, limit: 37, ...(after === null ? {} : { after }) });
    items.push(...at.items);
    if (at.next === null) return { items, filtered: at.filtered };
    after = at.next;
  }
}

/** What was answered to item `i` by the models of a query. */
const of = (i: number, chosen = models) => chosen.flatMap((model) => made[i]![model] ?? []);
const decisionsOf = (i: number, chosen = models) => of(i, chosen).flatMap((each) => each.verdict ?? []);
const apart = (values: unknown[]) => new Set(values).size > 1;
const differs = (i: number, chosen = models) =>
  apart(decisionsOf(i, chosen)) || apart(of(i, chosen).flatMap((each) => (each.ok ? [each.rank] : [])));
const kinds = (i: number, chosen = models) => chosen.flatMap((model) => said.get(`item-${i} ${model}`) ?? []);
const agrees = (i: number, value: string, chosen = models) =>
  of(i, chosen).length > 1 && of(i, chosen).every((each) => each.verdict === value);
const lowest = (i: number) => Math.min(...of(i).flatMap((each) => each.score ?? []));
const failed = (i: number, chosen = models) => of(i, chosen).some((each) => !each.ok);
const category = (i: number) => [null, 'math', 'code'][pick(i, 3)] ?? null;

const filters: [name: string, query: object, keeps: (i: number) => boolean][] = [
  ['all', {}, () => true],
  ['differences', { filter: 'differences' }, (i) => differs(i)],
  ['differences of two models', { filter: 'differences', models: 'a,b' }, (i) => differs(i, ['a', 'b'])],
  ['differences of one model', { filter: 'differences', models: 'a' }, () => false],
  ['differs at a field', { differs_at: 'rank' }, (i) => apart(of(i).flatMap((each) => (each.ok ? [each.rank] : [])))],
  [
    'differs at a field, two models',
    { differs_at: 'verdict', models: ['b', 'c'] },
    (i) => apart(decisionsOf(i, ['b', 'c'])),
  ],
  [
    'differs at two fields',
    { differs_at: ['verdict', 'rank'] },
    (i) => apart(decisionsOf(i)) && apart(of(i).flatMap((each) => (each.ok ? [each.rank] : []))),
  ],
  ['all agree on', { agree_on: 'Strong Yes' }, (i) => agrees(i, 'Strong Yes')],
  ['all agree on, in another case', { agree_on: 'strong yes' }, (i) => agrees(i, 'Strong Yes')],
  [
    'two models agree on one of two',
    { agree_on: ['Yes', 'No'], models: 'a,c' },
    (i) => agrees(i, 'Yes', ['a', 'c']) || agrees(i, 'No', ['a', 'c']),
  ],
  ['golden', { filter: 'golden' }, (i) => kinds(i).includes('golden')],
  ['golden of one model', { filter: 'golden', models: 'b' }, (i) => kinds(i, ['b']).includes('golden')],
  ['fixed', { filter: 'fixed' }, (i) => kinds(i).includes('fix')],
  ['wrong', { filter: 'wrong' }, (i) => kinds(i).includes('wrong')],
  ['failed', { filter: 'failed' }, (i) => failed(i)],
  ['failed of one model', { filter: 'failed', models: 'c' }, (i) => failed(i, ['c'])],
  ['needs review', { filter: 'needs_review' }, (i) => (differs(i) || failed(i)) && kinds(i).length === 0],
  ['a category', { category: 'math' }, (i) => category(i) === 'math'],
  ['no category, or one', { category: ['', 'code'] }, (i) => category(i) !== 'math'],
  [
    'a cell of a confusion',
    { decided: ['a=Yes', 'b=No'] },
    (i) => made[i]!.a?.verdict === 'Yes' && made[i]!.b?.verdict === 'No',
  ],
  ['answered without a decision', { decided: 'a=' }, (i) => made[i]!.a?.verdict === null],
  ['a range of scores', { score_min: 0.5, score_max: 1 }, (i) => lowest(i) >= 0.5 && lowest(i) <= 1],
  ['words of the item', { q: 'topic3' }, (i) => pick(i, 20) === 3],
  [
    'several of them',
    { filter: ['differences', 'failed'], category: 'math', score_max: 1 },
    (i) => differs(i) && failed(i) && category(i) === 'math' && lowest(i) <= 1,
  ],
  ['words and a filter', { q: 'topic3', filter: 'differences' }, (i) => pick(i, 20) === 3 && differs(i)],
];

describe.each(filters)('filter: %s', (_name, more, keeps) => {
  test('keeps what it says, in every sort, each row once', async () => {
    const wanted = made.flatMap((_, i) => (keeps(i) ? [i] : []));
    for (const sort of gridSorts) {
      const { items, filtered } = await walk({ ...more, sort });
      expect(
        items.map((item) => item.ordinal).toSorted((a, b) => a - b),
        sort,
      ).toEqual(wanted);
      expect(filtered, sort).toBe(wanted.length);
      expectSorted(sort, items);
    }
  });
});

function expectSorted(sort: (typeof gridSorts)[number], items: GridItem[]): void {
  const value = (i: number): number => {
    const all = of(i);
    if (sort === 'position') return i;
    if (all.length === 0) return Number.POSITIVE_INFINITY;
    if (sort === 'score') return lowest(i);
    if (sort === 'length') return -Math.max(...all.map((each) => each.length));
    if (sort === 'latency') return -Math.max(...all.map((each) => each.latency));
    const decisions = decisionsOf(i);
    return decisions.reduce(
      (sum, each) => sum + Math.log2(decisions.filter((d) => d === each).length / decisions.length) / decisions.length,
      0,
    );
  };
  const keys = items.map((item) => [Math.fround(value(item.ordinal)), item.ordinal] as const);
  expect(keys, sort).toEqual(keys.toSorted((x, y) => (x[0] === y[0] ? x[1] - y[1] : x[0] - y[0])));
}

test('words of an answer are found too', async () => {
  const { items } = await walk({ q: 'word7' });
  const wanted = made.flatMap((_, i) =>
    models.some((model, m) => made[i]![model]?.ok && pick(i * 7 + m * 13, 50) === 7) ? [i] : [],
  );
  expect(items.map((item) => item.ordinal)).toEqual(wanted);
  expect(wanted.length).toBeGreaterThan(5);
});

test('a row has its cells, what is said of them, and what differs between the models asked for', async () => {
  const at = made.findIndex((_, i) => differs(i) && !differs(i, ['a', 'b']) && of(i).length === 3 && made[i]!.a!.ok);
  const all = (await page({ limit: 500 })).items[at]!;
  expect(all).toMatchObject({ candidate_id: `item-${at}`, ordinal: at, differs: true, category: category(at) });
  expect(Object.keys(all.results)).toEqual(models);
  expect(all.results.a).toMatchObject({
    status: 'ok',
    decision: made[at]!.a!.verdict,
    fields: { verdict: made[at]!.a!.verdict, rank: made[at]!.a!.rank },
    parse: 'json',
    cut: false,
    tokens: 5,
    latency_ms: made[at]!.a!.latency,
  });
  const two = await page({ limit: 500, models: 'b,a' });
  expect(two.models).toEqual(['b', 'a']);
  expect(two.items[at]).toMatchObject({ differs: false, diff_fields: [] });
  expect(Object.keys(two.items[at]!.results).toSorted()).toEqual(['a', 'b']);
  const [key, kind] = [...said][0]!;
  const [itemId, modelId] = key.split(' ');
  expect(
    (await page({ limit: 500 })).items.find((item) => item.candidate_id === itemId)!.results[modelId!]!.annotation,
  ).toBe(kind);
});

test('counts: of all, of the filter, and one page that holds all', async () => {
  expect(await page({ limit: 10 })).toMatchObject({ total: count, filtered: count });
  const agreed = await page({ agree_on: 'Strong Yes', limit: 500 });
  expect([agreed.filtered, agreed.next]).toEqual([agreed.items.length, null]);
  expect(await page({ category: 'nothing' })).toMatchObject({ total: count, filtered: 0, next: null, items: [] });
});

test('what cannot be asked is refused, naming it', async () => {
  const problem = (more: object, userId = 'local') =>
    page(more, userId).then(
      () => null,
      (error: Error) => error.message,
    );
  expect(await problem({ models: 'a,gone' })).toMatch(/models: .*models there are: a, b, c \(got gone\)/);
  expect(await problem({ after: 'nonsense' })).toMatch(/after: it is no cursor/);
  expect(await problem({ after: Buffer.from('[1,2,3]').toString('base64url') })).toMatch(/no cursor/);
  const { next } = await page({ sort: 'length', limit: 5 });
  expect(await problem({ after: next, sort: 'score' })).toMatch(/belongs to another sort than score/);
  expect(await problem({}, 'other')).toMatch(/No dataset/);
});

test('a search of a large version: common words row by row with an estimate, rare ones counted, all complete', async () => {
  const holds = (i: number) => i % 3 !== 0;
  const large = await makeDataset(
    bench,
    Array.from({ length: 6000 }, (_, i) => ({
      words: `${holds(i) ? 'common' : 'other'} ${i % 500 === 0 ? 'rare' : ''}`,
      category: i % 100 === 0 ? 'few' : 'many',
    })),
    { comparing: { decision_path: 'verdict' } },
  );
  const run = await makeRun(bench, large, 'a');
  await landIn(
    bench,
    run,
    [3, 9, 300].map((i) => answer(i, { verdict: 'common' })),
  );
  const wanted = Array.from({ length: 6000 }, (_, i) => i).filter((i) => holds(i) || [3, 9, 300].includes(i));
  const all = async (more: object) => {
    const found: number[] = [];
    const pages: GridPage[] = [];
    for (let after: string | null | undefined; after !== null; after = pages.at(-1)!.next) {
      const at = { ...more, limit: 500, ...(after === undefined ? {} : { after }) };
      pages.push(await gridPage(bench.db, 'local', query(large, at)));
      found.push(...ordinals(pages.at(-1)!));
    }
    return { found: found.toSorted((a, b) => a - b), first: pages[0]! };
  };
  for (const sort of ['position', 'length']) {
    const { found, first } = await all({ q: 'common', sort });
    expect(found, sort).toEqual(wanted);
    expect(first.estimated).toBe(true);
    expect(Math.abs(first.filtered / wanted.length - 1)).toBeLessThan(0.1);
  }
  const rare = await all({ q: 'rare' });
  expect(rare.found).toEqual(Array.from({ length: 12 }, (_, i) => i * 500));
  expect(rare.first).toMatchObject({ filtered: 12, estimated: false });
  const few = await all({ q: 'common', category: 'few' });
  expect(few.found).toEqual(wanted.filter((i) => i % 100 === 0));
  expect(few.first).toMatchObject({ filtered: few.found.length, estimated: false });
});

test('odd texts find nothing and break nothing', async () => {
  for (const q of ['', '   ', '!!!', "'; drop table answers; --", 'a & | !', '\u0000', '"unclosed', '-']) {
    const found = await page({ q, limit: 5 });
    expect([0, 5], q).toContain(ordinals(found).length);
  }
  expect(await page({ differs_at: "x'\u0000", agree_on: '\u0000', decided: '\u0000=\u0000' })).toMatchObject({
    filtered: 0,
  });
});

test('the whole item: everything, whole, with what was said and by whom', async () => {
  const [key, kind] = [...said][0]!;
  const [candidateId, modelId] = key.split(' ');
  const item = await wholeItem(bench.db, 'local', { datasetId: version.datasetId, candidateId: candidateId! });
  expect(item.input).toMatchObject({ prompt: expect.stringContaining('topic') });
  expect(item.results[modelId!]).toMatchObject({
    request: null,
    annotation: kind,
    annotation_detail: { kind, annotator: 'someone', content: null },
  });
  await expect(
    wholeItem(bench.db, 'local', { datasetId: version.datasetId, candidateId: 'no\u0000ne' }),
  ).rejects.toThrow(/No item/);
  await expect(
    wholeItem(bench.db, 'other', { datasetId: version.datasetId, candidateId: candidateId! }),
  ).rejects.toThrow(/No dataset/);
});
