/** Runs over real batches: two models answer, failed ones again, a cancelled run, a new run in the place of the old, a deletion. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AssayError } from '../../src/errors.ts';
import { query } from '../batches/seed.ts';
import { until } from '../scheduler/workplace.ts';
import { asked, jsonl, openRunPlace, promptLines, type RunPlace } from './run-place.ts';

let place: RunPlace;
beforeAll(async () => {
  place = await openRunPlace('runs_start');
  for (const model of ['red', 'blue']) await place.addModel(model);
});
afterAll(() => place.end());

const status = (id: string, wanted: string) =>
  until(async () => {
    await place.sweep();
    return (await place.runs.get('local', id)).status === wanted;
  }, `${id} ${wanted}`);
const answers = (id: string) =>
  query<{ ordinal: number; ok: boolean; content: string | null; error_code: string | null }>(
    place,
    'select ordinal, ok, content, error_code from answers where run_id = $1 order by ordinal',
    [id],
  );
const states = (of: string) =>
  query<{ ordinal: number; answers: number; failed: number }>(
    place,
    `select s.ordinal, s.answers, s.failed from item_states s join dataset_versions using (version_id)
     where dataset_id = $1 order by 1`,
    [of],
  );
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: AssayError) => error.code,
  );

test('two models run over 30 items; failures run again; a run anew takes the place; deleted, the old one is back', async () => {
  const { id: datasetId } = await place.dataset('questions.jsonl', promptLines(30));
  place.behave(({ marker, body }) =>
    body.model === 'blue' && /Question [37]\?/.test(marker) ? { do: 'status', status: 400 } : { do: 'answer' },
  );
  const begun = await place.runs.start(
    'local',
    asked({ dataset_id: datasetId, model_ids: ['red', 'blue'], priority: 5, context: 'hybrid' }),
  );
  expect(begun.map((run) => [run.model_id, run.total, run.source])).toEqual([
    ['red', 30, 'batch'],
    ['blue', 30, 'batch'],
  ]);
  const [red, blue] = begun as [(typeof begun)[0], (typeof begun)[0]];
  const [batch] = await query<{ metadata: object; completion_window: string }>(
    place,
    'select metadata, completion_window from batches where batch_id = $1',
    [blue.batch_id],
  );
  expect(batch).toEqual({
    metadata: {
      assay_run_id: blue.id,
      assay_dataset: datasetId,
      assay_version: blue.version_id,
      assay_priority: '5',
      assay_context: 'hybrid',
    },
    completion_window: '7d',
  });
  await status(red.id, 'completed');
  await status(blue.id, 'completed');
  expect(await place.runs.get('local', red.id)).toMatchObject({ completed: 30, failed: 0, superseded_by: null });
  expect(await place.runs.get('local', blue.id)).toMatchObject({ completed: 28, failed: 2 });
  expect((await answers(red.id)).map((row) => row.content)).toEqual(
    Array.from({ length: 30 }, (_, i) => `answer to Question ${i + 1}?`),
  );
  expect((await answers(blue.id)).flatMap((row) => (row.ok ? [] : [row.ordinal]))).toEqual([2, 6]);
  expect((await states(datasetId)).map((row) => [row.answers, row.failed])).toEqual(
    Array.from({ length: 30 }, (_, i) => [2, i === 2 || i === 6 ? 1 : 0]),
  );
  expect(await place.runs.active('local')).toEqual([]);

  // Failed answers go when they are asked for again, and come back whole.
  place.behave(() => ({ do: 'hang' }));
  await place.runs.retry('local', blue.id);
  expect((await answers(blue.id)).map((row) => row.ordinal)).not.toContain(2);
  expect((await states(datasetId))[2]).toMatchObject({ answers: 1, failed: 0 });
  expect(await place.runs.active('local')).toMatchObject([
    { id: blue.id, status: 'running', completed: 28, failed: 0, total: 30, progress: 93.3 },
  ]);
  place.behave(() => ({ do: 'answer', text: 'late' }));
  await status(blue.id, 'completed');
  expect((await answers(blue.id)).filter((row) => row.content === 'late').map((row) => row.ordinal)).toEqual([2, 6]);
  expect(await codeOf(place.runs.retry('local', blue.id))).toBe('conflict');

  place.behave(() => ({ do: 'answer', text: 'second' }));
  const again = await place.runs.again('local', red.id);
  expect(again).toMatchObject({ model_id: 'red', version_id: red.version_id, total: 30 });
  expect(again.settings).toEqual(red.settings);
  expect(await place.runs.get('local', red.id)).toMatchObject({ superseded_by: again.id });
  await status(again.id, 'completed');
  expect((await states(datasetId)).every((row) => row.answers === 2)).toBe(true);
  await place.runs.remove('local', again.id);
  expect(await place.runs.get('local', red.id)).toMatchObject({ superseded_by: null });
  expect(await answers(again.id)).toEqual([]);
  expect((await states(datasetId)).every((row) => row.answers === 2)).toBe(true);
  await place.runs.remove('local', red.id);
  expect((await states(datasetId)).every((row) => row.answers === 1)).toBe(true);
  expect(await codeOf(place.runs.get('local', red.id))).toBe('not_found');
  await place.runs.remove('local', blue.id);
  expect(await states(datasetId)).toEqual([]);
});

test('a cancelled run keeps what is answered; the rest counts as failed and can be asked for again', async () => {
  const { id: other } = await place.dataset('more.jsonl', promptLines(12));
  place.behave(({ marker }) => (/Question [1-4]\?/.test(marker) ? { do: 'answer' } : { do: 'hang' }));
  const [run] = await place.runs.start('local', asked({ dataset_id: other, model_id: 'red' }));
  await until(async () => (await place.runs.get('local', run!.id)).completed === 4, 'four answers');
  expect((await place.runs.active('local'))[0]).toMatchObject({ id: run!.id, status: 'running', completed: 4 });
  expect(await place.runs.cancel('local', run!.id)).toMatchObject({ status: 'running' });
  expect((await place.runs.active('local'))[0]).toMatchObject({ waiting: 'it is being cancelled' });
  await status(run!.id, 'cancelled');
  expect(await place.runs.get('local', run!.id)).toMatchObject({ completed: 4, failed: 8 });
  expect(await codeOf(place.runs.cancel('local', run!.id))).toBe('conflict');
  place.behave(() => ({ do: 'answer' }));
  await place.runs.retry('local', run!.id);
  await status(run!.id, 'completed');
  expect((await answers(run!.id)).filter((row) => row.ok)).toHaveLength(12);
});

test('a run that is deleted while it works takes its batch with it', async () => {
  const { id: datasetId } = await place.dataset('questions.jsonl', promptLines(30));
  place.behave(() => ({ do: 'hang' }));
  const [run] = await place.runs.start('local', asked({ dataset_id: datasetId, model_id: 'red' }));
  await until(async () => (await place.runs.get('local', run!.id)).status === 'running', 'requests are out');
  await place.runs.remove('local', run!.id);
  await until(async () => {
    await place.sweep();
    const [batch] = await query<{ status: string }>(place, 'select status from batches where batch_id = $1', [
      run!.batch_id,
    ]);
    return batch!.status === 'cancelled';
  }, 'the batch is cancelled');
  expect(await query(place, 'select * from runs where run_id = $1', [run!.id])).toEqual([]);
});

const requests = async (batchId: string | null) => {
  const [batch] = await query<{ input_file_id: string }>(
    place,
    'select input_file_id from batches where batch_id = $1',
    [batchId],
  );
  const text = await readFile(join(place.deps.store.folder, batch!.input_file_id), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
};

test('a template makes the prompts, its examples are left out, params are defaults, a sample is the same each time', async () => {
  place.behave(() => ({ do: 'answer' }));
  const table = `id,person.name,role\n${Array.from({ length: 20 }, (_, i) => `p${i},Name ${i},Role ${i}`).join('\n')}\n`;
  const { id: people } = await place.dataset('people.csv', table);
  await query(
    place,
    `insert into templates (template_id, user_id, name, text, example_items)
     values ('tp_1', 'local', 'short', $1, '{p0,p1}') on conflict do nothing`,
    ['--- system ---\nJudge.\n--- user ---\n{{person.name}} is {{role}}'],
  );
  const of = { dataset_id: people, model_id: 'red', template_id: 'tp_1', sample: 5, seed: 7 };
  const params = { temperature: 0, max_tokens: 9 };
  const [one] = await place.runs.start('local', asked({ ...of, params }));
  const lines = await requests(one!.batch_id);
  expect(lines).toHaveLength(5);
  for (const line of lines) {
    const number = line.custom_id.slice(1);
    expect(line).toEqual({
      custom_id: `p${number}`,
      method: 'POST',
      url: '/v1/chat/completions',
      body: {
        model: 'red',
        messages: [
          { role: 'system', content: 'Judge.' },
          { role: 'user', content: `Name ${number} is Role ${number}` },
        ],
        ...params,
      },
    });
  }
  const ids = lines.map((line) => line.custom_id);
  expect(ids.some((id) => id === 'p0' || id === 'p1')).toBe(false);
  expect(ids).toEqual(ids.toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1))));
  const [two] = await place.runs.start('local', asked({ ...of, model_id: 'blue' }));
  expect((await requests(two!.batch_id)).map((line) => line.custom_id)).toEqual(ids);
  const [wider] = await place.runs.start('local', asked({ ...of, sample: 9 }));
  expect((await requests(wider!.batch_id)).map((line) => line.custom_id)).toEqual(expect.arrayContaining(ids));
  const [first] = await place.runs.start('local', asked({ ...of, sample: undefined, limit: 3 }));
  expect((await requests(first!.batch_id)).map((line) => line.custom_id)).toEqual(['p2', 'p3', 'p4']);
});

test('bodies of batch lines are sent as they are with the model replaced; messages and stated fields too', async () => {
  const messages = [{ role: 'user', content: 'Hi' }];
  const { id } = await place.dataset(
    'lines.jsonl',
    jsonl([
      { custom_id: 'a', method: 'POST', url: '/v1/chat/completions', body: { model: 'x', messages, top_p: 0.5 } },
      { custom_id: 'b', messages, max_tokens: 7, expected: 'yes' },
      { custom_id: 'c', prompt: 'P', system: 'S' },
    ]),
  );
  const [run] = await place.runs.start('local', asked({ dataset_id: id, model_id: 'blue', params: { top_p: 1 } }));
  expect((await requests(run!.batch_id)).map((line) => line.body)).toEqual([
    { model: 'blue', messages, top_p: 0.5 },
    { model: 'blue', messages, top_p: 1, max_tokens: 7 },
    {
      model: 'blue',
      messages: [
        { role: 'system', content: 'S' },
        { role: 'user', content: 'P' },
      ],
      top_p: 1,
    },
  ]);
});

test('the names of a schema stay in the order in which they were given, which is the order in which models answer', async () => {
  const { id } = await place.dataset('ordered.jsonl', promptLines(2));
  const properties = { verdict: { type: 'string' }, a: { type: 'string' }, because: { type: 'string' } };
  const schema = { name: 'x', schema: { type: 'object', properties } };
  const params = { response_format: { type: 'json_schema', json_schema: schema } };
  const [run] = await place.runs.start('local', asked({ dataset_id: id, model_id: 'red', params }));
  await status(run!.id, 'completed');
  const [request] = await query<{ body: string }>(place, 'select body from requests where batch_id = $1', [
    run!.batch_id,
  ]);
  expect(request!.body).toContain(JSON.stringify(properties));
  expect(JSON.stringify((await place.runs.get('local', run!.id)).settings)).toContain(JSON.stringify(properties));
});
