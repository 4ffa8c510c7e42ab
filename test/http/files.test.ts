/** /v1/files over real HTTP: upload, list, get, content with ranges, delete, expiry, limits, broken connections. */

import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expireFiles } from '../../src/files/expire.ts';
import { type StartedApp, startApp } from './start-app.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into by many paths
type Json = Record<string, any>;

let server: StartedApp;
let client: OpenAI;

beforeAll(async () => {
  server = await startApp('http_files', { limits: { fileMaxBytes: 1024 * 1024 } });
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'anything', maxRetries: 0 });
});
afterAll(() => server.stop());

const contents = async () => (await readdir(server.store.folder)).filter((name) => name !== 'staging').sort();
const staged = () => readdir(server.store.staging);

async function post(form: FormData, headers: Record<string, string> = {}) {
  const answer = await fetch(`${server.url}/v1/files`, { method: 'POST', body: form, headers });
  return { status: answer.status, body: (await answer.json()) as Json, headers: answer.headers };
}

function formOf(fields: Record<string, string>, text = 'hello\n', name = 'a.jsonl') {
  const form = new FormData();
  for (const [key, value] of Object.entries(fields)) form.set(key, value);
  form.set('file', new Blob([text]), name);
  return form;
}

async function errorOf(path: string, init?: RequestInit) {
  const answer = await fetch(`${server.url}${path}`, init);
  return { status: answer.status, ...((await answer.json()) as Json).error };
}

test('the official client uploads, reads, lists and deletes a file', async () => {
  const made = await client.files.create({
    file: await toFile(Buffer.from('{"a":1}\n'), 'ünï "q".jsonl'),
    purpose: 'batch',
    expires_after: { anchor: 'created_at', seconds: 3600 },
  });
  expect(made).toEqual({
    id: expect.stringMatching(/^file-[0-9a-f]{24}$/),
    object: 'file',
    bytes: 8,
    created_at: expect.any(Number),
    expires_at: made.created_at + 3600,
    filename: 'ünï "q".jsonl',
    purpose: 'batch',
    status: 'processed',
    status_details: null,
  });
  expect(Math.abs(made.created_at - Date.now() / 1000)).toBeLessThan(30);
  expect(await client.files.retrieve(made.id)).toEqual(made);
  const content = await client.files.content(made.id);
  expect(await content.text()).toBe('{"a":1}\n');
  expect(content.headers.get('etag')).toBe(`"${createHash('sha256').update('{"a":1}\n').digest('hex')}"`);
  expect(content.headers.get('content-disposition')).toBe(
    `attachment; filename="_n_ _q_.jsonl"; filename*=UTF-8''%C3%BCn%C3%AF%20%22q%22.jsonl`,
  );
  expect(await client.files.delete(made.id)).toEqual({ id: made.id, object: 'file', deleted: true });
  expect(await contents()).not.toContain(made.id);
  await expect(client.files.retrieve(made.id)).rejects.toMatchObject({ status: 404, code: 'not_found', param: 'id' });
  await expect(client.files.delete(made.id)).rejects.toMatchObject({ status: 404 });
});

test('the file part may come before the fields', async () => {
  const form = new FormData();
  form.set('file', new Blob(['x']), 'first.txt');
  form.set('purpose', 'user_data');
  expect((await post(form)).body).toMatchObject({ filename: 'first.txt', purpose: 'user_data', bytes: 1 });
});

test('an empty file and a file without a name are taken', async () => {
  expect((await post(formOf({ purpose: 'batch' }, ''))).body).toMatchObject({ bytes: 0 });
  const body =
    '--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n' +
    '--b\r\ncontent-disposition: form-data; name="file"\r\n\r\nabc\r\n--b--\r\n';
  const answer = await fetch(`${server.url}/v1/files`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
  });
  expect(await answer.json()).toMatchObject({ bytes: 3, filename: 'upload' });
});

test('folders in a file name are dropped', async () => {
  expect((await post(formOf({ purpose: 'batch' }, 'x', '../../etc/passwd'))).body.filename).toBe('passwd');
});

test('pages through files in both directions, also when the cursor was deleted', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) {
    ids.push((await post(formOf({ purpose: 'evals' }, `page ${i}`))).body.id);
  }
  const newest: string[] = [];
  for await (const file of client.files.list({ purpose: 'evals', limit: 2 })) newest.push(file.id);
  expect(newest).toEqual(ids.toReversed());
  const oldest: string[] = [];
  for await (const file of client.files.list({ purpose: 'evals', limit: 2, order: 'asc' })) {
    oldest.push(file.id);
    await client.files.delete(file.id);
  }
  expect(oldest).toEqual(ids);
  expect((await client.files.list({ purpose: 'evals' })).data).toEqual([]);
});

test('a list has the envelope that clients page with', async () => {
  const answer = await fetch(`${server.url}/v1/files?limit=1&purpose=batch`);
  const list = (await answer.json()) as Json;
  expect(list).toMatchObject({ object: 'list', has_more: true, first_id: list.data[0].id, last_id: list.data[0].id });
});

test.each([
  ['limit=0', 'limit'],
  ['limit=10001', 'limit'],
  ['limit=x', 'limit'],
  ['order=up', 'order'],
  ['purpose=no', 'purpose'],
  ['after=nonsense', 'after'],
])('refuses the list query %s and names the parameter', async (query, param) => {
  const error = await errorOf(`/v1/files?${query}`);
  expect(error).toMatchObject({ status: 400, type: 'invalid_request_error', code: 'invalid_parameter', param });
  expect(error.message).toContain(query.split('=')[1] === 'x' ? '(got x)' : query.split('=')[1]);
});

