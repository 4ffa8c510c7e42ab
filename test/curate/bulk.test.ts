/** Changes on all that a filter chooses: counted first, made only for the count that was confirmed, undone one by one. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { refreshItems } from '../../src/compare/refresh.ts';
import { type Bench, failure, filterOf, openBench, query, type Seeded, seed } from './seed.ts';

let bench: Bench;
let set: Seeded;
const items = 300;
beforeAll(async () => {
  bench = await openBench('bulk');
  set = await seed(
    bench,
    Array.from({ length: items }, (_, i) => ({
      id: `item-${i}`,
      category: i % 3 === 0 ? 'third' : 'rest',
      answers: {
        a: i % 10 === 0 ? null : '{"recommendation": "Yes"}',
        b: `{"recommendation": "${i % 2 ? 'Yes' : 'No'}"}`,
      },
    })),
  );
});
afterAll(() => bench.end());

const bulk = (more: Record<string, unknown>, filter: Record<string, unknown> = { category: 'third' }) =>
  bench.curation.bulk('local', {
    kind: 'golden',
    model_id: 'a',
    filter: filterOf(set.datasetId, filter),
    ...more,
  } as Parameters<typeof bench.curation.bulk>[1]);
const said = async () =>
  (
    await query<{ kind: string; count: number }>(
      bench,
      'select kind, count(*)::int as count from annotations where dataset_id = $1 group by kind order by kind',
      [set.datasetId],
    )
  ).map(({ kind, count }) => [kind, count]);

test('without confirm it counts; with another count it is refused, naming the one of now; then it is made', async () => {
  // 100 of the category, 10 of them failed.
  expect(await bulk({})).toEqual({ count: 90, done: false });
  expect(await said()).toEqual([]);
  const refused = await failure(bulk({ confirm: 89 }));
  expect(refused).toEqual({ code: 'conflict', message: expect.stringContaining('confirm 90') });
  expect(await said()).toEqual([]);
  expect(await bulk({ confirm: 90, note: 'all agree' })).toEqual({ count: 90, done: true });
  expect(await said()).toEqual([['golden', 90]]);
  const [state] = await query(
    bench,
    'select sum(golden)::int as golden, sum(wrong)::int as wrong from item_states where version_id = $1',
    [set.versionId],
  );
  expect(state).toEqual({ golden: 90, wrong: 0 });
  // What is said already is no change.
  expect(await bulk({})).toEqual({ count: 0, done: false });
  const page = await bench.curation.annotations('local', { datasetId: set.datasetId, limit: 1 });
  expect(page.data[0]).toMatchObject({ kind: 'golden', note: 'all agree', annotator: 'The local user' });
});

test('a filter that the change itself empties is asked once: all it chose are changed', async () => {
  // 120 differ and 30 failed; of 40 of those that differ something is said by now.
  expect(await bulk({ kind: 'wrong', model_id: 'b' }, { filter: 'needs_review' })).toEqual({ count: 110, done: false });
  expect(await bulk({ kind: 'wrong', model_id: 'b', confirm: 110 }, { filter: 'needs_review' })).toMatchObject({
    done: true,
  });
  expect(await bulk({ kind: 'wrong', model_id: 'b' }, { filter: 'needs_review' })).toMatchObject({ count: 0 });
});

test('of two at once with the same count one is made', async () => {
  const filter = { category: 'rest', decided: 'b=Yes' };
  const { count } = await bulk({ kind: 'golden', model_id: 'b' }, filter);
  expect(count).toBeGreaterThan(0);
  const both = await Promise.all([
    failure(bulk({ kind: 'golden', model_id: 'b', confirm: count }, filter)),
    failure(bulk({ kind: 'golden', model_id: 'b', confirm: count }, filter)),
  ]);
  expect(both.map((each) => each?.code ?? 'made').toSorted()).toEqual(['conflict', 'made']);
});

test('each can be undone, and all be cleared', async () => {
  const place = { datasetId: set.datasetId, candidateId: 'item-3', modelId: 'a' };
  expect(await bench.curation.undo('local', place)).toMatchObject({ candidate_id: 'item-3', kind: null });
  expect(await bulk({ kind: 'clear' })).toEqual({ count: 89, done: false });
  expect(await bulk({ kind: 'clear', confirm: 89 })).toEqual({ count: 89, done: true });
  expect(await bulk({ kind: 'clear' })).toEqual({ count: 0, done: false });
  const back = await bench.curation.undo('local', { ...place, candidateId: 'item-6' });
  expect(back).toMatchObject({ kind: 'golden', note: 'all agree' });
});

test('what is said and cleared in bulk leaves the states as computed from the answers, also rows from before', async () => {
  const all = {};
  const count = async (more: Record<string, unknown>) => (await bulk(more, all)).count;
  // As rows from before the column stand.
  await query(bench, 'update item_states set doubtful = null where version_id = $1 and ordinal % 2 = 0', [
    set.versionId,
  ]);
  const states = () =>
    query(bench, 'select * from item_states where version_id = $1 order by ordinal', [set.versionId]);
  for (const change of [
    { kind: 'wrong', model_id: 'a' },
    { kind: 'clear', model_id: 'b' },
    { kind: 'clear', model_id: 'a' },
  ]) {
    await bulk({ ...change, confirm: await count(change) }, all);
    const marked = await states();
    const version = { userId: 'local', datasetId: set.datasetId, versionId: set.versionId };
    await bench.db.asUser('local', (q) =>
      refreshItems(
        q,
        version,
        Array.from({ length: items }, (_, ordinal) => ordinal),
      ),
    );
    const computed = await states();
    // Of an item that something is said of the column may stay unknown.
    expect(marked).toEqual(computed.map((row, i) => ({ ...row, doubtful: marked[i]!.doubtful ?? null })));
    expect(marked.every((row, i) => row.doubtful === null || row.doubtful === computed[i]!.doubtful)).toBe(true);
    await query(bench, 'update item_states set doubtful = null where version_id = $1 and ordinal % 3 = 0', [
      set.versionId,
    ]);
  }
  expect((await states()).some((row) => row.needs_review)).toBe(true);
});

test('refused: a model without a run, another user, a dataset that is not there', async () => {
  expect(await failure(bulk({ model_id: 'c' }))).toEqual({
    code: 'invalid_parameter',
    message: expect.stringContaining('models that have: a, b'),
  });
  const filter = filterOf(set.datasetId);
  expect(await failure(bench.curation.bulk('other', { kind: 'golden', model_id: 'a', filter }))).toMatchObject({
    code: 'not_found',
  });
});
