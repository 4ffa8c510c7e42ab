/** Repeats of a POST make no second file: by key, by a client library's retry, and at the same moment. */

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { createFile } from '../../src/files/create.ts';
import { removeLeftovers } from '../../src/files/expire.ts';
import { deleteFile } from '../../src/files/read.ts';
import { bodyHash, forgetRepeats } from '../../src/files/repeat.ts';
import { type FileStore, openStore, stage } from '../../src/files/store.ts';
import { type FreshDatabase, freshDatabase } from '../harness/database.ts';

let fresh: FreshDatabase;
let db: Database;
let store: FileStore;
let folder: string;

beforeAll(async () => {
  fresh = await freshDatabase('files_repeat');
  db = openDatabase({ url: fresh.url, max: 8 });
});
afterAll(async () => {
  await db.close();
  await fresh.drop();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-repeat-'));
  store = await openStore(folder);
  await db.asSystem((q) => q.query('delete from files'));
  await db.asSystem((q) => q.query('delete from idempotency_keys'));
  return () => rm(folder, { recursive: true, force: true });
});

interface Sent {
  text?: string;
  filename?: string;
  key?: string | null;
  retryCount?: number;
  arrivedAt?: Date;
  userId?: string;
}

async function send({
  text = 'x',
  filename = 'a',
  key = null,
  retryCount = 0,
  arrivedAt = new Date(),
  ...o
}: Sent = {}) {
  async function* source() {
    yield Buffer.from(text);
  }
  const staged = await stage(store, source(), { maxBytes: 1e6, what: 'The file', setting: 'ASSAY_FILE_MAX_BYTES' });
  const repeat = { key, retryCount, arrivedAt, windowSeconds: 60 };
  const userId = o.userId ?? 'local';
  const row = await createFile(db, store, { userId, filename, purpose: 'batch', expiresSeconds: null, staged, repeat });
  return row.fileId;
}

const onDisk = async () => (await readdir(store.folder)).filter((name) => name !== 'staging').sort();

test('two first tries with the same content are two files', async () => {
  const ids = [await send(), await send()];
  expect(new Set(ids).size).toBe(2);
  expect(await onDisk()).toEqual(ids.sort());
});

test('a retry of a client library gets the first file; other content, name or user does not', async () => {
  await db.asSystem((q) => q.query(`insert into users values ('b', 'B') on conflict do nothing`));
  const first = await send();
  expect(await send({ retryCount: 1 })).toBe(first);
  expect(await send({ retryCount: 2 })).toBe(first);
  expect(await onDisk()).toEqual([first]);
  expect(await send({ retryCount: 1, text: 'y' })).not.toBe(first);
  expect(await send({ retryCount: 1, filename: 'b' })).not.toBe(first);
  expect(await send({ retryCount: 1, userId: 'b' })).not.toBe(first);
});

test('the same key with the same body gets the first file, with another body a 409', async () => {
  const first = await send({ key: 'k' });
  expect(await send({ key: 'k' })).toBe(first);
  await expect(send({ key: 'k', text: 'other' })).rejects.toMatchObject({
    code: 'idempotency_key_reused',
    status: 409,
    message: expect.stringContaining('Idempotency-Key k'),
  });
  expect(await send({ key: 'other' })).not.toBe(first);
  expect(await readdir(store.staging)).toEqual([]);
});

test.each([
  ['key', { key: 'k' }],
  ['retry count', { retryCount: 1 }],
])('eight at the same moment with one %s make one file', async (_by, sent) => {
  const ids = await Promise.all(Array.from({ length: 8 }, () => send(sent)));
  expect(new Set(ids).size).toBe(1);
  expect(await onDisk()).toEqual([ids[0]]);
});

test('a first try that its own retry overtook gets the file of the retry', async () => {
  const arrivedAt = new Date();
  const retried = await send({ retryCount: 1 });
  expect(await send({ arrivedAt })).toBe(retried);
  expect(await send({ arrivedAt: new Date(Date.now() + 1000) })).not.toBe(retried);
});

test('a repeat after the delete, or after the window, makes a new file', async () => {
  const first = await send({ key: 'k' });
  await deleteFile(db, store, 'local', first);
  const second = await send({ key: 'k' });
  expect(second).not.toBe(first);
  expect(await send({ key: 'k' })).toBe(second);
  await db.asSystem((q) => q.query(`update idempotency_keys set created_at = now() - interval '61 s'`));
  expect(await send({ key: 'k', text: 'other' })).not.toBe(second);
  await db.asSystem((q) => q.query(`update idempotency_keys set created_at = now() - interval '61 s'`));
  await db.asSystem((q) => forgetRepeats(q, 60));
  const left = await db.asSystem((q) => q.query('select * from idempotency_keys'));
  expect(left.rows).toEqual([]);
});

test('parts of a hashed body cannot run into each other', () => {
  expect(bodyHash('ab', 'c')).not.toEqual(bodyHash('a', 'bc'));
  expect(bodyHash(null)).not.toEqual(bodyHash('null'));
});

test('a content without a row is removed at start, one with a row stays', async () => {
  const kept = await send();
  const lost = await send({ text: 'lost' });
  await db.asSystem((q) => q.query('delete from files where file_id = $1', [lost]));
  expect(await removeLeftovers(db, store)).toBe(1);
  expect(await onDisk()).toEqual([kept]);
});
