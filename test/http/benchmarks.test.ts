/** The routes of benchmarks on the whole application: run, estimate, follow, import, and nothing of it for another user. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { addKey } from '../../src/http/keys.ts';
import type { WorkbenchDeps } from '../../src/http/workbench-deps.ts';
import { jsonl, openRunPlace, promptLines, type RunPlace } from '../runs/run-place.ts';
import { until } from '../scheduler/workplace.ts';
import { type StartedApp, startApp } from './start-app.ts';

let place: RunPlace;
let server: StartedApp;
let other: string;
let datasetId: string;
beforeAll(async () => {
  place = await openRunPlace('http_benchmarks');
  server = await startApp('http_benchmarks', {
    databaseUrl: place.url,
    // No other room is asked here.
    deps: { workbench: { runs: place.runs } as unknown as WorkbenchDeps },
  });
  for (const model of ['red', 'blue']) await place.addModel(model);
  datasetId = (await place.dataset('q.jsonl', promptLines(30))).id;
  other = (await addKey(server.db, { name: 'theirs', userId: 'other' })).key;
});
afterAll(async () => {
  await server.stop();
  await place.end();
});

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into by many paths
  body: any;
}

async function ask(method: string, path: string, on: { body?: object | FormData; key?: string } = {}): Promise<Answer> {
  const form = on.body instanceof FormData;
  const answer = await fetch(`${server.url}/admin/benchmarks${path}`, {
    method,
    headers: {
      authorization: `Bearer ${on.key ?? server.localToken}`,
      ...(on.body === undefined || form ? {} : { 'content-type': 'application/json' }),
    },
    body: form ? (on.body as FormData) : on.body === undefined ? undefined : JSON.stringify(on.body),
  });
  return { status: answer.status, body: await answer.json() };
}
function importForm(content: string, fields: Record<string, string>, filename = 'answers.jsonl'): FormData {
  const form = new FormData();
  form.set('file', new Blob([content]), filename);
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}
const ended = (id: string) =>
  until(async () => {
    await place.sweep();
    const { body } = await ask('GET', `/${id}`);
    return ['completed', 'cancelled'].includes(body.status) ? body : null;
  }, `end of ${id}`);

test('two models run over 30 items and are followed to their end; one fails in part and is retried', async () => {
  const { id: datasetId } = await place.dataset('q.jsonl', promptLines(30));
  place.behave(({ marker, body }) =>
    body.model === 'blue' && marker === 'Question 5?' ? { do: 'status', status: 400 } : { do: 'answer' },
  );
  const wanted = { dataset_id: datasetId, model_ids: ['red', 'blue'], params: { max_tokens: 8 } };
  const estimated = await ask('POST', '/estimate', { body: wanted });
  expect(estimated.body.estimates).toMatchObject([
    { model_id: 'red', requests: 30, prompt_tokens: expect.any(Number), cost: null },
    { model_id: 'blue', requests: 30 },
  ]);
  const { status, body } = await ask('POST', '/run', { body: wanted });
  expect(status).toBe(200);
  expect(body.benchmarks).toEqual([
    expect.objectContaining({
      model_id: 'red',
      id: expect.stringMatching(/^bm_/),
      batch_id: expect.stringMatching(/^batch_/),
    }),
    expect.objectContaining({ model_id: 'blue' }),
  ]);
  const [red, blue] = body.benchmarks;
  expect(await ended(red.id)).toMatchObject({ completed: 30, failed: 0, status: 'completed' });
  expect(await ended(blue.id)).toMatchObject({ completed: 29, failed: 1 });
  place.behave(() => ({ do: 'answer' }));
  expect((await ask('POST', `/${blue.id}/retry`)).status).toBe(200);
  expect(await ended(blue.id)).toMatchObject({ completed: 30, failed: 0 });
  const again = await ask('POST', `/${red.id}/again`);
  expect(again.body).toMatchObject({ model_id: 'red', superseded_by: null });
  expect((await ask('GET', `/${red.id}`)).body.superseded_by).toBe(again.body.id);
  await ended(again.body.id);

  const pages: string[] = [];
  for (let after = ''; ; ) {
    const page = (await ask('GET', `?dataset_id=${datasetId}&limit=2${after}`)).body;
    pages.push(...page.data.map((run: { id: string }) => run.id));
    if (!page.has_more) break;
    after = `&after=${page.last_id}`;
  }
  expect(pages).toEqual([again.body.id, blue.id, red.id]);
  expect((await ask('GET', '?limit=0')).status).toBe(400);
  expect((await ask('GET', '?after=bm_none')).status).toBe(404);
});

test('what waits and runs is an array with progress; a cancelled benchmark leaves it; a deleted one is gone', async () => {
  place.behave(({ marker }) => (marker === 'Question 1?' ? { do: 'answer' } : { do: 'hang' }));
  const { body } = await ask('POST', '/run', { body: { dataset_id: datasetId, model_id: 'red', limit: 4 } });
  const [{ id }] = body.benchmarks;
  const active = await until(async () => {
    const found = (await ask('GET', '/active')).body;
    return found[0]?.completed === 1 ? found : null;
  }, 'one answer');
  expect(active).toEqual([
    {
      id,
      model_id: 'red',
      dataset_id: datasetId,
      batch_id: body.benchmarks[0].batch_id,
      status: 'running',
      progress: 25,
      completed: 1,
      failed: 0,
      total: 4,
      throughput: expect.any(Number),
      prompt_tokens_per_s: expect.any(Number),
      cached_share: 4 / 7,
      eta_seconds: expect.anything(),
      waiting: null,
    },
  ]);
  expect((await ask('POST', `/${id}/cancel`)).status).toBe(200);
  expect(await ended(id)).toMatchObject({ status: 'cancelled', completed: 1, failed: 3 });
  expect((await ask('GET', '/active')).body).toEqual([]);
  expect((await ask('POST', `/${id}/cancel`)).body.error.code).toBe('conflict');
  expect((await ask('DELETE', `/${id}`)).body).toEqual({ id, deleted: true });
  expect((await ask('DELETE', `/${id}`)).status).toBe(404);
});

test('an import answers for the first run, and for all of a table; faults name file and line', async () => {
  const lines = jsonl([
    { custom_id: 'q-1', content: 'Yes' },
    { custom_id: 'nobody', content: 'No' },
  ]);
  const one = await ask('POST', '/import', { body: importForm(lines, { dataset_id: datasetId, model_id: 'hosted' }) });
  expect(one.body).toMatchObject({
    id: expect.stringMatching(/^bm_/),
    matched: 1,
    unmatched: 1,
    unmatched_ids: ['nobody'],
  });
  expect(one.body.runs).toHaveLength(1);
  const table = importForm('id,gpt,claude\nq-1,a,b\nq-2,c,d\n', { dataset_id: datasetId }, 'answers.csv');
  const several = await ask('POST', '/import', { body: table });
  expect(several.body.runs.map((run: { model_id: string; matched: number }) => [run.model_id, run.matched])).toEqual([
    ['gpt', 2],
    ['claude', 2],
  ]);
  const broken = importForm(
    '{"custom_id":"q-1","content":"a"}\n{',
    { dataset_id: datasetId, model_id: 'm' },
    'bad.jsonl',
  );
  const fault = await ask('POST', '/import', { body: broken });
  expect([fault.status, fault.body.error.code, fault.body.error.message]).toEqual([
    400,
    'input_invalid',
    expect.stringMatching(/^bad\.jsonl, line 2: not valid JSON/),
  ]);
  expect((await ask('POST', '/import', { body: importForm(lines, {}) })).body.error.param).toBe('dataset_id');
});

test('what is asked wrongly is said', async () => {
  const unknown = await ask('POST', '/run', { body: { dataset_id: datasetId, model_ids: ['red', 'green'] } });
  expect([unknown.status, unknown.body.error.code]).toEqual([404, 'model_not_found']);
  const bad = await ask('POST', '/run', { body: { dataset_id: datasetId, model_id: 'red', limit: 0 } });
  expect([bad.status, bad.body.error.param]).toEqual([400, 'limit']);
  expect((await ask('POST', '/run', { body: { dataset_id: datasetId } })).body.error.message).toMatch(/model_ids/);
});

test('another user finds none of it', async () => {
  const { body } = await ask('GET', '?limit=1');
  const id = body.data[0].id;
  const as = { key: other };
  expect((await ask('GET', '', as)).body.data).toEqual([]);
  expect((await ask('GET', '/active', as)).body).toEqual([]);
  const form = importForm(jsonl([{ custom_id: 'q-1', content: 'x' }]), { dataset_id: datasetId, model_id: 'm' });
  for (const [method, path, sent] of [
    ['GET', `/${id}`],
    ['GET', `?dataset_id=${datasetId}`],
    ['GET', `?after=${id}`],
    ['POST', `/${id}/cancel`],
    ['POST', `/${id}/retry`],
    ['POST', `/${id}/again`],
    ['DELETE', `/${id}`],
    ['POST', '/import', form],
    ['POST', '/run', { dataset_id: datasetId, model_id: 'red' }],
    ['POST', '/estimate', { dataset_id: datasetId, model_id: 'red' }],
  ] as [string, string, object?][]) {
    const answer = await ask(method, path, { ...as, body: sent });
    expect([method, path, answer.status]).toEqual([method, path, 404]);
  }
  expect((await ask('GET', `/${id}`)).status).toBe(200);
});
