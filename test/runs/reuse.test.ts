/** Runs that take over the answers of earlier ones: in the grid as any answer, without a request, at no cost. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { query } from '../batches/seed.ts';
import { until } from '../scheduler/workplace.ts';
import { asked, openRunPlace, promptLines, type RunPlace } from './run-place.ts';

let place: RunPlace;
beforeAll(async () => {
  place = await openRunPlace('runs_reuse');
  await place.addModel('red');
});
afterAll(() => place.end());

const answers = (id: string) =>
  query<{ ordinal: number; ok: boolean; content: string | null; completion_tokens: number | null }>(
    place,
    'select ordinal, ok, content, completion_tokens from answers where run_id = $1 order by ordinal',
    [id],
  );

async function run(datasetId: string, more: { limit?: number; reuse?: boolean }): Promise<string> {
  const params = { temperature: 0 };
  const [begun] = await place.runs.start('local', asked({ dataset_id: datasetId, model_id: 'red', params, ...more }));
  return begun!.id;
}

async function ended(id: string, total: number) {
  await until(async () => (await place.runs.get('local', id)).status === 'completed', `${id} completed`);
  // Derived in the background where nothing had to be asked.
  await until(async () => (await answers(id)).length === total, `answers of ${id}`);
  return answers(id);
}

test('what was asked before is there at once, the rest is asked; a run anew asks all of it', async () => {
  const { id: datasetId } = await place.dataset('questions.jsonl', promptLines(12));
  const first = await ended(await run(datasetId, { limit: 8, reuse: true }), 8);
  expect(place.engine.requests).toHaveLength(8);
  const second = await run(datasetId, { reuse: true });
  const all = await ended(second, 12);
  expect(place.engine.requests).toHaveLength(12);
  expect(all.slice(0, 8).map(({ ordinal, ok, content }) => ({ ordinal, ok, content }))).toEqual(
    first.map(({ ordinal, ok, content }) => ({ ordinal, ok, content })),
  );
  expect(all.map((answer) => answer.completion_tokens === 0)).toEqual(all.map((_, place) => place < 8));
  const whole = await run(datasetId, { reuse: true });
  expect((await ended(whole, 12)).every((answer) => answer.ok && answer.completion_tokens === 0)).toBe(true);
  expect(place.engine.requests).toHaveLength(12);
  const states = await query<{ answers: number }>(
    place,
    'select s.answers from item_states s join dataset_versions using (version_id) where dataset_id = $1',
    [datasetId],
  );
  expect(states.map((state) => state.answers)).toEqual(Array.from({ length: 12 }, () => 1));
  await ended((await place.runs.again('local', whole)).id, 12);
  expect(place.engine.requests).toHaveLength(24);
  await ended(await run(datasetId, {}), 12);
  expect(place.engine.requests).toHaveLength(36);
});
