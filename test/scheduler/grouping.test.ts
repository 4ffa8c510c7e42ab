/** Whether grouping helps a model is learned from what its batches really saved. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { groupingHelps, keepPrefixReached } from '../../src/scheduler/grouping.ts';
import { lines, query } from '../batches/seed.ts';
import { openWorkplace, queueBatch, type Workplace } from './workplace.ts';

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace('grouping');
});
afterAll(() => place.end());

/** An ended batch of model m: its bound, prompt tokens, those from the cache, rows whose engine did not tell. */
async function ended(batch: { bound: number; prompt: number; cached: number; unknown?: number }): Promise<boolean> {
  const id = await queueBatch(place, lines(2));
  await query(
    place,
    `update batches set status = 'completed', completed = 2, prefix_bound = $2, prompt_tokens = $3, cached_tokens = $4,
       cached_unknown_rows = $5 where batch_id = $1`,
    [id, batch.bound, batch.prompt, batch.cached, batch.unknown ?? 0],
  );
  return place.db.asUser('local', async (q) => {
    await keepPrefixReached(q, id);
    return groupingHelps(q, 'm');
  });
}

test('it helps until a batch shows that it does not, and again when one shows that it does', async () => {
  expect(await place.db.asUser('local', (q) => groupingHelps(q, 'm'))).toBe(true);
  expect(await ended({ bound: 0.9, prompt: 20_000, cached: 15_000 })).toBe(true);
  expect(await ended({ bound: 0.9, prompt: 20_000, cached: 100 })).toBe(false);
  expect(await ended({ bound: 0.9, prompt: 20_000, cached: 9_000 })).toBe(true);
});

test('a batch that tells nothing changes nothing', async () => {
  expect(await ended({ bound: 0.9, prompt: 20_000, cached: 0 })).toBe(false);
  expect(await ended({ bound: 0.05, prompt: 20_000, cached: 900 })).toBe(false);
  expect(await ended({ bound: 0.9, prompt: 900, cached: 800 })).toBe(false);
  expect(await ended({ bound: 0.9, prompt: 20_000, cached: 15_000, unknown: 1 })).toBe(false);
});

test('what was learned long ago is tried again', async () => {
  expect(await ended({ bound: 0.9, prompt: 20_000, cached: 0 })).toBe(false);
  await query(place, `update model_rates set prefix_measured_at = now() - interval '8 days' where model_id = 'm'`);
  expect(await place.db.asUser('local', (q) => groupingHelps(q, 'm'))).toBe(true);
});
