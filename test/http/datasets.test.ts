/** The routes of datasets over real HTTP: upload, list, get, change, look into, delete; faults leave no file behind. */

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import multipart from '@fastify/multipart';
import Fastify from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type FileStore, openStore } from '../../src/files/store.ts';
import { answerError } from '../../src/http/answer-error.ts';
import { datasetRoutes } from '../../src/http/routes/datasets.ts';
import { type DatasetBench, jsonl, openBench } from '../datasets/room.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into by many paths
type Json = Record<string, any>;

let bench: DatasetBench;
let folder: string;
let store: FileStore;
let server: Awaited<ReturnType<typeof startRoutes>>;
let url: string;

/** The routes alone; the header x-user says who asks. */
async function startRoutes() {
  const app = Fastify()
    .withTypeProvider<ZodTypeProvider>()
    .setValidatorCompiler(validatorCompiler)
    .setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(answerError);
  app.decorateRequest('userId', '');
  app.addHook('onRequest', async (each) => {
    each.userId = String(each.headers['x-user'] ?? 'local');
  });
  await app.register(multipart);
  const deps = { store, limits: { datasetMaxBytes: 100_000 }, workbench: { datasets: bench.room } };
  await app.register(async (scope) => datasetRoutes(scope.withTypeProvider<ZodTypeProvider>(), deps));
  await app.listen({ host: '127.0.0.1', port: 0 });
  return app;
}

beforeAll(async () => {
  bench = await openBench('http', { lineMaxBytes: 50_000 });
  folder = await mkdtemp(join(tmpdir(), 'assay-http-datasets-'));
  store = await openStore(join(folder, 'files'));
  server = await startRoutes();
  url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await server?.close();
  await bench?.end();
  await rm(folder, { recursive: true, force: true });
});

async function ask(method: string, path: string, more: { body?: object | FormData; user?: string } = {}) {
  const { body, user = 'local' } = more;
  const json = body !== undefined && !(body instanceof FormData);
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { 'x-user': user, ...(json ? { 'content-type': 'application/json' } : {}) },
    ...(body === undefined ? {} : { body: json ? JSON.stringify(body) : (body as FormData) }),
  });
  return { status: answer.status, body: (await answer.json()) as Json };
}

function form(content: string | Uint8Array<ArrayBuffer>, name: string, fields: Record<string, string> = {}): FormData {
  const made = new FormData();
  for (const [key, value] of Object.entries(fields)) made.set(key, value);
  made.set('file', new Blob([content]), name);
  return made;
}

const upload = (content: string, name = 'rows.jsonl', fields: Record<string, string> = {}) =>
  ask('POST', '/admin/datasets/upload', { body: form(content, name, fields) });
const staged = () => readdir(store.staging);

test('a file is uploaded, listed, read, changed and deleted', async () => {
  const rows = [
    { custom_id: 'a', name: 'Zoë', prompt: 'Hi', expected: 'x', kind: 'k' },
    { custom_id: 'b', name: '<b>Bob</b>', prompt: 'Ho', expected: 'y', kind: 'k' },
  ];
  const made = await upload(jsonl(rows), 'people "of" 2026.jsonl');
  expect(made).toMatchObject({
    status: 200,
    body: { name: 'people "of" 2026', count: 2, with_truth: 2, duplicate_of: null, categories: [] },
  });
  const { id } = made.body;
  expect((await ask('GET', '/admin/datasets')).body.data.map((each: Json) => each.id)).toEqual([id]);
  const { duplicate_of, ...dataset } = made.body;
  expect((await ask('GET', `/admin/datasets/${id}`)).body).toEqual(dataset);
  const change = { name: 'People', reading: { category_path: 'kind', truth_path: 'prompt' } };
  const changed = await ask('PATCH', `/admin/datasets/${id}`, { body: change });
  expect(changed.body).toMatchObject({
    name: 'People',
    reading: { name_path: null, ...change.reading },
    categories: [{ category: 'k', count: 2 }],
  });
  const first = await ask('GET', `/admin/datasets/${id}/items?limit=1`);
  expect(first.body).toEqual({
    data: [{ candidate_id: 'a', ordinal: 0, name: 'Zoë', category: 'k', truth: 'Hi', preview: 'Hi' }],
    next: 0,
  });
  const second = await ask('GET', `/admin/datasets/${id}/items?limit=1&after=0`);
  expect(second.body).toMatchObject({ data: [{ name: '<b>Bob</b>' }], next: null });
  const none = { runs: 0, answers: 0, annotations: 0, golden_sets: 0 };
  expect((await ask('GET', `/admin/datasets/${id}/use`)).body).toEqual(none);
  const { versions } = (await ask('GET', `/admin/datasets/${id}/versions`)).body;
  expect(versions).toMatchObject([{ ordinal: 1, filename: 'people "of" 2026.jsonl', runs: 0 }]);
  expect((await ask('DELETE', `/admin/datasets/${id}`)).body).toEqual({ id, deleted: true, removed: none });
  expect(await ask('GET', `/admin/datasets/${id}`)).toMatchObject({
    status: 404,
    body: { error: { code: 'not_found' } },
  });
  expect(await staged()).toEqual([]);
});

