/** Fields for choices are those of few values; they come from the current answers and what is expected. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { knownFields } from '../../../../src/curate/label-studio/config/known-fields.ts';
import { addRun, type Bench, openBench, type Seeded, seed } from '../../seed.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('known_fields');
});
afterAll(() => bench.end());

const fieldsOf = (of: Seeded, models: string[], most = 12) =>
  bench.db.asUser('local', (q) => knownFields(q, { versionId: of.versionId, models, most }));

const answer = (at: number, recommendation: string) =>
  JSON.stringify({
    recommendation,
    why: `because of the ${at}th of many things that were seen, ${'and more '.repeat(8)}`,
    id: at,
    verdict: { score: [10, 9, 2][at % 3], sure: at % 2 === 0, always: 'same', tags: ['a'] },
    steps: [{ name: at % 2 ? 'one' : 'two' }],
  });

test('decision first, then scalars of few values; spellings of one value are one', async () => {
  const items = Array.from({ length: 12 }, (_, at) => ({
    id: `i${at}`,
    truth: at % 2 ? 'Maybe' : 'yes',
    answers: {
      m1: answer(at, at % 3 ? 'Yes' : 'no'),
      m2: answer(at, at === 1 ? 'YES' : 'Yes'),
      m3: answer(at, 'Other'),
    },
  }));
  const of = await seed(bench, items);
  const found = await fieldsOf(of, ['m1', 'm2']);
  expect(found).toEqual([
    { field: 'recommendation', values: ['Maybe', 'no', 'Yes'] },
    { field: 'verdict.score', values: ['2', '9', '10'] },
    { field: 'verdict.sure', values: ['false', 'true'] },
  ]);
  expect(await fieldsOf(of, ['m1', 'm2'])).toEqual(found);
  // With two values at most, neither the scores nor what is expected beside them fits.
  expect((await fieldsOf(of, ['m1', 'm2'], 2)).map(({ field, values }) => [field, values.length])).toEqual([
    ['recommendation', 2],
    ['verdict.sure', 2],
  ]);
  // A newer run of a model takes the place of the one before.
  const run = { userId: 'local', datasetId: of.datasetId, versionId: of.versionId, model: 'm1' };
  await addRun(
    bench,
    run,
    items.map((_, ordinal) => ({ ordinal, content: answer(ordinal, 'never') })),
  );
  expect((await fieldsOf(of, ['m1']))[0]).toEqual({ field: 'recommendation', values: ['Maybe', 'never', 'yes'] });
});

test('texts that are decisions stand at the path of the decision; long expected answers are none', async () => {
  const items = ['A', 'B', 'A', 'B'].map((content, at) => ({
    id: `t${at}`,
    truth: `A long explanation that ends in a letter, as a person would write it down: ${content}`,
    answers: { m1: JSON.stringify({ recommendation: content }), m2: null },
  }));
  const of = await seed(bench, items);
  expect(await fieldsOf(of, ['m1', 'm2'])).toEqual([{ field: 'recommendation', values: ['A', 'B'] }]);
});
