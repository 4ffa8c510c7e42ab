/** The folder of file contents: staged under a temporary name, made durable, then renamed to the file's id. */

import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { AssayError } from '../errors.ts';
import { countUsedUp } from './free-buffers.ts';

export interface FileStore {
  /** Contents, one file a file id or part id. */
  folder: string;
  /** Contents on their way in. */
  staging: string;
}

/** Content that is on the disk and durable, but has no file row yet. */
export interface Staged {
  path: string;
  bytes: number;
  sha256: Buffer;
  md5: Buffer | null;
}

/** Bytes `start` to `end` of a content, both included, counted from 0. */
export interface ByteRange {
  start: number;
  end: number;
}

export interface StageOptions {
  maxBytes: number;
  /** What the limit is about, and the setting that raises it, for the message of payload_too_large. */
  what: string;
  setting: string;
  md5?: boolean;
}

/** Makes the folders of a store under `folder`. Throws data_folder_unwritable. */
export async function openStore(folder: string): Promise<FileStore> {
  const store = { folder, staging: join(folder, 'staging') };
  try {
    await mkdir(store.staging, { recursive: true });
  } catch (error) {
    throw new AssayError(
      'data_folder_unwritable',
      { folder, problem: (error as Error).message, remedy: 'Give Assay the right to write there.' },
      { cause: error },
    );
  }
  return store;
}

/**
 * Writes `source` to a temporary file, piece by piece, hashing on the way, and syncs it.
 * Nothing is left behind when it throws: payload_too_large, disk_full, or the source's own error.
 */
export async function stage(store: FileStore, source: AsyncIterable<Buffer>, o: StageOptions): Promise<Staged> {
  const path = join(store.staging, randomUUID());
  const sha256 = createHash('sha256');
  const md5 = o.md5 ? createHash('md5') : null;
  const handle = await onDisk(() => open(path, 'wx', 0o600));
  try {
    const hash = (piece: Buffer) => {
      sha256.update(piece);
      md5?.update(piece);
    };
    const bytes = await copy(source, { ...o, handle, hash });
    await onDisk(() => handle.sync());
    await handle.close();
    return { path, bytes, sha256: sha256.digest(), md5: md5?.digest() ?? null };
  } catch (error) {
    await handle.close().catch(() => {});
    await remove(path);
    throw error;
  }
}

/**
 * What is over the limit is still read and thrown away, up to as much again: a client that is cut off while it sends
 * sees a broken connection instead of the 413.
 */
async function copy(
  source: AsyncIterable<Buffer>,
  o: StageOptions & { handle: FileHandle; hash: (piece: Buffer) => void },
): Promise<number> {
  let bytes = 0;
  for await (const piece of source) {
    bytes += piece.length;
    countUsedUp(piece.length);
    if (bytes > o.maxBytes) {
      if (bytes - piece.length <= o.maxBytes) await o.handle.truncate(0);
      if (bytes > o.maxBytes * 2 + 64 * 1024 * 1024) break;
      continue;
    }
    o.hash(piece);
    await onDisk(() => writeAll(o.handle, piece));
  }
  if (bytes > o.maxBytes) {
    throw new AssayError('payload_too_large', { what: o.what, value: bytes, limit: o.maxBytes, setting: o.setting });
  }
  return bytes;
}

async function writeAll(handle: FileHandle, piece: Buffer): Promise<void> {
  for (let from = 0; from < piece.length; ) {
    const { bytesWritten } = await handle.write(piece, from);
    from += bytesWritten;
  }
}

/** Gives staged content its final name and makes the name durable. */
export async function keep(store: FileStore, staged: Staged, id: string): Promise<void> {
  await onDisk(async () => {
    await rename(staged.path, join(store.folder, id));
    // Windows cannot open a folder to sync it; its rename is durable enough there.
    if (process.platform === 'win32') return;
    const folder = await open(store.folder, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  });
}

/** Removes staged content that found no use. */
export async function discard(staged: Staged): Promise<void> {
  await remove(staged.path);
}

/** Removes the content of `id`; readers that have it open read on. */
export async function removeContent(store: FileStore, id: string): Promise<void> {
  await remove(join(store.folder, id));
}

/**
 * Removes the content of a row whose transaction ended with `error`. When the connection was lost the row may have been
 * committed all the same: then the content stays, and the next start removes it if it has no row.
 */
export async function removeUncommitted(store: FileStore, id: string, error: unknown): Promise<void> {
  if (error instanceof AssayError && error.code === 'database_unavailable') return;
  await removeContent(store, id);
}

/** Whether the content of `id` is on the disk. */
export async function hasContent(store: FileStore, id: string): Promise<boolean> {
  return stat(join(store.folder, id)).then(
    () => true,
    () => false,
  );
}

/** Streams the content of `id`, or a range of it. */
export function readContent(store: FileStore, id: string, range?: ByteRange): Readable {
  return createReadStream(join(store.folder, id), range ? { start: range.start, end: range.end } : {});
}

/** Names of all contents in the store. */
export async function contentNames(store: FileStore): Promise<string[]> {
  const entries = await readdir(store.folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

/** Removes what a killed server left half written. Only the holder of the data folder may call it, before it serves. */
export async function clearStaging(store: FileStore): Promise<void> {
  for (const name of await readdir(store.staging)) await remove(join(store.staging, name));
}

async function remove(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

/** Runs a disk operation; a full disk, quota or file size limit becomes disk_full. */
async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
      throw new AssayError('disk_full', { problem: message }, { cause: error });
    }
    throw error;
  }
}
