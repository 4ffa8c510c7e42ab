/** Writes a file whole or not at all: into a temporary file beside it, synced and renamed at the end. */

import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AssayError } from '../errors.ts';

const GROUP_CHARACTERS = 256 * 1024;

/**
 * Writes `pieces` to `file` and returns the bytes written. When the pieces or the disk fail, or `signal` is aborted,
 * the temporary file goes away and whatever `file` held before stays.
 * @throws AssayError disk_full, input_unreadable (the place cannot be written); what the pieces throw; the signal's reason.
 */
export async function writeWhole(
  file: string,
  pieces: AsyncIterable<string> | Iterable<string>,
  signal?: AbortSignal,
): Promise<number> {
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.part`);
  try {
    const bytes = await write(temporary, pieces, signal);
    await rename(temporary, file);
    return bytes;
  } catch (error) {
    await rm(temporary, { force: true });
    throw placed(error, file);
  }
}

async function write(
  temporary: string,
  pieces: AsyncIterable<string> | Iterable<string>,
  signal: AbortSignal | undefined,
): Promise<number> {
  const handle = await open(temporary, 'w');
  let bytes = 0;
  let group = '';
  const flush = async () => {
    const buffer = Buffer.from(group);
    group = '';
    bytes += buffer.length;
    await handle.writeFile(buffer);
  };
  try {
    for await (const piece of pieces) {
      signal?.throwIfAborted();
      group += piece;
      if (group.length >= GROUP_CHARACTERS) await flush();
    }
    await flush();
    signal?.throwIfAborted();
    await handle.sync();
    return bytes;
  } finally {
    await handle.close();
  }
}

function placed(error: unknown, file: string): unknown {
  const { code, message, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined) return error;
  if (code === 'ENOSPC' || code === 'EFBIG' || code === 'EDQUOT') {
    return new AssayError('disk_full', { problem: `${file}: ${message}` }, { cause: error });
  }
  const known: Record<string, string> = {
    ENOENT: 'its folder does not exist',
    EACCES: 'no permission to write there',
    EROFS: 'the disk is read-only',
    EISDIR: 'this is a folder',
  };
  return new AssayError('input_unreadable', { file, problem: `cannot be written: ${known[code ?? ''] ?? message}` });
}
