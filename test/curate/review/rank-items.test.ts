/** Ranking for review: what is planted comes first, the audit sample is exact, stable and blind to answers, and copies stand back. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RankedItem, rankItems } from '../../../src/curate/review/rank-items.ts';
import type { RankOf } from '../../../src/curate/review/rank-of.ts';
import { type Bench, openBench, query, type Seeded, type SeedItem, seed } from '../seed.ts';
import { judge } from './judged.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('rank_items');
});
afterAll(() => bench.end());

const says = (decision: string) => JSON.stringify({ recommendation: decision });
const text = (content: string) => ({ messages: [{ role: 'user', content }] });
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
/** Words of one's own for each item. */
const own = (n: number) => numbers(12).map((word) => `w${n}x${word}`);

const rank = (set: Seeded, of: Partial<RankOf>): Promise<RankedItem[]> =>
  bench.db.asUser('local', (q) =>
    rankItems(q, {
      datasetId: set.datasetId,
      versionId: set.versionId,
      models: [],
      select: 'everything',
      filter: {},
      limit: 1000,
      auditShare: 0,
      seed: 1,
      ...of,
    }),
  );
const ids = (items: RankedItem[]) => items.map(({ itemId }) => itemId);

test('disagreement is the entropy of the models that are asked for, of the most there can be', async () => {
  const item = (id: string, n: number, answers: (string | null)[]): SeedItem => ({
    id,
    input: text(own(n).join(' ')),
    answers: Object.fromEntries(answers.map((said, at) => [`m${at}`, said === null ? null : says(said)])),
  });
  const set = await seed(bench, [
    item('agree', 0, ['yes', 'yes', 'yes', 'yes']),
    item('one-apart', 1, ['yes', 'yes', 'yes', 'no']),
    item('halves', 2, ['yes', 'no', 'yes', 'no']),
    item('all-apart', 3, ['a', 'b', 'c', 'd']),
  ]);
  const all = await rank(set, {});
  expect(ids(all)).toEqual(['all-apart', 'halves', 'one-apart', 'agree']);
  // -(3/4 log2 3/4 + 1/4 log2 1/4) = 0.8113 bits, of the 2 bits that four models can have.
  expect(all.map(({ disagreement }) => disagreement.toFixed(4))).toEqual(['1.0000', '0.5000', '0.4056', '0.0000']);
  expect(all.map(({ score }) => score.toFixed(4))).toEqual(['0.0000', '0.5000', '0.5944', '1.0000']);
  expect(all.map(({ uncertainty, novelty, audit }) => [uncertainty, novelty, audit])).toEqual(
    Array(4).fill([0, 1, false]),
  );
  const two = await rank(set, { models: ['m0', 'm2'] });
  expect(two.filter(({ disagreement }) => disagreement > 0).map(({ itemId }) => itemId)).toEqual(['all-apart']);
  expect(two[0]!.disagreement).toBe(1);
  expect(ids(await rank(set, { models: ['m0', 'm1'], select: 'differences' }))).toEqual(['all-apart', 'halves']);
  expect(ids(await rank(set, { filter: { agree_on: ['YES'] } }))).toEqual(['agree']);
  expect(await rank(set, { models: ['unknown'] })).toEqual([]);
});

test('uncertainty: near the threshold, a judge that doubts, a panel that is split; the newest completed run counts', async () => {
  const set = await seed(
    bench,
    numbers(8).map((n) => ({ id: `i${n}`, input: text(own(n).join(' ')), answers: { m: says('yes') } })),
  );
  const on = { userId: 'local', datasetId: set.datasetId, versionId: set.versionId, runId: set.runs.m! };
  await judge(
    bench,
    { ...on, judges: ['old'] },
    numbers(8).map((ordinal) => ({ ordinal, judge: 'old', score: 7 })),
  );
  await judge(bench, { ...on, judges: ['x', 'y'] }, [
    { ordinal: 0, judge: 'panel', score: 10, confidence: 1 },
    { ordinal: 1, judge: 'panel', score: 7 },
    { ordinal: 2, judge: 'panel', score: 3.5 },
    { ordinal: 3, judge: 'panel', score: 10, confidence: 0.25 },
    { ordinal: 4, judge: 'panel', score: 0 },
    { ordinal: 4, judge: 'x', score: 10 },
    { ordinal: 4, judge: 'y', score: 0 },
    { ordinal: 5, judge: 'panel', score: 8.5 },
    { ordinal: 6, judge: 'panel', error: 'unusable' },
  ]);
  await judge(bench, { ...on, judges: ['x'], status: 'running' }, [{ ordinal: 0, judge: 'x', score: 7 }]);
  const items = await rank(set, {});
  const by = Object.fromEntries(items.map((item) => [item.itemId, item.uncertainty]));
  expect(by).toEqual({ i0: 0, i1: 1, i2: 0.5, i3: 0.75, i4: 1, i5: 0.5, i6: 0, i7: 0 });
  expect(new Set(ids(items.slice(0, 2)))).toEqual(new Set(['i1', 'i4']));
  expect(items[2]!.itemId).toBe('i3');
  expect(items[2]!.usefulness).toBeCloseTo(0.3 * 0.75 + 0.2);
  const audits = await rank(set, { select: 'audit' });
  expect(Object.fromEntries(audits.map((item) => [item.itemId, item.uncertainty]))).toEqual(by);
});

