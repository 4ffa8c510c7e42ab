/** Writes a GGUF file, version 3 (ggml, docs/gguf.md): what the model is, its tensors' places, then their weights. */

import { type FileHandle, open } from 'node:fs/promises';
import { type WeightType, weightTypes } from './weight-types.ts';

/** A value with the type it is written as. */
export type GgufValue =
  | { type: 'u32' | 'f32'; value: number }
  | { type: 'i32s'; value: number[] }
  | { type: 'bool'; value: boolean }
  | { type: 'string'; value: string }
  | { type: 'strings'; value: string[] };

export interface GgufTensor {
  name: string;
  /** Outermost dimension first. */
  shape: number[];
  type: WeightType;
  /** Its weights in their order, as little-endian 32-bit floats, in pieces of whole blocks. */
  floats(): AsyncIterable<Buffer>;
}

const VERSION = 3;
const ALIGNMENT = 32;

/** Numbers by which the format tells types apart. */
const typeNumbers = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;

/** The same model always gives the same bytes. Ends between two pieces when `signal` says so, with its reason. */
export async function writeGguf(
  file: string,
  model: { metadata: [key: string, value: GgufValue][]; tensors: GgufTensor[]; signal?: AbortSignal | undefined },
): Promise<void> {
  const { metadata, tensors, signal } = model;
  const handle = await open(file, 'w');
  try {
    await handle.write(header(metadata, tensors));
    for (const { floats, type } of tensors) {
      let bytes = 0;
      for await (const piece of floats()) {
        signal?.throwIfAborted();
        bytes += await writeAll(handle, weightTypes[type].encode(piece));
      }
      await writeAll(handle, Buffer.alloc(toAlignment(bytes)));
    }
  } finally {
    await handle.close();
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer): Promise<number> {
  await handle.writev([bytes]);
  return bytes.length;
}

/** All before the weights. */
function header(metadata: [string, GgufValue][], tensors: GgufTensor[]): Buffer {
  const parts = [Buffer.from('GGUF'), u32(VERSION), u64(tensors.length), u64(metadata.length)];
  for (const [key, value] of metadata) parts.push(string(key), ...written(value));
  let offset = 0;
  for (const { name, shape, type } of tensors) {
    // GGUF states the innermost dimension first.
    parts.push(string(name), u32(shape.length), ...shape.toReversed().map(u64));
    parts.push(u32(weightTypes[type].number), u64(offset));
    const bytes = weightTypes[type].bytes(shape.reduce((product, length) => product * length, 1));
    offset += bytes + toAlignment(bytes);
  }
  const bytes = Buffer.concat(parts);
  return Buffer.concat([bytes, Buffer.alloc(toAlignment(bytes.length))]);
}

const toAlignment = (bytes: number): number => (ALIGNMENT - (bytes % ALIGNMENT)) % ALIGNMENT;

function written(given: GgufValue): Buffer[] {
  const of = (name: keyof typeof typeNumbers): Buffer => u32(typeNumbers[name]);
  const list = (name: 'string' | 'i32', values: Buffer[]): Buffer[] => [
    of('array'),
    of(name),
    u64(values.length),
    ...values,
  ];
  switch (given.type) {
    case 'u32':
      return [of('u32'), u32(given.value)];
    case 'f32':
      return [of('f32'), f32(given.value)];
    case 'bool':
      return [of('bool'), Buffer.from([given.value ? 1 : 0])];
    case 'string':
      return [of('string'), string(given.value)];
    case 'strings':
      return list('string', given.value.map(string));
    case 'i32s':
      return list('i32', given.value.map(i32));
  }
}

const u32 = (value: number): Buffer => filled(4, (bytes) => bytes.writeUInt32LE(value));
const i32 = (value: number): Buffer => filled(4, (bytes) => bytes.writeInt32LE(value));
const f32 = (value: number): Buffer => filled(4, (bytes) => bytes.writeFloatLE(value));
const u64 = (value: number): Buffer => filled(8, (bytes) => bytes.writeBigUInt64LE(BigInt(value)));

function filled(length: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(length);
  write(bytes);
  return bytes;
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([u64(bytes.length), bytes]);
}
