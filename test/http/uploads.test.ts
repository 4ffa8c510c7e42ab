/** /v1/uploads with the official client: parts in any order, checks at the end, cancel, expiry, repeats. */

import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expireUploads } from '../../src/files/expire.ts';
import { type StartedApp, startApp } from './start-app.ts';

let server: StartedApp;
let client: OpenAI;

beforeAll(async () => {
  server = await startApp('http_uploads', { limits: { uploadPartMaxBytes: 1000, uploadMaxBytes: 5000 } });
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'anything', maxRetries: 0 });
});
afterAll(() => server.stop());

const contents = async () => (await readdir(server.store.folder)).filter((name) => name !== 'staging').sort();
const begin = (bytes: number, more: object = {}) =>
  client.uploads.create({ bytes, filename: 'big.jsonl', mime_type: 'application/jsonl', purpose: 'batch', ...more });
const part = async (upload: string, text: string) =>
  (await client.uploads.parts.create(upload, { data: await toFile(Buffer.from(text), 'part') })).id;

test('parts are joined in the order that complete names', async () => {
  const upload = await begin(9, { expires_after: { anchor: 'created_at', seconds: 7200 } });
  expect(upload).toMatchObject({ object: 'upload', status: 'pending', bytes: 9, purpose: 'batch', file: null });
  expect(upload.expires_at - upload.created_at).toBe(3600);
  const b = await part(upload.id, 'bbb');
  const a = await part(upload.id, 'aaa');
  await part(upload.id, 'not used');
  const c = await part(upload.id, 'ccc');
  const md5 = createHash('md5').update('aaabbbccc').digest('hex');
  const done = await client.uploads.complete(upload.id, { part_ids: [a, b, c], md5 });
  expect(done).toMatchObject({ id: upload.id, status: 'completed', file: { bytes: 9, filename: 'big.jsonl' } });
  expect(done.file!.expires_at! - done.file!.created_at).toBe(7200);
  expect(await (await client.files.content(done.file!.id)).text()).toBe('aaabbbccc');
  expect(await contents()).toEqual([done.file!.id]);
  const again = await client.uploads.complete(upload.id, { part_ids: [a, b, c] });
  expect(again).toEqual(done);
  await expect(part(upload.id, 'late')).rejects.toMatchObject({ status: 409, code: 'conflict' });
});

test('two completes at the same moment make one file', async () => {
  const upload = await begin(3);
  const ids = [await part(upload.id, 'xyz')];
  const both = await Promise.all([1, 2].map(() => client.uploads.complete(upload.id, { part_ids: ids })));
  expect(both[0]!.file!.id).toBe(both[1]!.file!.id);
  expect(await contents()).toContain(both[0]!.file!.id);
  expect(await readdir(server.store.staging)).toEqual([]);
});

test('complete refuses a wrong sum, an unknown part, a part twice and a wrong MD5', async () => {
  const upload = await begin(4);
  const id = await part(upload.id, 'abcd');
  const complete = (body: OpenAI.UploadCompleteParams) => client.uploads.complete(upload.id, body);
  await expect(complete({ part_ids: ['part_no'] })).rejects.toMatchObject({ status: 400, param: 'part_ids[0]' });
  await expect(complete({ part_ids: [id, id] })).rejects.toMatchObject({ status: 400, param: 'part_ids[1]' });
  await expect(complete({ part_ids: [id], md5: '0'.repeat(32) })).rejects.toMatchObject({ param: 'md5' });
  const short = await begin(5);
  const other = await part(short.id, 'abcd');
  await expect(client.uploads.complete(short.id, { part_ids: [other] })).rejects.toMatchObject({
    status: 400,
    param: 'part_ids',
    message: expect.stringContaining('the parts hold 4 bytes, the upload was created with bytes 5'),
  });
  expect((await complete({ part_ids: [id] })).status).toBe('completed');
});

test('a cancelled upload loses its parts and takes no more', async () => {
  const upload = await begin(3);
  const id = await part(upload.id, 'abc');
  expect(await contents()).toContain(id);
  expect((await client.uploads.cancel(upload.id)).status).toBe('cancelled');
  expect((await client.uploads.cancel(upload.id)).status).toBe('cancelled');
  expect(await contents()).not.toContain(id);
  await expect(client.uploads.complete(upload.id, { part_ids: [id] })).rejects.toMatchObject({ status: 409 });
});

test('an upload that was not completed in time is expired', async () => {
  const upload = await begin(3);
  const id = await part(upload.id, 'abc');
  await server.db.asSystem((q) => q.query('update uploads set expires_at = now() where upload_id = $1', [upload.id]));
  await expect(part(upload.id, 'late')).rejects.toMatchObject({ status: 409 });
  expect(await expireUploads(server.db, server.store)).toBe(1);
  expect(await contents()).not.toContain(id);
});

test('limits: the whole upload, one part, all parts together', async () => {
  await expect(begin(5001)).rejects.toMatchObject({ status: 413, code: 'payload_too_large', param: 'bytes' });
  const upload = await begin(5000);
  await expect(part(upload.id, 'x'.repeat(1001))).rejects.toMatchObject({ status: 413 });
  for (let i = 0; i < 5; i++) await part(upload.id, 'x'.repeat(1000));
  await expect(part(upload.id, 'x')).rejects.toMatchObject({ status: 413 });
});

test('a repeated create gets the first upload', async () => {
  const options = { headers: { 'Idempotency-Key': 'one' } };
  const body = { bytes: 3, filename: 'f', mime_type: 'text/plain', purpose: 'batch' } as const;
  const first = await client.uploads.create(body, options);
  expect((await client.uploads.create(body, options)).id).toBe(first.id);
  await expect(client.uploads.create({ ...body, bytes: 4 }, options)).rejects.toMatchObject({ status: 409 });
});

test('an unknown upload is a 404', async () => {
  await expect(part('upload_none', 'x')).rejects.toMatchObject({ status: 404, code: 'not_found' });
  await expect(client.uploads.cancel('upload_none')).rejects.toMatchObject({ status: 404 });
});
