/** Golden sets: what goes in, that nothing later changes it, and how versions follow each other. */

import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addRun, type Bench, failure, filterOf, openBench, type Seeded, seed } from './seed.ts';

let bench: Bench;
let set: Seeded;
const say = (recommendation: string) => JSON.stringify({ recommendation });
beforeAll(async () => {
  bench = await openBench('golden_sets');
  set = await seed(
    bench,
    Array.from({ length: 120 }, (_, i) => ({
      id: `item-${i}`,
      category: i < 60 ? 'early' : 'late',
      truth: 'Yes',
      answers: { a: say('Yes'), b: say('No') },
    })),
  );
});
afterAll(() => bench.end());

const place = (i: number, modelId: string) => ({ datasetId: set.datasetId, candidateId: `item-${i}`, modelId });
const make = (name: string, filter: Record<string, unknown> = {}, userId = 'local') =>
  bench.curation.makeGoldenSet(userId, { name, filter: filterOf(set.datasetId, filter) });
const itemsOf = async (id: string, userId = 'local') =>
  (await text(bench.curation.goldenSetItems(userId, id)))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

test('nothing golden is a conflict, and leaves nothing behind', async () => {
  expect(await failure(make('first'))).toMatchObject({ code: 'conflict' });
  expect(await bench.curation.goldenSets('local', set.datasetId)).toEqual([]);
});

test('golden answers and fixes go in as they are, and stay so whatever comes', async () => {
  const { curation } = bench;
  const filter = filterOf(set.datasetId);
  await curation.bulk('local', { kind: 'golden', model_id: 'a', filter, confirm: 120, note: 'fine' });
  const body = { model_id: 'b', content: say('Mended'), note: 'why' };
  await curation.annotate('local', { ...place(7, 'b'), kind: 'fix', body });
  await curation.annotate('local', { ...place(8, 'b'), kind: 'wrong', body: { model_id: 'b' } });
  const made = await make('first');
  expect(made).toMatchObject({ dataset_id: set.datasetId, name: 'first', version: 1, items: 121 });
  expect(made.origin).toEqual({
    filter,
    version_id: set.versionId,
    dataset_versions: [set.versionHash],
    models: ['a', 'b'],
    annotators: ['The local user'],
  });
  const before = await itemsOf(made.id);
  expect(before).toHaveLength(121);
  expect(before[8]).toEqual({
    candidate_id: 'item-7',
    name: 'item-7',
    category: 'early',
    truth: 'Yes',
    messages: [{ role: 'user', content: 'Judge item-7' }],
    model_id: 'b',
    content: say('Mended'),
    original: say('No'),
    decision: 'Mended',
    kind: 'fix',
    note: 'why',
    annotator: 'The local user',
    annotated_at: expect.any(Number),
    run_id: set.runs.b,
    version_id: set.versionId,
    dataset_version: set.versionHash,
  });
  expect(before[0]).toMatchObject({
    model_id: 'a',
    content: say('Yes'),
    original: null,
    decision: 'Yes',
    note: 'fine',
  });
  await curation.undo('local', place(7, 'b'));
  await curation.bulk('local', { kind: 'clear', model_id: 'a', filter, confirm: 120 });
  await addRun(bench, { ...set, model: 'a' }, [{ ordinal: 0, content: say('Newer') }]);
  expect(await itemsOf(made.id)).toEqual(before);
});

test('the same name again is the next version; the filter narrows; two at once get two versions', async () => {
  const { curation } = bench;
  for (const i of [1, 2, 70]) {
    await curation.annotate('local', { ...place(i, 'b'), kind: 'golden', body: { model_id: 'b' } });
  }
  await curation.annotate('local', { ...place(3, 'b'), kind: 'fix', body: { model_id: 'b', content: say('3') } });
  const second = await make('first', { category: 'early' });
  expect(second).toMatchObject({ version: 2, items: 3 });
  expect((await itemsOf(second.id)).map((entry) => entry.candidate_id)).toEqual(['item-1', 'item-2', 'item-3']);
  expect(await make('other name', { filter: 'golden' })).toMatchObject({ version: 1, items: 3 });
  expect(await failure(make('none', { models: 'a' }))).toMatchObject({ code: 'conflict' });
  const both = await Promise.all([make('first'), make('first')]);
  expect(both.map(({ version }) => version).toSorted()).toEqual([3, 4]);
  const list = await curation.goldenSets('local', set.datasetId);
  expect(list.map(({ name, version }) => `${name} ${version}`)).toEqual([
    'first 4',
    'first 3',
    'other name 1',
    'first 2',
    'first 1',
  ]);
});

test('deleted by version; another user sees none of it', async () => {
  const { curation } = bench;
  const [newest] = await curation.goldenSets('local', set.datasetId);
  expect(await failure(make('theirs', {}, 'other'))).toMatchObject({ code: 'not_found' });
  expect(await failure(itemsOf(newest!.id, 'other'))).toMatchObject({ code: 'not_found' });
  expect(await failure(curation.goldenSets('other', set.datasetId))).toMatchObject({ code: 'not_found' });
  expect(await failure(curation.removeGoldenSet('other', newest!.id))).toMatchObject({ code: 'not_found' });
  await curation.removeGoldenSet('local', newest!.id);
  expect(await failure(itemsOf(newest!.id))).toMatchObject({ code: 'not_found' });
  expect(await failure(curation.removeGoldenSet('local', newest!.id))).toMatchObject({ code: 'not_found' });
  expect(await curation.goldenSets('local', set.datasetId)).toHaveLength(4);
});
