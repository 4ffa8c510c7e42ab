/** Saves a batch's output and error files to the disk: streamed, under a temporary name until they are whole. */

import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Batch } from '../contracts/openai-batch.ts';
import { AssayError } from '../errors.ts';
import type { Client } from './client.ts';

/** Where the files of a batch were saved; null where the batch has no such file. */
export interface SavedFiles {
  output: string | null;
  errors: string | null;
}

/** Writes `<folder>/<name>.output.jsonl` and `.errors.jsonl`, over older ones; one that would be empty is removed. */
export async function saveResults(
  client: Client,
  batch: Batch,
  to: { folder: string; name: string },
): Promise<SavedFiles> {
  if (batch.output_file_id === null && batch.error_file_id === null) return { output: null, errors: null };
  await makeFolder(to.folder);
  const safe = to.name.replace(/[^\p{L}\p{N}._-]+/gu, '-');
  const save = async (fileId: string | null, kind: string): Promise<string | null> => {
    const path = join(to.folder, `${safe}.${kind}.jsonl`);
    if (fileId === null) {
      await rm(path, { force: true });
      return null;
    }
    await saveFile(client, fileId, path);
    return path;
  };
  return { output: await save(batch.output_file_id, 'output'), errors: await save(batch.error_file_id, 'errors') };
}

/** Makes a folder that files are saved in, where it is not there. @throws AssayError input_unreadable */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: Error) => {
    throw new AssayError('input_unreadable', { file: folder, problem: `cannot be made: ${error.message}` });
  });
}

/** Saves one file of the server at `path`; begun anew when the connection breaks in the middle. */
export function saveFile(client: Client, fileId: string, path: string): Promise<void> {
  return saveContent(client, `/v1/files/${encodeURIComponent(fileId)}/content`, path);
}

/** Saves what the server answers under `from` at `path`, in the same way. */
export async function saveContent(client: Client, from: string, path: string): Promise<void> {
  const partial = `${path}.${process.pid}.part`;
  try {
    for (let tries = 1; ; tries++) {
      const body = await client.content(from);
      try {
        await pipeline(body, createWriteStream(partial));
        break;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOSPC') throw new AssayError('disk_full', { problem: path }, { cause: error });
        if (!code?.startsWith('UND_ERR') && code !== 'ECONNRESET') throw error;
        if (tries >= 10) throw error;
      }
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