test.each([
  ['purpose', { purpose: 'batch_output' }],
  ['purpose', {}],
  [
    'expires_after.seconds',
    { purpose: 'batch', 'expires_after[anchor]': 'created_at', 'expires_after[seconds]': '60' },
  ],
  ['expires_after.anchor', { purpose: 'batch', 'expires_after[anchor]': 'now', 'expires_after[seconds]': '3600' }],
])('refuses the form field %s of %o and leaves nothing', async (param, fields) => {
  const before = await contents();
  const { status, body } = await post(formOf(fields as Record<string, string>));
  expect([status, body.error.code, body.error.param]).toEqual([400, 'invalid_parameter', param]);
  expect(await contents()).toEqual(before);
  expect(await staged()).toEqual([]);
});

test('refuses a form without a file, two files, and what is no form', async () => {
  const none = new FormData();
  none.set('purpose', 'batch');
  expect((await post(none)).body.error).toMatchObject({ code: 'invalid_parameter', param: 'file' });
  const two = formOf({ purpose: 'batch' });
  two.append('file', new Blob(['2']), 'b');
  expect((await post(two)).body.error).toMatchObject({ code: 'invalid_parameter', param: 'file' });
  const json = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };
  expect(await errorOf('/v1/files', json)).toMatchObject({ status: 415, code: 'unsupported_media_type' });
  expect(await staged()).toEqual([]);
});

test('a file over the limit is a 413 and leaves nothing', async () => {
  const before = await contents();
  const { status, body } = await post(formOf({ purpose: 'batch' }, 'x'.repeat(3 * 1024 * 1024)));
  expect([status, body.error.code]).toEqual([413, 'payload_too_large']);
  expect(body.error.message).toBe(
    'The file is 3145728 bytes; at most 1048576 are taken. Split it, or raise ASSAY_FILE_MAX_BYTES.',
  );
  expect(await contents()).toEqual(before);
  expect(await staged()).toEqual([]);
});

test('a client that goes away in the middle leaves nothing', async () => {
  const before = await contents();
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `POST /v1/files HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: multipart/form-data; boundary=b\r\n` +
      'content-length: 500000\r\n\r\n--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n' +
      'x'.repeat(100_000),
  );
  await expect.poll(staged, { timeout: 10_000 }).toHaveLength(1);
  socket.destroy();
  await expect.poll(staged, { timeout: 10_000 }).toEqual([]);
  expect(await contents()).toEqual(before);
});

test('a torn form is a 400', async () => {
  const answer = await fetch(`${server.url}/v1/files`, {
    method: 'POST',
    body: '--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nabc',
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
  });
  expect([answer.status, ((await answer.json()) as Json).error.code]).toEqual([400, 'invalid_body']);
  expect(await staged()).toEqual([]);
});

test('content is given in ranges', async () => {
  const { id } = (await post(formOf({ purpose: 'batch' }, '0123456789'))).body;
  const get = async (headers: Record<string, string>) => {
    const answer = await fetch(`${server.url}/v1/files/${id}/content`, { headers });
    return [answer.status, answer.headers.get('content-range'), await answer.text()];
  };
  expect(await get({})).toEqual([200, null, '0123456789']);
  expect(await get({ range: 'bytes=2-4' })).toEqual([206, 'bytes 2-4/10', '234']);
  expect(await get({ range: 'bytes=7-' })).toEqual([206, 'bytes 7-9/10', '789']);
  expect(await get({ range: 'bytes=-2' })).toEqual([206, 'bytes 8-9/10', '89']);
  expect(await get({ range: 'bytes=5-900' })).toEqual([206, 'bytes 5-9/10', '56789']);
  expect(await get({ range: 'bytes=0-1,4-5' })).toEqual([200, null, '0123456789']);
  expect(await get({ range: 'bytes=2-4', 'if-range': '"other"' })).toEqual([200, null, '0123456789']);
  const outside = await fetch(`${server.url}/v1/files/${id}/content`, { headers: { range: 'bytes=10-' } });
  expect([outside.status, ((await outside.json()) as Json).error.code]).toEqual([416, 'range_not_satisfiable']);
  const head = await fetch(`${server.url}/v1/files/${id}/content`, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length'), head.headers.get('accept-ranges')]).toEqual([
    200,
    '10',
    'bytes',
  ]);
  const known = await fetch(`${server.url}/v1/files/${id}/content`, {
    headers: { 'if-none-match': head.headers.get('etag')! },
  });
  expect(known.status).toBe(304);
});

test('an expired file is gone, first for readers, then from the disk', async () => {
  const { id } = (await post(formOf({ purpose: 'batch' }, 'old'))).body;
  await server.db.asSystem((q) => q.query(`update files set expires_at = now() where file_id = $1`, [id]));
  expect((await fetch(`${server.url}/v1/files/${id}`)).status).toBe(404);
  expect((await fetch(`${server.url}/v1/files/${id}/content`)).status).toBe(404);
  expect(await contents()).toContain(id);
  expect(await expireFiles(server.db, server.store)).toBe(1);
  expect(await contents()).not.toContain(id);
});

test('a download that has begun survives the delete', async () => {
  const text = 'y'.repeat(1024 * 1024);
  const { id } = (await post(formOf({ purpose: 'batch' }, text))).body;
  const answer = await fetch(`${server.url}/v1/files/${id}/content`);
  await sleep(50);
  expect((await fetch(`${server.url}/v1/files/${id}`, { method: 'DELETE' })).status).toBe(200);
  expect((await answer.text()).length).toBe(text.length);
});