test('name and dataset_id are taken from the form; the same content is recognised', async () => {
  const first = await upload(jsonl([{ prompt: 'one' }]), 'a.jsonl', { name: 'Mine', dataset_id: '' });
  expect(first.body).toMatchObject({ name: 'Mine', versions: 1 });
  const next = await upload('question,label\nWhy?,b\n', 'b.csv', { dataset_id: first.body.id });
  expect(next.body).toMatchObject({ id: first.body.id, versions: 2, format: 'csv', name: 'Mine', duplicate_of: null });
  const again = await upload('question,label\nWhy?,b\n', 'c.csv');
  expect(again.body).toMatchObject({ id: first.body.id, duplicate_of: first.body.id });
  expect(await staged()).toEqual([]);
});

test('faults are told, and no file stays', async () => {
  const before = (await ask('GET', '/admin/datasets')).body.data.length;
  const codes: unknown[] = [];
  const told = async (work: Promise<{ status: number; body: Json }>) => {
    const { status, body } = await work;
    codes.push([status, body.error.code, body.error.message]);
  };
  await told(upload('{"a":1}\n{"a":\n', 'bad.jsonl'));
  await told(upload('', 'empty.csv'));
  await told(upload('PK\u0003\u0004', 'book.xlsx'));
  await told(upload('x'.repeat(100_001), 'big.jsonl'));
  await told(upload('{"a":"none"}', 'a.jsonl', { dataset_id: 'ds_none' }));
  await told(upload('{"a":"long"}', 'a.jsonl', { name: 'x'.repeat(201) }));
  await told(ask('POST', '/admin/datasets/upload', { body: new FormData() }));
  await told(ask('GET', '/admin/datasets/ds_none/items'));
  await told(ask('PATCH', '/admin/datasets/ds_none', { body: { reading: { truth_path: 7 } } }));
  expect(codes.map((each) => (each as unknown[]).slice(0, 2))).toEqual([
    [400, 'input_invalid'],
    [400, 'input_invalid'],
    [400, 'input_unreadable'],
    [413, 'payload_too_large'],
    [404, 'not_found'],
    [400, 'invalid_parameter'],
    [400, expect.any(String)],
    [404, 'not_found'],
    [400, expect.any(String)],
  ]);
  expect(codes[0]).toContain('bad.jsonl, line 2: not valid JSON: Unexpected end of JSON input.');
  expect((codes[3] as string[])[2]).toContain('ASSAY_DATASET_MAX_BYTES');
  expect((await ask('GET', '/admin/datasets')).body.data).toHaveLength(before);
  expect(await staged()).toEqual([]);
});

test('a client that goes away leaves nothing', async () => {
  const headers = { 'content-type': 'multipart/form-data; boundary=b', 'content-length': 50_000 };
  const sending = request(`${url}/admin/datasets/upload`, { method: 'POST', headers });
  sending.on('error', () => {});
  sending.write('--b\r\ncontent-disposition: form-data; name="file"; filename="gone.jsonl"\r\n\r\n{"a":1}\n');
  await vi.waitFor(async () => expect(await staged()).toHaveLength(1), { timeout: 20_000 });
  sending.destroy();
  await vi.waitFor(async () => expect(await staged()).toEqual([]), { timeout: 20_000 });
});

test('another user sees and changes nothing', async () => {
  const { body } = await upload(jsonl([{ prompt: 'mine' }]), 'mine.jsonl');
  const path = `/admin/datasets/${body.id}`;
  expect((await ask('GET', '/admin/datasets', { user: 'other' })).body.data).toEqual([]);
  const own = form('{"prompt":"theirs"}', 'x.jsonl', { dataset_id: body.id });
  for (const asked of [
    ask('GET', path, { user: 'other' }),
    ask('PATCH', path, { user: 'other', body: { name: 'stolen' } }),
    ask('GET', `${path}/use`, { user: 'other' }),
    ask('GET', `${path}/items`, { user: 'other' }),
    ask('DELETE', path, { user: 'other' }),
    ask('POST', '/admin/datasets/upload', { user: 'other', body: own }),
  ]) {
    expect(await asked).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
  }
  expect((await ask('GET', path)).body).toMatchObject({ name: 'mine', count: 1, versions: 1 });
});
