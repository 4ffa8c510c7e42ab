/** Starts that cannot be: nothing is kept. Starts that a kill cut off: the next start of the server finishes them. */

import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AssayError } from '../../src/errors.ts';
import { openRuns } from '../../src/runs/room.ts';
import { query } from '../batches/seed.ts';
import { until } from '../scheduler/workplace.ts';
import { asked, jsonl, openRunPlace, promptLines, type RunPlace } from './run-place.ts';

let place: RunPlace;
let datasetId: string;
beforeAll(async () => {
  place = await openRunPlace('runs_faults', { work: false });
  for (const model of ['red', 'blue']) await place.addModel(model);
  datasetId = (await place.dataset('questions.jsonl', promptLines(6))).id;
});
afterAll(() => place.end());

const faultOf = (work: Promise<unknown>) =>
  work.then(
    () => {
      throw new Error('nothing was wrong');
    },
    (error: unknown) => {
      if (!(error instanceof AssayError)) throw error;
      return error;
    },
  );
const kept = async () => {
  const [counts] = await query<{ runs: number; batches: number; files: number }>(
    place,
    `select (select count(*)::int from runs) as runs, (select count(*)::int from batches) as batches,
       (select count(*)::int from files) as files`,
  );
  return { ...counts!, staged: (await readdir(place.deps.store.staging)).length };
};
/** The fault of a start, which keeps nothing. */
async function refused(body: Parameters<typeof asked>[0], userId = 'local'): Promise<AssayError> {
  const before = await kept();
  const fault = await faultOf(place.runs.start(userId, asked(body)));
  expect(await kept()).toEqual(before);
  return fault;
}

test('an unknown model among several, no model, no dataset, no template: none is started', async () => {
  const unknown = await refused({ dataset_id: datasetId, model_ids: ['red', 'green'] });
  expect([unknown.code, unknown.message]).toEqual(['model_not_found', expect.stringContaining('No model green')]);
  expect((await refused({ dataset_id: datasetId })).message).toMatch(/name a model with model_id/);
  expect((await refused({ dataset_id: 'ds_none', model_id: 'red' })).code).toBe('not_found');
  expect((await refused({ dataset_id: 'ds\0', model_id: 'red' })).code).toBe('not_found');
  const template = await refused({ dataset_id: datasetId, model_id: 'red', template_id: 'tp_none' });
  expect([template.code, template.param]).toEqual(['not_found', 'template_id']);
});

test('a template that names a column that is not there, and items that need one', async () => {
  const { id } = await place.dataset('people.csv', 'name,job title,empty\nAda,Poet,\nBob,Cook,\n');
  const of = { dataset_id: id, model_id: 'red' };
  expect((await refused({ ...of, template: 'Is {{nmae}} good?' })).message).toMatch(
    /names \{\{nmae\}\}, but the input has no such column\. Columns there are: name, job title\./,
  );
  expect((await refused({ ...of, template: 'Is {{name good?' })).message).toMatch(
    /The template, line 1: .*without its/,
  );
  expect((await refused(of)).message).toMatch(
    /item row-1: it has no messages, prompt or body; give a template with \{\{field\}\}, fields there are: .*job title/,
  );
  expect((await faultOf(place.runs.estimate('local', asked(of)))).message).toMatch(/give a template/);
  await place.runs.start('local', asked({ ...of, template: '{{name}} ({{job title}}){{empty}}' }));
  const nested = await place.dataset('n.jsonl', jsonl([{ who: { name: 'Ada' }, tags: ['x', 'y'] }]));
  await place.runs.start(
    'local',
    asked({ dataset_id: nested.id, model_id: 'red', template: '{{who.name}} {{tags.1}}' }),
  );
  const wrong = await refused({ dataset_id: nested.id, model_id: 'red', template: '{{who.nmae}}' });
  expect(wrong.code).toBe('template_column_missing');
});

test('endpoints that differ or give no text, too many items, and a line that is too long', async () => {
  const line = (id: string, url: string, body: object) => ({ custom_id: id, method: 'POST', url, body });
  const chat = line('a', '/v1/chat/completions', { messages: [{ role: 'user', content: 'x' }] });
  const mixed = await place.dataset('m.jsonl', jsonl([chat, line('b', '/v1/completions', { prompt: 'x' })]));
  expect((await refused({ dataset_id: mixed.id, model_id: 'red' })).message).toMatch(
    /item b: its url \/v1\/completions differs from \/v1\/chat\/completions/,
  );
  const vectors = await place.dataset('e.jsonl', jsonl([line('a', '/v1/embeddings', { input: 'x' })]));
  expect((await refused({ dataset_id: vectors.id, model_id: 'red' })).message).toMatch(/answers of \/v1\/embeddings/);
  const many = await place.dataset('many.jsonl', promptLines(1001));
  expect((await refused({ dataset_id: many.id, model_id: 'red' })).message).toMatch(
    /1001 requests; at most 1000 are taken\. Give a limit or a sample, or raise/,
  );
  const long = await place.dataset('long.jsonl', jsonl([{ custom_id: 'x', prompt: 'a'.repeat(100_000) }]));
  expect((await refused({ dataset_id: long.id, model_id: 'red' })).message).toMatch(/item x: its request is/);
});

