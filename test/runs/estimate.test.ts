/** Estimates: measured where something was measured, null where nothing was, and the basis says which. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { query } from '../batches/seed.ts';
import { until } from '../scheduler/workplace.ts';
import { asked, jsonl, openRunPlace, type RunPlace } from './run-place.ts';

let place: RunPlace;
let datasetId: string;
beforeAll(async () => {
  place = await openRunPlace('runs_estimate');
  await place.addModel('priced', { price: { prompt_per_million: 2, completion_per_million: 10 } });
  await place.addModel('half', { price: { completion_per_million: 10 } });
  await place.addModel('free');
  // 400 prompts of 95 characters each, and "user\n" before them.
  const lines = Array.from({ length: 400 }, (_, i) => ({ custom_id: `q${i}`, prompt: `${i}`.padStart(95, 'x') }));
  datasetId = (await place.dataset('q.jsonl', jsonl(lines))).id;
});
afterAll(() => place.end());

const estimate = async (more: Parameters<typeof asked>[0] & object) =>
  place.runs.estimate('local', asked({ dataset_id: datasetId, ...more }));

test('a model that never ran: prompts by characters, the rest unknown or at most what max_tokens allows', async () => {
  const [unknown] = await estimate({ model_id: 'priced' });
  expect(unknown).toMatchObject({
    model_id: 'priced',
    requests: 400,
    prompt_tokens: 10_000,
    completion_tokens: null,
    seconds: null,
    cost: null,
  });
  expect(unknown!.basis).toBe(
    'Prompts: 200 of 400 rendered, 4 characters a token, as this model has not run yet. Answers: unknown, as this model has not run over this dataset and max_tokens is not set. Time: unknown, as this model has not been measured yet. Cost: unknown without the tokens of the answers.',
  );
  const limited = await estimate({ model_ids: ['priced', 'half', 'free'], limit: 100, params: { max_tokens: 20 } });
  expect(limited.map((one) => [one.requests, one.prompt_tokens, one.completion_tokens, one.cost])).toEqual([
    [100, 2500, 2000, (2500 * 2 + 2000 * 10) / 1e6],
    [100, 2500, 2000, null],
    [100, 2500, 2000, null],
  ]);
  expect(limited.map((one) => one.basis.split('Cost: ')[1])).toEqual([
    '2 and 10 USD a million tokens in and out, nothing from the cache.',
    'the price of this model lacks prompt_per_million or completion_per_million.',
    'no price is set for this model.',
  ]);
  expect(limited[0]!.basis).toContain('at most 20 tokens each, by the parameters');
});

test('a model that ran: tokens a character, tokens an answer and speed as measured', async () => {
  const [run] = await place.runs.start('local', asked({ dataset_id: datasetId, model_id: 'priced', limit: 10 }));
  await until(async () => (await place.runs.get('local', run!.id)).status === 'completed', 'the run has ended');
  // The fake engine counts 7 tokens a prompt and 3 an answer; 10 answers in 2 s are 15 answer tokens a second.
  await query(
    place,
    `update batches set first_dispatch_at = now() - interval '2 seconds', last_commit_at = now() where batch_id = $1`,
    [run!.batch_id],
  );
  const [measured] = await estimate({ model_id: 'priced', params: { max_tokens: 500 } });
  expect(measured).toMatchObject({ prompt_tokens: 2800, completion_tokens: 1200, seconds: 80 });
  expect(measured!.cost).toBeCloseTo((2800 * 2 + 1200 * 10) / 1e6, 12);
  expect(measured!.basis).toMatch(
    /0\.070 tokens a character.*3\.0 tokens each, the mean of this model's earlier runs.*15\.0 answer tokens a second in its last batch/,
  );
  await query(place, `insert into model_rates (user_id, model_id, rows_per_s) values ('local', 'half', 8)`);
  expect(await estimate({ model_id: 'half' })).toMatchObject([{ seconds: 50, completion_tokens: null }]);
});
