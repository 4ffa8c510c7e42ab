/** Annotations, golden sets, examples, templates and exports over HTTP: ids of any characters, bodies, headers, errors. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WorkbenchDeps } from '../../src/http/workbench-deps.ts';
import { type Bench, openBench, type Seeded, seed } from '../curate/seed.ts';
import { type StartedApp, startApp } from './start-app.ts';

let bench: Bench;
let app: StartedApp;
let set: Seeded;
const odd = 'a/b?c#d%20%2F é名🙂 "x\'&=+;';
const say = (recommendation: string) => JSON.stringify({ recommendation });
beforeAll(async () => {
  bench = await openBench('http_curation');
  set = await seed(bench, [
    { id: odd, name: '=cmd', answers: { a: say('Yes'), 'org/b:1': say('No') } },
    { id: 'plain', answers: { a: say('Yes'), 'org/b:1': say('Yes') } },
    { id: 'bulk', answers: { a: say('Yes') } },
    { id: 'undo', answers: { a: say('Yes') } },
  ]);
  const workbench = { curation: bench.curation } as unknown as WorkbenchDeps;
  app = await startApp('http_curation_app', { databaseUrl: bench.url, deps: { workbench } });
});
afterAll(async () => {
  await app?.stop();
  await bench?.end();
});

async function ask(line: string, body?: unknown) {
  const [method, path] = line.split(' ', 2) as [string, string];
  const answer = await fetch(`${app.url}${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const json = /^application\/json/.test(answer.headers.get('content-type') ?? '');
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    // biome-ignore lint/suspicious/noExplicitAny: answers are looked into by many paths
    body: (json && text !== '' ? JSON.parse(text) : null) as any,
  };
}

const at = (kind: string, id: string) => `/admin/annotations/${kind}/${set.datasetId}/${encodeURIComponent(id)}`;

test('says, undoes and takes back what is said of an item whose id holds anything', async () => {
  const made = await ask(`POST ${at('golden', odd)}`, { model_id: 'org/b:1', note: 'n' });
  expect([made.status, made.body]).toEqual([
    200,
    {
      dataset_id: set.datasetId,
      candidate_id: odd,
      model_id: 'org/b:1',
      kind: 'golden',
      content: null,
      note: 'n',
      annotator: 'The local user',
      created_at: expect.any(Number),
    },
  ]);
  expect((await ask(`POST ${at('fix', odd)}`, { model_id: 'org/b:1', content: say('Fixed') })).body.kind).toBe('fix');
  expect((await ask(`POST ${at('undo', odd)}`, { model_id: 'org/b:1' })).body.kind).toBe('golden');
  const conflict = await ask(`DELETE ${at('wrong', odd)}`, { model_id: 'org/b:1' });
  expect([conflict.status, conflict.body.error.code]).toEqual([409, 'conflict']);
  expect((await ask(`DELETE ${at('golden', odd)}`, { model_id: 'org/b:1' })).body.kind).toBe(null);
  expect((await ask(`POST ${at('golden', odd)}`, { model_id: 'org/b:1' })).status).toBe(200);
  expect((await ask(`DELETE ${at('golden', odd)}?model_id=org%2Fb:1`)).body.kind).toBe(null);
  expect((await ask(`POST ${at('golden', odd)}`, { model_id: 'org/b:1' })).status).toBe(200);
});

test('names what is wrong with a request', async () => {
  const wrong = async (line: string, body?: unknown) => {
    const answer = await ask(line, body);
    return [answer.status, answer.body.error.code];
  };
  const fix = await ask(`POST ${at('fix', 'plain')}`, { model_id: 'a', content: '{"x": }' });
  expect(fix.body.error).toMatchObject({ code: 'invalid_parameter', param: 'content' });
  expect(fix.body.error.message).toContain('line 1, column 7: unexpected "}"');
  expect(await wrong(`POST ${at('great', 'plain')}`, { model_id: 'a' })).toEqual([400, 'invalid_parameter']);
  expect(await wrong(`POST ${at('golden', 'nobody')}`, { model_id: 'a' })).toEqual([404, 'not_found']);
  expect(await wrong(`POST ${at('golden', 'plain')}`, { model_id: 'z' })).toEqual([400, 'invalid_parameter']);
  expect(await wrong(`POST ${at('golden', 'plain')}`, {})).toEqual([400, 'invalid_parameter']);
  expect(await wrong(`DELETE ${at('golden', 'plain')}`)).toEqual([400, 'invalid_parameter']);
  expect(await wrong('GET /admin/annotations?dataset_id=ds_none')).toEqual([404, 'not_found']);
  expect(await wrong('GET /admin/golden-sets/gs_none/items')).toEqual([404, 'not_found']);
  expect(await wrong('DELETE /admin/golden-sets/gs_none')).toEqual([404, 'not_found']);
  expect(await wrong('DELETE /admin/templates/tpl_none')).toEqual([404, 'not_found']);
  expect(await wrong('GET /admin/exports/ds_none')).toEqual([404, 'not_found']);
  expect(await wrong(`GET /admin/exports/${set.datasetId}?format=xls`)).toEqual([400, 'invalid_parameter']);
  expect(await wrong(`GET /admin/exports/${set.datasetId}?filter=best`)).toEqual([400, 'invalid_parameter']);
});

test('bulk is counted, then confirmed; the list pages through it', async () => {
  const bulk = { kind: 'wrong', model_id: 'a', filter: { dataset_id: set.datasetId, q: '' } };
  expect((await ask('POST /admin/annotations/bulk', bulk)).body).toEqual({ count: 4, done: false });
  expect((await ask('POST /admin/annotations/bulk', { ...bulk, confirm: 3 })).status).toBe(409);
  expect((await ask('POST /admin/annotations/bulk', { ...bulk, confirm: 4 })).body).toEqual({ count: 4, done: true });
  const first = await ask(`GET /admin/annotations?dataset_id=${set.datasetId}&limit=3`);
  expect(first.body.data).toHaveLength(3);
  const rest = await ask(`GET /admin/annotations?dataset_id=${set.datasetId}&limit=3&after=${first.body.next}`);
  expect(rest.body.next).toBe(null);
  expect(rest.body.data.map((each: { kind: string }) => each.kind).toSorted()).toEqual(['golden', 'wrong']);
});

test('golden sets are made, listed, read as JSON lines and deleted', async () => {
  const body = { name: 'gold', filter: { dataset_id: set.datasetId } };
  const made = await ask('POST /admin/golden-sets', body);
  expect(made.body).toMatchObject({ name: 'gold', version: 1, items: 1 });
  const list = await ask(`GET /admin/golden-sets?dataset_id=${set.datasetId}`);
  expect(list.body.data).toEqual([made.body]);
  const items = await ask(`GET /admin/golden-sets/${made.body.id}/items`);
  expect(items.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
  expect(items.text.endsWith('\n')).toBe(true);
  expect(JSON.parse(items.text)).toMatchObject({ candidate_id: odd, model_id: 'org/b:1', content: say('No') });
  expect((await ask(`DELETE /admin/golden-sets/${made.body.id}`)).body).toEqual({ id: made.body.id, deleted: true });
});

test('examples and templates', async () => {
  const library = await ask('POST /admin/examples/preview', { filter: { dataset_id: set.datasetId } });
  expect(library.status).toBe(200);
  expect(library.body.notes.length).toBeGreaterThan(0);
  const kept = await ask('POST /admin/templates', { name: 't', text: '{{input}}', example_items: [odd] });
  expect(kept.body).toMatchObject({ name: 't', example_items: [odd] });
  expect((await ask('GET /admin/templates')).body).toEqual({ data: [kept.body] });
  expect((await ask('POST /admin/templates', { name: 't', text: '{{' })).body.error.code).toBe('input_invalid');
  expect((await ask(`DELETE /admin/templates/${kept.body.id}`)).status).toBe(200);
});

test('exports come as files, filtered as the grid is', async () => {
  const date = new Date().toISOString().slice(0, 10);
  const golden = await ask(`GET /admin/exports/${set.datasetId}?format=csv&filter=golden&models=org/b:1`);
  expect(golden.status).toBe(200);
  expect(Object.fromEntries(golden.headers)).toMatchObject({
    'content-type': 'text/csv; charset=utf-8; header=present',
    'content-disposition': `attachment; filename="golden_dataset_${date}.csv"`,
    'x-content-type-options': 'nosniff',
  });
  expect(golden.text.split('\r\n').slice(1, 2)[0]).toContain(`,'=cmd,`);
  const all = await ask(`GET /admin/exports/${set.datasetId}?all=true&category=`);
  expect(all.text.trim().split('\n')).toHaveLength(6);
  const decided = encodeURIComponent('org/b:1=Yes');
  const one = await ask(`GET /admin/exports/${set.datasetId}?all=1&decided=${decided}&decided=a%3DYes`);
  expect(
    one.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).candidate_id),
  ).toEqual(['plain', 'plain']);
  const head = await fetch(`${app.url}/admin/exports/${set.datasetId}`, { method: 'HEAD' });
  expect(head.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
});
