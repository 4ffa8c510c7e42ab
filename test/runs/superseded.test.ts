/** A run that a newer one supersedes while it works: its batch ends, its answers stay. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRuns } from '../../src/runs/room.ts';
import { insertRuns } from '../../src/runs/supersede.ts';
import { query } from '../batches/seed.ts';
import { until } from '../scheduler/workplace.ts';
import { asked, jsonl, openRunPlace, promptLines, type RunPlace } from './run-place.ts';

let place: RunPlace;
beforeAll(async () => {
  place = await openRunPlace('runs_superseded');
  await place.addModel('red');
});
afterAll(() => place.end());

const statusOf = async (batchId: string | null) =>
  (await query<{ status: string }>(place, 'select status from batches where batch_id = $1', [batchId]))[0]?.status;
const answersOf = async (runId: string) =>
  (await query<{ n: number }>(place, 'select count(*)::int as n from answers where run_id = $1', [runId]))[0]!.n;
const ended = ['cancelling', 'cancelled'];

/** A run of which the first answers have landed and the others hang. */
async function halfDone(datasetId: string) {
  place.behave(({ marker }) => (/[12]\?$/.test(marker) ? { do: 'answer' } : { do: 'hang' }));
  const [run] = await place.runs.start('local', asked({ dataset_id: datasetId, model_id: 'red' }));
  await until(async () => (await answersOf(run!.id)) >= 2, 'two answers');
  return run!;
}

test('a newer run of its model ends it, and what it has answered stays', async () => {
  const { id } = await place.dataset('questions.jsonl', promptLines(8));
  const old = await halfDone(id);
  place.behave(() => ({ do: 'answer' }));
  const [newer] = await place.runs.start('local', asked({ dataset_id: id, model_id: 'red' }));
  expect(ended).toContain(await statusOf(old.batch_id));
  await until(async () => {
    await place.sweep();
    return (await statusOf(old.batch_id)) === 'cancelled' && (await statusOf(newer!.batch_id)) === 'completed';
  }, 'the old batch has ended and the newer is done');
  expect(await answersOf(old.id)).toBeGreaterThanOrEqual(2);
  expect(await place.runs.get('local', old.id)).toMatchObject({ superseded_by: newer!.id, status: 'cancelled' });
});

test('so do imported answers', async () => {
  const { id } = await place.dataset('questions.jsonl', promptLines(8));
  const old = await halfDone(id);
  const lines = jsonl([{ custom_id: 'q-1', content: 'x' }]);
  const [run] = await place.answers('answers.jsonl', lines, { datasetId: id, modelId: 'red' });
  expect(run!.supersedes).toBe(old.id);
  expect(ended).toContain(await statusOf(old.batch_id));
  expect(await answersOf(old.id)).toBeGreaterThanOrEqual(2);
});

test('one that a server was killed before ending is ended at the next start; others work on', async () => {
  const { id } = await place.dataset('questions.jsonl', promptLines(8));
  const old = await halfDone(id);
  const other = await halfDone((await place.dataset('others.jsonl', promptLines(8))).id);
  await query(place, `update runs set superseded_by = 'bm_newer' where run_id = $1`, [old.id]);
  await openRuns(place.deps).resume();
  expect(ended).toContain(await statusOf(old.batch_id));
  expect(await statusOf(other.batch_id)).toBe('in_progress');
});

test('one that is superseded while its batch is being made ends it when it is there', async () => {
  const { id, version_id: versionId } = await place.dataset('questions.jsonl', promptLines(8));
  place.behave(() => ({ do: 'hang' }));
  const { create } = place.deps.batches;
  const runs = openRuns({
    ...place.deps,
    batches: {
      ...place.deps.batches,
      async create(userId, body, repeat) {
        const batch = await create(userId, body, repeat);
        const newer = { userId, datasetId: id, versionId, runId: 'bm_quick', modelId: 'red' };
        await place.db.asUser(userId, (q) =>
          insertRuns(q, [{ ...newer, source: 'import', settings: {}, total: 0, items: null }]),
        );
        return batch;
      },
    },
  });
  const [old] = await runs.start('local', asked({ dataset_id: id, model_id: 'red' }));
  expect(old).toMatchObject({ superseded_by: 'bm_quick' });
  expect(ended).toContain(await statusOf(old!.batch_id));
});
