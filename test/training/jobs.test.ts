/** Training jobs: settings held against limits, sources of rows, what trainers tell, metrics, prices, and whose a row is. */

import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  metricQuery,
  newMetrics,
  newTrainingJob,
  predictionEstimateRequest,
  type TrainingProgress,
  type TrainingSource,
} from '../../src/contracts/training.ts';
import { storeMetrics } from '../../src/training/metrics.ts';
import { failure, filterOf, query, type Seeded, seed } from '../curate/seed.ts';
import { runOn } from '../harness/database.ts';
import { evaluationOf, makeJob, openRoom, type Room } from './room.ts';

let room: Room;
let set: Seeded;
beforeAll(async () => {
  room = await openRoom('training_jobs');
  const answers = { a: 'Yes', b: 'No' };
  const chat = [
    { role: 'user', content: 'Is it?' },
    { role: 'assistant', content: 'an answer of before' },
  ];
  set = await seed(room, [
    { id: 'one', truth: 'Yes', answers },
    { id: 'two', truth: null, answers },
    { id: 'three', truth: 'No', input: { messages: chat }, answers },
  ]);
});
afterAll(() => room?.end());

const create = (asked: object, training = room.training) =>
  training.create('local', newTrainingJob.parse({ name: 'job', base_model: 'tiny', ...asked }));
const settle = async (predictions: object, training = room.training) =>
  (await create({ config: { lr: 1, predictions } }, training)).config;

describe('what is predicted', () => {
  test('is the default of the server with what the job asks for over it', async () => {
    const defaults = { enabled: true, sample_count: 5, sample_frequency: 'epoch', step_interval: 100, max_length: 256 };
    expect((await create({})).config).toEqual({ predictions: defaults });
    const asked = { sample_count: 100, sample_frequency: 'steps', step_interval: 10 };
    expect(await settle(asked)).toEqual({ lr: 1, predictions: { ...defaults, ...asked } });
    // Defaults beyond the limits give way to them.
    const narrow = room.with({ predictions_max_sample_count: 3, predictions_min_step_interval: 200 });
    const held = { ...defaults, sample_count: 3, step_interval: 200 };
    expect([await settle({}, narrow), narrow.settings().predictions]).toEqual([{ lr: 1, predictions: held }, held]);
  });

  test.each([
    [{ sample_count: 101 }, 'config.predictions.sample_count is 101; at most 100', 'PREDICTIONS_MAX_SAMPLE_COUNT'],
    [{ step_interval: 9 }, 'config.predictions.step_interval is 9; at least 10', 'PREDICTIONS_MIN_STEP_INTERVAL'],
    [{ max_length: 257 }, 'config.predictions.max_length is 257; at most 256', 'PREDICTIONS_MAX_LENGTH'],
  ])('beyond a limit names both and the setting: %j', async (asked, said, setting) => {
    const refused = await failure(settle(asked));
    expect(refused?.code).toBe('prediction_limit');
    expect(refused?.message).toContain(said);
    expect(refused?.message).toContain(setting);
  });

  test('is nothing on a server without predictions', async () => {
    const off = room.with({ predictions_enabled: 'false' });
    expect(await failure(settle({ enabled: true }, off))).toMatchObject({ code: 'predictions_disabled' });
    expect(await settle({ sample_count: 7 }, off)).toMatchObject({ predictions: { enabled: false, sample_count: 7 } });
  });
});

test.each([
  [{ parameters_billions: 7 }, 4, 0.03],
  [{ parameters_billions: 13, epochs: 2.5 }, 4, 0.06],
  [{ parameters_billions: 13.1 }, 4, 0.3],
  [{}, 4, 0.06],
  [{ predictions: { sample_frequency: 'steps' }, total_steps: 250 }, 4, 0.06],
  [{ predictions: { sample_frequency: 'steps' }, total_steps: 200 }, 3, 0.045],
  [{ predictions: { sample_frequency: 'steps' } }, null, null],
  [{ predictions: { enabled: false } }, 0, 0],
])('%j costs what its evaluations, samples and size cost', (asked, evaluations, cost) => {
  const given = room.training.estimate(predictionEstimateRequest.parse(asked));
  expect(given.evaluations).toBe(evaluations);
  if (cost === null) expect(given.cost).toBeNull();
  else expect(given.cost).toBeCloseTo(cost);
});