test('when the second batch cannot be made, the first model does not run either', async () => {
  let made = 0;
  const runs = openRuns({
    ...place.deps,
    batches: {
      ...place.deps.batches,
      create: (...args) => {
        if (++made === 2) throw new AssayError('disk_full', { problem: 'ENOSPC' });
        return place.deps.batches.create(...args);
      },
    },
  });
  const before = (await kept()).runs;
  const body = asked({ dataset_id: datasetId, model_ids: ['red', 'blue'], limit: 2 });
  expect((await faultOf(runs.start('local', body))).code).toBe('disk_full');
  expect((await kept()).runs).toBe(before);
  const [batch] = await query<{ status: string }>(place, 'select status from batches order by created_at desc limit 1');
  expect(batch!.status).toBe('cancelling');
});

test.each([
  ['before its batch was made', false],
  ['before the run knew its batch', true],
])('a start that was killed %s is finished by the next start, once', async (_when, makes) => {
  const [old] = await place.answers('old.jsonl', jsonl([{ id: 'q-1', text: 'old' }]), { datasetId, modelId: 'red' });
  let reached = false;
  const killed = openRuns({
    ...place.deps,
    batches: {
      ...place.deps.batches,
      create: async (...args) => {
        if (makes) await place.deps.batches.create(...args);
        reached = true;
        return new Promise(() => undefined);
      },
    },
  });
  const params = { zeta: 1, a: { b: 2, aa: 3 }, temperature: 0 };
  void killed.start('local', asked({ dataset_id: datasetId, model_id: 'red', params, sample: 4 }));
  await until(() => reached, 'the batch is asked for');
  const [begun] = (await place.runs.list('local', { datasetId, limit: 1 })).data;
  expect(begun).toMatchObject({ batch_id: null, status: 'queued', total: 4 });
  expect(await place.runs.active('local')).toContainEqual(
    expect.objectContaining({ id: begun!.id, status: 'queued', waiting: 'its requests are being written' }),
  );
  for (const action of ['cancel', 'retry'] as const) {
    expect((await faultOf(place.runs[action]('local', begun!.id))).message).toMatch(/still being made/);
  }
  const files = (await kept()).files;
  await place.runs.resume();
  await place.runs.resume();
  const run = await place.runs.get('local', begun!.id);
  expect(run.batch_id).toMatch(/^batch_/);
  expect((await kept()).files).toBe(files);
  const batches = await query(place, `select batch_id from batches where metadata ->> 'assay_run_id' = $1`, [run.id]);
  expect(batches).toEqual([{ batch_id: run.batch_id }]);
  expect(await place.runs.get('local', old!.id)).toMatchObject({ superseded_by: run.id });
  await place.runs.remove('local', run.id);
  await place.runs.remove('local', old!.id);
});

test.each([
  ['before', false],
  ['after', true],
])('a run that is deleted just %s its batch is made does not run', async (_when, makes) => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let reached = false;
  const slow = openRuns({
    ...place.deps,
    batches: {
      ...place.deps.batches,
      create: async (...args) => {
        const early = makes ? await place.deps.batches.create(...args) : null;
        reached = true;
        await held;
        return early ?? place.deps.batches.create(...args);
      },
    },
  });
  const starting = faultOf(slow.start('local', asked({ dataset_id: datasetId, model_id: 'blue', limit: 1 })));
  await until(() => reached, 'the batch is made');
  const [run] = (await place.runs.list('local', { datasetId, limit: 1 })).data;
  await place.runs.remove('local', run!.id);
  release();
  expect((await starting).code).toBe('not_found');
  const [batch] = await query<{ status: string }>(
    place,
    `select status from batches where metadata ->> 'assay_run_id' = $1`,
    [run!.id],
  );
  expect(batch!.status).toBe('cancelling');
});

test('two starts of the same models at once: one of them is the current run of each', async () => {
  const { id } = await place.dataset('two.jsonl', promptLines(3));
  const body = (...models: string[]) => asked({ dataset_id: id, model_ids: models });
  await Promise.all([
    place.runs.start('local', body('red', 'blue')),
    place.runs.start('local', body('blue', 'red')),
    place.runs.start('local', body('red', 'blue')),
  ]);
  const current = await query(
    place,
    'select model_id from runs where dataset_id = $1 and superseded_by is null order by 1',
    [id],
  );
  expect(current).toEqual([{ model_id: 'blue' }, { model_id: 'red' }]);
});

test('another user cannot run over the dataset, with the template or the model of the first', async () => {
  await place.addModel('theirs', {}, 'other');
  expect((await refused({ dataset_id: datasetId, model_id: 'theirs' }, 'other')).code).toBe('not_found');
  expect((await refused({ dataset_id: datasetId, model_id: 'theirs' })).code).toBe('model_not_found');
  await query(
    place,
    `insert into templates (template_id, user_id, name, text) values ('tp_1', 'local', 'mine', '{{prompt}}')`,
  );
  const { id } = await place.dataset('own.jsonl', promptLines(2), { userId: 'other' });
  const body = { dataset_id: id, model_id: 'theirs', template_id: 'tp_1' };
  expect((await refused(body, 'other')).param).toBe('template_id');
  const [run] = await place.runs.start('other', asked({ dataset_id: id, model_id: 'theirs' }));
  expect((await place.runs.active('local')).map((active) => active.id)).not.toContain(run!.id);
  expect((await place.runs.active('other')).map((active) => active.id)).toEqual([run!.id]);
});
