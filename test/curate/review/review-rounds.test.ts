/** Rounds of review: when they are due, what they hold against figures counted by hand, and the queue that shows them. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { reviewQuery } from '../../../src/contracts/label-studio.ts';
import { newLabel } from '../../../src/contracts/trust.ts';
import { reviewQueue } from '../../../src/curate/review/review-queue.ts';
import { keepRound } from '../../../src/curate/review/review-rounds.ts';
import { keepLabel, takeBackLabel } from '../../../src/judge/people/label.ts';
import { ppiMean } from '../../../src/judge/trust/ppi.ts';
import { addRun, type Bench, openBench, type Seeded, seed } from '../seed.ts';
import { judge } from './judged.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('review_rounds');
});
afterAll(() => bench.end());

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const items = (count: number, models: string[]) =>
  numbers(count).map((n) => ({
    id: `i${n}`,
    name: `Item ${n}`,
    category: n % 2 === 0 ? 'even' : null,
    answers: Object.fromEntries(models.map((model) => [model, `{"recommendation":"${n % 4 === 0 ? model : 'yes'}"}`])),
  }));
const mark = (set: Seeded, n: number, [kind, model = 'a']: ['golden' | 'wrong', string?]) =>
  bench.curation.annotate('local', {
    kind,
    datasetId: set.datasetId,
    candidateId: `i${n}`,
    body: { model_id: model },
  });
const place = (set: Seeded, n: number, labeller: string) => ({
  benchmark_id: set.runs.a!,
  candidate_id: `i${n}`,
  labeller,
});
const label = (
  set: Seeded,
  n: number,
  said: { verdict: 'pass' | 'fail' | 'unsure'; labeller?: string; sample?: string },
) => keepLabel(bench.db, 'local', newLabel.parse({ ...place(set, n, 'Ann'), sample: 'audit', ...said }));
const keep = (set: Seeded, every: number) => keepRound(bench.db, 'local', { datasetId: set.datasetId, every });
const queueOf = (set: Seeded, more: object = {}, every = 20) =>
  reviewQueue(bench.db, 'local', reviewQuery.parse({ dataset_id: set.datasetId, ...more }), every);

test('a round has the golden share of the audit sample with the interval of Wilson, and the judge mended as PPI++ does', async () => {
  const set = await seed(bench, items(40, ['a', 'b']));
  const on = { userId: 'local', datasetId: set.datasetId, versionId: set.versionId, runId: set.runs.a!, judges: ['j'] };
  // Passes two of three.
  const score = (n: number) => (n % 3 === 0 ? 2 : 9);
  const judged = await judge(
    bench,
    on,
    numbers(40).map((ordinal) => ({ ordinal, judge: 'j', score: score(ordinal) })),
  );
  await judge(
    bench,
    { ...on, status: 'running' },
    numbers(40).map((ordinal) => ({ ordinal, judge: 'j', score: 9 })),
  );
  // Audit: 8 of 10 golden. Two people are apart on one more; one is unsure; picked ones and annotations are no sample.
  for (const n of numbers(10)) await label(set, n, { verdict: n < 2 ? 'fail' : 'pass' });
  await label(set, 10, { verdict: 'pass' });
  await label(set, 10, { verdict: 'fail', labeller: 'Ben' });
  await label(set, 11, { verdict: 'unsure' });
  for (const n of [20, 21, 22]) await label(set, n, { verdict: 'fail', sample: 'picked' });
  await mark(set, 9, ['golden']);
  await mark(set, 30, ['wrong']);
  await mark(set, 30, ['wrong', 'b']);
  const kept = await keep(set, 16);
  expect(kept).toMatchObject({ round: 1, labels: 16, audit_labels: 11 });
  const [a, b] = kept!.figures;
  // z = 1.959964, z² = 3.841459: (0.8 + 0.192073) / 1.384146 = 0.716740, half of the width 0.226578.
  expect(a).toMatchObject({ model_id: 'a', run_id: set.runs.a, golden: 8, n: 10, share: 0.8, judge_run_id: judged });
  expect([a!.low, a!.high]).toEqual([expect.closeTo(0.490162, 5), expect.closeTo(0.943318, 5)]);
  const says = (n: number) => (score(n) >= 7 ? 1 : 0);
  const mended = ppiMean({
    labels: numbers(10).map((n) => (n < 2 ? 0 : 1)),
    judged: numbers(10).map(says),
    unlabelled: numbers(40).slice(10).map(says),
  });
  expect([a!.corrected, a!.corrected_low, a!.corrected_high]).toEqual([mended.value, ...mended.interval]);
  expect(b).toEqual({
    model_id: 'b',
    run_id: set.runs.b,
    golden: 0,
    n: 0,
    share: null,
    low: null,
    high: null,
    judge_run_id: null,
    corrected: null,
    corrected_low: null,
    corrected_high: null,
  });
});

test('a round comes after so many new answers, once, and stays as it was', async () => {
  const set = await seed(bench, items(30, ['a']));
  expect(await keep(set, 4)).toBeNull();
  for (const n of [0, 1, 2]) await label(set, n, { verdict: 'pass' });
  // The same answers once more are no new ones.
  for (const n of [0, 1, 2]) await mark(set, n, ['golden']);
  await label(set, 2, { verdict: 'pass', labeller: 'Ben' });
  expect(await keep(set, 4)).toBeNull();
  await label(set, 3, { verdict: 'fail' });
  const both = await Promise.all([keep(set, 4), keep(set, 4)]);
  expect(both.filter((round) => round !== null)).toHaveLength(1);
  const first = both.find((round) => round !== null)!;
  expect(first.figures[0]).toMatchObject({ golden: 3, n: 4, share: 0.75 });
  expect(await keep(set, 4)).toBeNull();
  await takeBackLabel(bench.db, 'local', { ...place(set, 3, 'Ann'), audit_size: 100 });
  expect((await queueOf(set)).since).toBe(0);
  for (const n of [3, 4, 5, 6]) await label(set, n, { verdict: 'pass' });
  expect(await keep(set, 4)).toBeNull();
  await label(set, 7, { verdict: 'pass' });
  expect(await keep(set, 4)).toMatchObject({ round: 2, labels: 8, figures: [{ golden: 8, n: 8, share: 1 }] });
  // A newer run takes the place of the model's: its answers have no labels yet.
  await addRun(
    bench,
    { userId: 'local', datasetId: set.datasetId, versionId: set.versionId, model: 'a' },
    numbers(30).map((ordinal) => ({ ordinal, content: '{"recommendation":"new"}' })),
  );
  const { rounds, every, since } = await queueOf(set, {}, 4);
  expect(rounds.map(({ round }) => round)).toEqual([2, 1]);
  expect(rounds[1]).toEqual(first);
  expect([every, since]).toEqual([4, 0]);
  const widths = rounds.map(({ figures }) => figures[0]!.high! - figures[0]!.low!);
  expect(widths[0]!).toBeLessThan(widths[1]!);
});

test('examples of a prompt are in no figure of its run', async () => {
  const set = await seed(bench, items(8, ['a']), { settings: { example_items: ['i0', 'i1'] } });
  for (const n of numbers(6)) await label(set, n, { verdict: n < 2 ? 'fail' : 'pass' });
  expect((await keep(set, 6))!.figures[0]).toMatchObject({ golden: 4, n: 4 });
});

test('the queue: items without a word of a person, those on which models are apart first, with its audit items', async () => {
  const set = await seed(bench, items(40, ['a', 'b']));
  const queue = await queueOf(set, { limit: 10 });
  expect([queue.left, queue.since, queue.every, queue.rounds]).toEqual([40, 0, 20, []]);
  expect(queue.items).toHaveLength(10);
  expect(queue.items.filter(({ audit }) => audit)).toHaveLength(2);
  for (const item of queue.items.filter(({ audit }) => !audit)) {
    expect(item).toMatchObject({ category: 'even', name: `Item ${item.ordinal}`, disagreement: 1 });
    expect(item.ordinal % 4).toBe(0);
  }
  const [first] = queue.items;
  await mark(set, first!.ordinal, ['golden']);
  const after = await queueOf(set, { limit: 50 });
  expect([after.left, after.since, after.items.length]).toEqual([39, 1, 39]);
  expect(after.items.map(({ candidate_id }) => candidate_id)).not.toContain(first!.candidate_id);
  const audits = (of: typeof queue) => of.items.filter(({ audit }) => audit).map(({ candidate_id }) => candidate_id);
  expect(audits(after).slice(0, 2)).toEqual(audits(queue));
  const theirs = reviewQueue(bench.db, 'other', reviewQuery.parse({ dataset_id: set.datasetId }), 20);
  await expect(theirs).rejects.toMatchObject({ code: 'not_found' });
  expect(await keepRound(bench.db, 'other', { datasetId: set.datasetId, every: 1 })).toBeNull();
});

test('words that were said in the workbench alone make a round when the queue is looked at, once', async () => {
  const set = await seed(bench, items(8, ['a']));
  for (const n of numbers(2)) await mark(set, n, ['golden']);
  expect(await queueOf(set, {}, 3)).toMatchObject({ since: 2, every: 3, rounds: [] });
  await mark(set, 2, ['wrong']);
  for (const _ of [1, 2])
    expect(await queueOf(set, {}, 3)).toMatchObject({ since: 0, rounds: [{ round: 1, labels: 3 }] });
});
