/** The store of contents: nothing half written is ever seen, and a full disk leaves no trace. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AssayError } from '../../src/errors.ts';
import {
  clearStaging,
  discard,
  type FileStore,
  hasContent,
  keep,
  openStore,
  readContent,
  removeContent,
  stage,
} from '../../src/files/store.ts';

const limit = { maxBytes: 1000, what: 'The file', setting: 'ASSAY_FILE_MAX_BYTES' };
let folder: string;
let store: FileStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-store-'));
  store = await openStore(join(folder, 'files'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function* pieces(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text);
}

async function textOf(id: string, range?: { start: number; end: number }): Promise<string> {
  let text = '';
  for await (const piece of readContent(store, id, range)) text += piece;
  return text;
}

test('content is staged with its hashes, kept under its id, read in ranges and removed', async () => {
  const staged = await stage(store, pieces('hello ', 'world'), { ...limit, md5: true });
  expect(staged.bytes).toBe(11);
  expect(staged.sha256).toEqual(createHash('sha256').update('hello world').digest());
  expect(staged.md5).toEqual(createHash('md5').update('hello world').digest());
  expect(await hasContent(store, 'file-1')).toBe(false);
  await keep(store, staged, 'file-1');
  expect(await readdir(store.staging)).toEqual([]);
  expect(await textOf('file-1')).toBe('hello world');
  expect(await textOf('file-1', { start: 6, end: 7 })).toBe('wo');
  await removeContent(store, 'file-1');
  await removeContent(store, 'file-1');
  expect(await hasContent(store, 'file-1')).toBe(false);
});

test('exactly the limit is taken, one byte more is not', async () => {
  await discard(await stage(store, pieces('x'.repeat(1000)), limit));
  const error = await stage(store, pieces('x'.repeat(600), 'x'.repeat(401)), limit).catch((e) => e);
  expect(error).toBeInstanceOf(AssayError);
  expect([error.code, error.status]).toEqual(['payload_too_large', 413]);
  expect(await readdir(store.staging)).toEqual([]);
});

test('a source that breaks leaves nothing', async () => {
  async function* broken() {
    yield Buffer.from('half');
    throw new Error('gone');
  }
  await expect(stage(store, broken(), limit)).rejects.toThrow('gone');
  expect(await readdir(store.staging)).toEqual([]);
});

test('what a killed server left half written is cleared', async () => {
  await writeFile(join(store.staging, 'left'), 'x');
  await clearStaging(store);
  expect(await readdir(store.staging)).toEqual([]);
});

const mayMount = process.platform === 'linux' && process.getuid?.() === 0 && canMount();

function canMount(): boolean {
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test.skipIf(!mayMount)('a full disk is disk_full, with its remedy, and leaves the room it took', async () => {
  const small = join(folder, 'small');
  execFileSync('mkdir', [small]);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', small]);
  try {
    const full = await openStore(join(small, 'files'));
    const wide = { ...limit, maxBytes: 10_000_000 };
    const error = await stage(full, pieces(...Array(20).fill('x'.repeat(64 * 1024))), wide).catch((e) => e);
    expect([error.code, error.status]).toEqual(['disk_full', 507]);
    expect(error.message).toContain('Free some space');
    expect(await readdir(full.staging)).toEqual([]);
    const staged = await stage(full, pieces('x'.repeat(64 * 1024)), wide);
    expect(staged.bytes).toBe(64 * 1024);
  } finally {
    execFileSync('umount', [small]);
  }
});