test('copies stand behind one of each kind, what people have spoken of behind that, and copies share a cluster', async () => {
  const kind = (n: number) => text(own(n % 3).join(' '));
  const set = await seed(
    bench,
    numbers(12).map((n) => ({ id: `i${n}`, input: kind(n), answers: { a: says('yes'), b: says('no') } })),
  );
  const first = await rank(set, {});
  expect(new Set(first.slice(0, 3).map(({ ordinal }) => ordinal % 3)).size).toBe(3);
  expect(first.map(({ novelty }) => novelty)).toEqual([1, 1, 1, ...Array(9).fill(0)]);
  expect(new Map(first.map(({ ordinal, cluster }) => [ordinal % 3, cluster])).size).toBe(3);
  for (const { ordinal, cluster } of first)
    expect(cluster).toBe(first.find((other) => other.ordinal % 3 === ordinal % 3)!.cluster);
  await bench.curation.annotate('local', {
    kind: 'golden',
    datasetId: set.datasetId,
    candidateId: 'i4',
    body: { model_id: 'a' },
  });
  const after = await rank(set, {});
  expect(new Set(after.slice(0, 2).map(({ ordinal }) => ordinal % 3))).toEqual(new Set([0, 2]));
  for (const { ordinal, novelty } of after) if (ordinal % 3 === 1) expect(novelty).toBe(0);
  const left = await rank(set, { without: 'a word of a person' });
  expect(left).toHaveLength(11);
  expect(ids(left)).not.toContain('i4');
});

test('a form that most texts share makes them no copies', async () => {
  const form = numbers(60)
    .map((word) => `form${word}`)
    .join(' ');
  const set = await seed(
    bench,
    numbers(60).map((n) => ({ id: `i${n}`, input: text(`${form} ${own(n).join(' ')}`), answers: { a: says('yes') } })),
  );
  const items = await rank(set, {});
  expect(Math.min(...items.map(({ novelty }) => novelty))).toBeGreaterThan(0.8);
  expect(new Set(items.map(({ cluster }) => cluster)).size).toBe(60);
});

test('the audit sample: exact, spread evenly, the same for a seed, nested in a larger one, blind to answers and picks', async () => {
  // Every third item differs.
  const items = numbers(400).map((n) => ({
    id: `i${n}`,
    input: text(own(n).join(' ')),
    answers: { a: says('yes'), b: says(n % 3 === 0 ? 'no' : 'yes') },
  }));
  const set = await seed(bench, items);
  const audits = (ranked: RankedItem[]) => ids(ranked.filter(({ audit }) => audit));
  const hundred = await rank(set, { limit: 100, auditShare: 0.2 });
  expect([hundred.length, audits(hundred).length, new Set(ids(hundred)).size]).toEqual([100, 20, 100]);
  for (let n = 1; n <= 100; n++) expect(audits(hundred.slice(0, n))).toHaveLength(Math.floor(n * 0.2));
  expect(await rank(set, { limit: 100, auditShare: 0.2 })).toEqual(hundred);
  // 0.07 x 100 is a little more than 7 as the machine counts.
  expect(audits(await rank(set, { limit: 100, auditShare: 0.07 }))).toHaveLength(7);
  expect(hundred.filter(({ audit }) => !audit).every(({ ordinal }) => ordinal % 3 === 0)).toBe(true);
  const larger = await rank(set, { limit: 200, auditShare: 0.2 });
  expect(audits(larger).slice(0, 20)).toEqual(audits(hundred));
  // What later samples are drawn from is not picked before: else they would be samples of what nobody picked.
  const kept = await query<{ id: string }>(
    bench,
    `select item_id as id from items where version_id = $1 and left(md5('1 ' || item_id), 15) < '333333333333333'`,
    [set.versionId],
  );
  const reserved = new Set(kept.map(({ id }) => id));
  expect(reserved.size).toBeGreaterThan(50);
  expect(larger.filter(({ audit, itemId }) => !audit && reserved.has(itemId))).toEqual([]);
  // The order is that of the seed and the ids alone.
  const drawn = await query<{ id: string }>(
    bench,
    `select item_id as id from items where version_id = $1 order by md5('1 ' || item_id) collate "C" limit 20`,
    [set.versionId],
  );
  expect(audits(hundred)).toEqual(drawn.map(({ id }) => id));
  expect(audits(await rank(set, { limit: 100, auditShare: 0.2, seed: 2 }))).not.toEqual(audits(hundred));
  // Its own answers do not order it in Label Studio: it has the score of its neighbour there, and a cluster of its own.
  const clusters = hundred.map(({ cluster }) => cluster);
  for (const [at, item] of hundred.entries()) {
    if (!item.audit) continue;
    expect(item.score).toBe(hundred[at - 1]!.score);
    expect(clusters.filter((cluster) => cluster === item.cluster)).toHaveLength(1);
  }
});

