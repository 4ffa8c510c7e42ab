/** Predictions of trainers: kept once for good, whoever sends them and how often, summed, paged, and told by sample. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  movementQuery,
  type NewPredictions,
  type Prediction,
  predictionQuery,
  type SampleMovement,
} from '../../src/contracts/predictions.ts';
import { failure } from '../curate/seed.ts';
import { evaluationOf, makeJob, openRoom, type Room } from './room.ts';

let room: Room;
beforeAll(async () => {
  room = await openRoom('training_predictions');
});
afterAll(() => room?.end());

const page = (id: string, query: object = {}) => room.training.predictions('local', id, predictionQuery.parse(query));
const epochs = (id: string) => room.training.evaluations('local', id);
const post = (body: NewPredictions) => room.training.addPredictions('local', body);

describe('what is sent', () => {
  test('is kept once, and the sums are of what was kept', async () => {
    const id = await makeJob(room.training);
    expect(await post(evaluationOf({ id, step: 10 }, [1, 0]))).toEqual({ stored: 2, duplicates: 0 });
    // One more sample beside the two that are there; its first try counts, also within a call.
    const again = evaluationOf({ id, step: 10, epoch: 1.00004 }, [0, 1, null]);
    again.predictions.push({ ...again.predictions[2]!, error: 'another' });
    expect(await post(again)).toEqual({ stored: 1, duplicates: 3 });
    const { evaluations, epoch_count: count } = await epochs(id);
    expect([evaluations.length, count]).toEqual([1, 1]);
    const sums = { samples: 3, errors: 1, scores: { exact_match: 0.5 }, rungs: { as_is: 2 } };
    expect(evaluations[0]).toMatchObject({ step: 10, epoch: 1, hook: 'epoch_end', ...sums });
    expect(evaluations[0]!.truth_nll).toBeCloseTo(1 / 11);
    const { predictions, total_count: total } = await page(id, { epoch: 1.000_01 });
    expect([total, predictions.map((row) => row.scores.exact_match)]).toEqual([3, [1, 0, undefined]]);
    const error = expect.stringContaining('BFloat16');
    expect(predictions[2]).toMatchObject({ prediction: null, error, dtype_rung: null, sample_id: 's2' });
    const job = { status: 'running', step: 10, epoch: 1, predictions: 3, prediction_errors: 1, evaluations: 1 };
    expect(await room.training.get('local', id)).toMatchObject(job);
  });

  test('by many at once neither doubles nor waits in a circle', async () => {
    const id = await makeJob(room.training, { sample_count: 40 });
    const steps = [10, 20, 30];
    const both = [steps, steps.toReversed(), steps, steps.toReversed()];
    const answers = await Promise.all(
      both.map(async (order) => {
        const got = [];
        for (const step of order) got.push(await post(evaluationOf({ id, step }, Array(40).fill(1))));
        return got;
      }),
    );
    expect(answers.flat().reduce((sum, { stored }) => sum + stored, 0)).toBe(120);
    const { evaluations } = await epochs(id);
    expect(evaluations.map(({ step, samples, scores }) => [step, samples, scores.exact_match])).toEqual(
      steps.map((step) => [step, 40, 1]),
    );
    expect((await page(id)).total_count).toBe(120);
  });

  test('is refused with its place, value and remedy, and then nothing of it is kept', async () => {
    const id = await makeJob(room.training, { sample_count: 3 });
    const beyond = evaluationOf({ id, step: 1 }, [1, 1, 1, 1]);
    const index = 'predictions.3.sample_index: the job has 3 samples, counted from 0 (got 3).';
    expect(await failure(post(beyond))).toEqual({ code: 'invalid_parameter', message: index });
    const silent = evaluationOf({ id, step: 1 }, [1, null]);
    silent.predictions[1]!.error = '';
    expect((await failure(post(silent)))?.message).toMatch(/^predictions\.1\.prediction: .* error says why/);
    expect(await epochs(id)).toEqual({ evaluations: [], epoch_count: 0 });
    expect((await room.training.get('local', id)).status).toBe('created');
    const without = await makeJob(room.training, { enabled: false });
    const refused = await failure(post(evaluationOf({ id: without, step: 1 }, [1])));
    expect(refused).toMatchObject({ code: 'conflict', message: expect.stringContaining('predictions.enabled=true') });
    const off = room.with({ predictions_enabled: false });
    const disabled = await failure(off.addPredictions('local', evaluationOf({ id, step: 1 }, [1])));
    expect(disabled).toMatchObject({ code: 'predictions_disabled' });
    expect(await failure(post(evaluationOf({ id: 'tj_\0', step: 1 }, [1])))).toMatchObject({ code: 'not_found' });
  });

  test('may be numbers near the largest there are', async () => {
    const id = await makeJob(room.training);
    const huge = evaluationOf({ id, step: 1, epoch: 1e308 }, [1e308, 1e308]);
    for (const row of huge.predictions) row.truth_nll = 1e308;
    await post(huge);
    const one = await post(evaluationOf({ id, step: 1 }, [1, 1, 1]));
    expect(one).toEqual({ stored: 1, duplicates: 2 });
    const { evaluations } = await epochs(id);
    expect(evaluations).toMatchObject([{ epoch: 1e308, samples: 3, truth_nll: null }]);
    expect(evaluations[0]!.scores).toEqual({});
    expect((await page(id, { epoch: 1e308 })).total_count).toBe(3);
  });

  test('may hold what PostgreSQL cannot', async () => {
    const id = await makeJob(room.training);
    const odd = evaluationOf({ id, step: 1 }, [1]);
    Object.assign(odd.predictions[0]!, { prediction: 'a\0b\ud800', scores: { 'a\0': 1 } });
    expect(await post(odd)).toEqual({ stored: 1, duplicates: 0 });
    expect((await page(id)).predictions[0]).toMatchObject({ prediction: 'a\ufffdb\ufffd', scores: { 'a\ufffd': 1 } });
  });
});

test('every page of every filter is what sorting and cutting all rows gives', async () => {
  const id = await makeJob(room.training, { sample_count: 4 });
  const sent = [0, 10, 20, 30, 40].flatMap((step) => ({ step, hook: step === 0 ? 'train_begin' : 'epoch_end' }));
  sent.push({ step: 40, hook: 'train_end' });
  for (const at of sent.toReversed()) {
    const scores = [0, 1, 2, 3].map((sample) => ((at.step / 10 + sample) % 3 === 0 ? null : 1));
    await post(evaluationOf({ id, ...at }, scores));
  }
  const { predictions: all, total_count: total, epoch_count: count } = await page(id, { limit: 1000 });
  expect([all.length, total, count]).toEqual([24, 24, 5]);
  const place = (row: Prediction) => row.epoch * 1e6 + row.sample_index;
  expect(all.map(place)).toEqual(all.map(place).toSorted((a, b) => a - b));
  const filters: [object, (row: Prediction) => boolean][] = [
    [{}, () => true],
    [{ epoch: 4 }, (row) => row.epoch === 4],
    [{ step: 20 }, (row) => row.step === 20],
    [{ step: 20, epoch: 4 }, () => false],
    [{ sample: 2 }, (row) => row.sample_index === 2],
    [{ sample: 2, epoch: 4 }, (row) => row.sample_index === 2 && row.epoch === 4],
    [{ sample: 2 ** 40 }, () => false],
    [{ errors: 'true' }, (row) => row.error !== null],
    [{ errors: 'false', epoch: 4 }, (row) => row.error === null && row.epoch === 4],
    [{ errors: 'true', sample: 1 }, (row) => row.error !== null && row.sample_index === 1],
  ];
  for (const [filter, keep] of filters) {
    const wanted = all.filter(keep);
    for (const offset of [0, 1, 5, 23, 24, 10 ** 15]) {
      const got = await page(id, { ...filter, offset, limit: 3 });
      const ids = got.predictions.map((row) => row.id);
      expect([filter, offset, ids, got.total_count]).toEqual([
        filter,
        offset,
        wanted.slice(offset, offset + 3).map((row) => row.id),
        wanted.length,
      ]);
      expect(got.epoch_count).toBe(5);
    }
  }
});

test('a sample is learned, forgotten, flapping, right, wrong or unknown', async () => {
  const u = undefined;
  /** Exact match at each of six evaluations; null: an error, undefined: no score. */
  const samples: [SampleMovement['movement'], (number | null | undefined)[]][] = [
    ['learned', [0, 0, 1, 1, 1, 1]],
    ['learned', [1, 0, 0, 1, 1, null]],
    ['forgotten', [1, 1, 0, 0, 0, 0]],
    ['forgotten', [0, 1, 1, 0, 0, u]],
    ['flapping', [0, 1, 0, 1, 1, 1]],
    ['right', [null, 1, 1, 1, u, 1]],
    ['wrong', [0, 0.5, 0.99, 0, 0, 0]],
    ['unknown', [null, null, 1, null, null, u]],
    ['unknown', [null, null, null, null, null, null]],
  ];
  const id = await makeJob(room.training, { sample_count: samples.length });
  for (const at of [50, 0, 20, 10, 40, 30]) {
    const scores = samples.map(([, values]) => values[at / 10]);
    await post(evaluationOf({ id, step: at }, scores));
  }
  const ask = (query: object) => room.training.samples('local', id, movementQuery.parse(query));
  const all = await ask({});
  expect(all.samples.map(({ movement, scores }) => [movement, scores])).toEqual(
    samples.map(([movement, scores]) => [movement, scores.map((score) => score ?? null)]),
  );
  expect(all.samples[7]).toMatchObject({ sample_index: 7, sample_id: 's7', prompt: 'question 7', errors: 4 });
  const counts = { learned: 2, forgotten: 2, flapping: 1, right: 1, wrong: 1, unknown: 2 };
  expect([all.total_count, all.counts]).toEqual([9, counts]);
  const some = await ask({ movement: 'forgotten', offset: 1 });
  expect([some.samples.map((sample) => sample.sample_index), some.total_count, some.counts]).toEqual([[3], 2, counts]);
  // At a lower mark the one that came near is right now and then; of a score that is nowhere nothing is known.
  expect((await ask({ mark: 0.5 })).samples[6]!.movement).toBe('forgotten');
  expect((await ask({ score: 'chrf' })).counts).toMatchObject({ unknown: 9, learned: 0 });
});