describe('rows to train on', () => {
  const lines = async (asked: { data?: TrainingSource; samples?: TrainingSource }, part: 'train' | 'samples') => {
    const { id } = await create(asked);
    const all = await text(await room.training.data('local', id, part));
    return all.split('\n').flatMap((line) => (line === '' ? [] : JSON.parse(line)));
  };
  const turn = (role: string, content: string) => ({ role, content });
  const dataset = () => ({ kind: 'dataset' as const, id: set.datasetId });

  test('come from the items of a dataset that have an expected answer', async () => {
    expect(await lines({ data: dataset() }, 'train')).toEqual([
      { id: 'one', messages: [turn('user', 'Judge one'), turn('assistant', 'Yes')] },
      { id: 'three', messages: [turn('user', 'Is it?'), turn('assistant', 'No')] },
    ]);
  });

  test('come from a golden set, and samples from a source of their own', async () => {
    const filter = filterOf(set.datasetId);
    await room.curation.bulk('local', { kind: 'golden', model_id: 'a', filter, confirm: 3 });
    const golden = await room.curation.makeGoldenSet('local', { name: 'set', filter });
    const data = { kind: 'golden_set' as const, id: golden.id };
    const rows = await lines({ data: dataset(), samples: data }, 'samples');
    expect(rows.map((row) => row.id)).toEqual([0, 1, 2].map((n) => `${golden.id}-${n}`));
    expect(rows[2].messages).toEqual([turn('user', 'Is it?'), turn('assistant', 'Yes')]);
    expect(await lines({ data }, 'samples')).toEqual(rows);
  });

  test('come from the targeted rows that an analysis kept', async () => {
    const id = 'an_targeted';
    const data = { kind: 'analysis' as const, id };
    await query(
      room,
      `insert into analyses (analysis_id, user_id, name, content_hash, settings) values ($1, 'local', 'x', 'x', '{}')`,
      [id],
    );
    expect(await failure(create({ data }))).toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/generate/),
    });
    await query(
      room,
      `insert into analysis_steps (analysis_id, step, user_id, status) values ($1, 'generate', 'local', 'done')`,
      [id],
    );
    expect(await failure(create({ data }))).toEqual({
      code: 'invalid_parameter',
      message: 'data.id: has no rows (got an_targeted).',
    });
    await query(
      room,
      `insert into targeted_rows (analysis_id, ordinal, user_id, cluster, dropped, body)
       select $1, n, 'local', 0, dropped, jsonb_build_object('ordinal', n, 'prompt', 'P' || n, 'answer', 'A' || n, 'dropped', dropped)
       from (values (0, null), (1, 'leakage'), (2, null)) as r (n, dropped)`,
      [id],
    );
    expect(await lines({ data }, 'train')).toEqual([
      { id: `${id}-0`, messages: [turn('user', 'P0'), turn('assistant', 'A0')] },
      { id: `${id}-1`, messages: [turn('user', 'P2'), turn('assistant', 'A2')] },
    ]);
  });

  test('that are nowhere are told when the job is made, or fetched', async () => {
    const gone = await create({ data: dataset() });
    expect(await failure(create({ samples: { kind: 'golden_set', id: 'gs_\0' } }))).toMatchObject({
      code: 'not_found',
    });
    const { id } = await create({ samples: dataset() });
    expect(await failure(room.training.data('local', id, 'train'))).toMatchObject({ code: 'conflict' });
    await query(room, 'update items set truth = null where version_id = $1', [set.versionId]);
    expect(await failure(create({ data: dataset() }))).toMatchObject({ code: 'invalid_parameter' });
    await query(room, 'delete from datasets');
    expect(await failure(room.training.data('local', gone.id, 'train'))).toMatchObject({ code: 'not_found' });
  });
});

