/** Reads the weights of a safetensors file (Hugging Face's format: a JSON table, then the bytes) piece by piece. */

import { type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';

/** `offset` and `bytes` are of the file. */
export interface StoredTensor {
  /** F32, F16, BF16, I64, ... */
  dtype: string;
  /** Outermost dimension first. */
  shape: number[];
  offset: number;
  bytes: number;
}

export interface Safetensors {
  tensors: Map<string, StoredTensor>;
  /** The bytes of a tensor in its order, `PIECE_BYTES` at a time. */
  pieces(tensor: StoredTensor): AsyncGenerator<Buffer>;
  close(): Promise<void>;
}

/** A multiple of any block that weights are rounded by, and small enough not to hold up what else the process does. */
export const PIECE_BYTES = 4 * 1024 * 1024;

/** The format's own bound of its table. */
const TABLE_MAX_BYTES = 100_000_000;
const LENGTH_BYTES = 8;

const place = z.int().nonnegative();
const table = z.record(
  z.string(),
  z.object({ dtype: z.string(), shape: z.array(place), data_offsets: z.tuple([place, place]) }),
);

/** Opens a file and reads its table. @throws Error when it is no whole safetensors file */
export async function openSafetensors(file: string): Promise<Safetensors> {
  const handle = await open(file, 'r');
  try {
    const tensors = await readTable(handle);
    return { tensors, pieces: (tensor) => pieces(handle, tensor), close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readTable(handle: FileHandle): Promise<Map<string, StoredTensor>> {
  const { size } = await handle.stat();
  const length = size < LENGTH_BYTES ? Number.NaN : Number((await readAt(handle, 0, LENGTH_BYTES)).readBigUInt64LE());
  const start = LENGTH_BYTES + length;
  if (!(length <= TABLE_MAX_BYTES && start <= size)) throw new Error('it is not a whole safetensors file');
  const { __metadata__, ...stated } = parse((await readAt(handle, LENGTH_BYTES, length)).toString('utf8'));
  const read = table.safeParse(stated);
  if (!read.success) throw new Error('its table of tensors is not one of safetensors');
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(read.data)) {
    const [from, to] = data_offsets;
    if (to < from || start + to > size) throw new Error(`the bytes of ${name} are not all there`);
    tensors.set(name, { dtype, shape, offset: start + from, bytes: to - from });
  }
  return tensors;
}

function parse(text: string): Record<string, unknown> {
  try {
    return { ...(JSON.parse(text) as Record<string, unknown>) };
  } catch {
    throw new Error('its table of tensors is not JSON');
  }
}

async function* pieces(handle: FileHandle, { offset, bytes }: StoredTensor): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes; at += PIECE_BYTES)
    yield await readAt(handle, offset + at, Math.min(PIECE_BYTES, bytes - at));
}

async function readAt(handle: FileHandle, from: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await handle.read(buffer, 0, bytes, from);
  if (bytesRead !== bytes) throw new Error('it is cut off');
  return buffer;
}