test('few to pick: all of them come, and the sample is the share of what is given, drawn over all items', async () => {
  const set = await seed(
    bench,
    numbers(200).map((n) => ({
      id: `i${n}`,
      input: text(own(n).join(' ')),
      answers: { a: says('yes'), b: says(n < 20 ? 'no' : 'yes') },
    })),
  );
  const given = await rank(set, { select: 'differences', limit: 1000, auditShare: 0.2 });
  const audits = given.filter(({ audit }) => audit);
  expect(given.filter(({ ordinal }) => ordinal < 20)).toHaveLength(20);
  expect(audits.length).toBe(Math.ceil(given.length * 0.2));
  expect(audits.some(({ ordinal }) => ordinal >= 20)).toBe(true);
  expect(given.length).toBe(20 + audits.filter(({ ordinal }) => ordinal >= 20).length);
  const all = await rank(set, { limit: 1000, auditShare: 0.07 });
  expect([all.length, all.filter(({ audit }) => audit).length]).toEqual([200, 14]);
  const alone = await rank(set, { select: 'audit', limit: 30 });
  expect([alone.length, alone.every(({ audit }) => audit)]).toEqual([30, true]);
  expect(await rank(set, { limit: 10, auditShare: 1 })).toHaveLength(10);
  expect((await rank(set, { select: 'needs_review', limit: 5 })).every(({ ordinal }) => ordinal < 20)).toBe(true);
});

test('20,000 items with judges are ranked in little time', async () => {
  const set = await seed(bench, [{ id: 'i0', answers: { a: says('yes'), b: says('no') } }]);
  const { datasetId, versionId, runs } = set;
  await query(
    bench,
    `insert into items (version_id, ordinal, user_id, item_id, name, input, words)
     select $1, n, 'local', 'i' || n, 'i' || n, json_build_object('prompt',
       (select 'Rate ' || string_agg(md5(n % 15000 || ' ' || w), ' ') from generate_series(1, 50) w)), ''
     from generate_series(1, 19999) n`,
    [versionId],
  );
  await query(
    bench,
    `insert into item_states (version_id, ordinal, user_id, decisions, answers, differs, disagreement)
     select $1, n, 'local', '{"a":"yes","b":"no"}', 2, n % 5 = 0, (n % 5 = 0)::int from generate_series(1, 19999) n`,
    [versionId],
  );
  for (const runId of Object.values(runs)) {
    const id = await judge(bench, { userId: 'local', datasetId, versionId, runId, judges: ['j'] }, []);
    await query(
      bench,
      `insert into judgments (judge_run_id, ordinal, judge, user_id, run_id, judge_type, score)
       select $1, n, 'j', 'local', $2, 'llm', n % 11 from generate_series(0, 19999) n`,
      [id, runId],
    );
  }
  const began = performance.now();
  const items = await rank(set, { limit: 1000, auditShare: 0.2 });
  const took = performance.now() - began;
  expect([items.length, new Set(ids(items)).size, items.filter(({ audit }) => audit).length]).toEqual([
    1000, 1000, 200,
  ]);
  // Apart by decision, and the judge at its threshold.
  expect(items[0]).toMatchObject({ disagreement: 1, uncertainty: 1, novelty: 1, usefulness: 1 });
  expect(took).toBeLessThan(15_000);
});