test('a job follows what its trainer tells', async () => {
  const id = await makeJob(room.training);
  const tell = (says: Omit<TrainingProgress, 'job_id'>) => room.training.tell('local', { job_id: id, ...says });
  const log = (step: number, values: object, kind = 'train') =>
    room.training.addMetrics(
      'local',
      newMetrics.parse({ job_id: id, metrics: [{ step, epoch: step / 10, kind, values }] }),
    );
  expect(await room.training.get('local', id)).toMatchObject({ status: 'created', started_at: null, seen_at: null });
  await log(5, { loss: 2, grad_norm: null });
  const begun = await room.training.get('local', id);
  expect(begun).toMatchObject({ status: 'running', step: 5, epoch: 0.5, loss: 2, eval_loss: null, ended_at: null });
  expect([begun.started_at, begun.seen_at]).toEqual([expect.any(Number), expect.any(Number)]);
  await tell({ total_steps: 40, total_epochs: 4, environment: { torch: '2.13' }, problem: 'slow' });
  await log(10, { eval_loss: 1.5 }, 'eval');
  await log(10, { loss: null });
  const ended = await tell({ status: 'interrupted', step: 12, problem: null });
  const sums = { loss: 2, eval_loss: 1.5, environment: { torch: '2.13' }, total_steps: 40 };
  expect(ended).toMatchObject({ status: 'interrupted', step: 12, problem: null, ...sums });
  expect(ended.ended_at).toEqual(expect.any(Number));
  // Resumed from a step before; then done, with rows that come late.
  expect(await tell({ status: 'running', step: 10 })).toMatchObject({ status: 'running', step: 10, ended_at: null });
  await tell({ status: 'completed', step: 40, undelivered: '2 rows wait' });
  await log(20, { loss: 0.5 });
  const late = { status: 'completed', step: 40, loss: 0.5, undelivered: '2 rows wait' };
  expect(await room.training.get('local', id)).toMatchObject(late);
});

test('metrics are kept once, and drawn evenly with the last of each kind among them', async () => {
  const id = await makeJob(room.training);
  const point = (step: number, kind: string) => ({ step, epoch: step / 100, kind, values: { loss: step } });
  const metrics = Array.from({ length: 500 }, (_, n) => point(n * 2, 'train'));
  const sent = newMetrics.parse({ job_id: id, metrics: [...metrics, point(300, 'eval'), point(999, 'end')] });
  expect(await room.training.addMetrics('local', sent)).toEqual({ stored: 502, duplicates: 0 });
  expect(await room.training.addMetrics('local', sent)).toEqual({ stored: 0, duplicates: 502 });
  const ask = (asked: object) => room.training.metrics('local', id, metricQuery.parse(asked));
  const whole = await ask({});
  expect([whole.metrics.length, whole.total_count]).toEqual([502, 502]);
  const few = await ask({ limit: 7 });
  const train = few.metrics.filter(({ kind }) => kind === 'train').map(({ step }) => step);
  expect([few.metrics.length, train.length, train.at(-1), few.total_count]).toEqual([9, 7, 998, 502]);
  const gaps = train.slice(1).map((step, at) => step - train[at]!);
  expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThanOrEqual(2);
  const since = await ask({ kind: 'train', since_step: 990 });
  expect(since.metrics.map(({ step }) => step)).toEqual([992, 994, 996, 998]);
});

test('two trainers with the same rows in opposite orders do not wait for each other in a circle', async () => {
  const id = await makeJob(room.training);
  const one = (step: number) => newMetrics.parse({ job_id: id, metrics: [{ step, epoch: 1, values: { loss: 1 } }] });
  const second = async () =>
    room.db.asUser('local', async (q) => [
      await storeMetrics(q, 'local', one(2)),
      await storeMetrics(q, 'local', one(1)),
    ]);
  let other: ReturnType<typeof second> | undefined;
  const first = await room.db.asUser('local', async (q) => {
    const stored = [await storeMetrics(q, 'local', one(1))];
    other = second();
    // Long enough for the other one to hold what it can.
    await sleep(200);
    return [...stored, await storeMetrics(q, 'local', one(2))];
  });
  expect([first, await other]).toEqual([
    Array(2).fill({ stored: 1, duplicates: 0 }),
    Array(2).fill({ stored: 0, duplicates: 1 }),
  ]);
});

describe('in SQL', () => {
  const tables = [
    'training_jobs',
    'training_tokens',
    'training_metrics',
    'training_predictions',
    'training_evaluations',
  ];
  let id: string;
  beforeAll(async () => {
    id = await makeJob(room.training);
    await room.training.addPredictions('local', evaluationOf({ id, step: 1 }, [1, 0]));
    const metrics = [{ step: 1, epoch: 1, values: { loss: 1 } }];
    await room.training.addMetrics('local', newMetrics.parse({ job_id: id, metrics }));
  });
  const count = async (table: string) =>
    (await query<{ n: number }>(room, `select count(*)::int as n from ${table} where job_id = $1`, [id]))[0]!.n;

  const insertAsOther = (table: string, row: object) => {
    const overriding = table === 'training_predictions' ? 'overriding system value ' : '';
    const sql = `insert into ${table} ${overriding}select * from jsonb_populate_record(null::${table}, $1)`;
    return room.db.asUser('other', (q) => q.query(sql, [row]));
  };

  test("another user in the server's role reads and writes none of it", async () => {
    for (const table of tables) {
      const before = await count(table);
      expect([table, before]).not.toEqual([table, 0]);
      const touched = await room.db.asUser('other', async (q) => {
        const seen = await q.query(`select from ${table}`);
        const removed = await q.query(`delete from ${table}`);
        return [seen.rowCount, removed.rowCount];
      });
      expect([table, touched, await count(table)]).toEqual([table, [0, 0], before]);
      const row = { job_id: id, user_id: 'local', name: 'x', step: 9, hook: 'x', kind: 'train', hint: 'x', epoch: 1 };
      expect([table, (await failure(insertAsOther(table, row)))?.code]).toEqual([table, '42501']);
    }
  });

  test("another user adds no row of his own to another's job", async () => {
    const own = { job_id: id, user_id: 'other', token_id: 'tt_x', hint: 'x', hash: '\\x00', kind: 'train', hook: 'x' };
    const more = { id: 9e15, step: 77, epoch: 1, logged: {}, sample_index: 0, prompt: 'x', ground_truth: 'x' };
    const rest = { scores: {}, rungs: {}, samples: 0, errors: 0, nll_sum: 0, nll_samples: 0, created_at: 'now' };
    for (const table of tables.slice(1)) {
      const refused = await failure(insertAsOther(table, { ...own, ...more, ...rest }));
      expect([table, refused?.code]).toEqual([table, '23503']);
    }
  });

  test('nobody changes a prediction: not the server, not who owns the table', async () => {
    const sql = `update training_predictions set prediction = 'better'`;
    const app = await failure(room.db.asUser('local', (q) => q.query(sql)));
    const system = await failure(room.db.asSystem((q) => q.query(sql)));
    const owner = await failure(runOn(room.url, sql));
    expect([app?.code, system?.code]).toEqual(['42501', '42501']);
    expect(owner).toEqual({ code: '23001', message: 'training_predictions are never changed' });
  });

  test('a job that is deleted takes all that is of it along', async () => {
    await room.training.remove('local', id);
    for (const table of tables) expect([table, await count(table)]).toEqual([table, 0]);
    expect(await failure(room.training.remove('local', id))).toMatchObject({ code: 'not_found' });
  });
});
