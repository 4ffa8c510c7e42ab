/** Streams the rows of a Parquet file, one slice of a row group at a time, with values that render as text. */

import { isUtf8 } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import { brotliDecompressSync, unzipSync, zstdDecompressSync } from 'node:zlib';
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  type ParquetParsers,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type RowGroup,
} from 'hyparquet';
import { AssayError } from '../errors.ts';
import type { ReadProgress, Row } from './row.ts';

/** Options of {@link readParquet}: `columns` wanted (those there are get read), all when absent; `shownAs` the name for messages. */
export interface ParquetOptions {
  columns?: string[];
  progress?: ReadProgress;
  shownAs?: string;
}

/** Decoded bytes that one slice of a row group should hold; memory stays near this plus the group's compressed bytes. */
const SLICE_BYTES = 16 * 1024 * 1024;

const compressors: Compressors = {
  GZIP: (input, length) => unzipSync(input, { maxOutputLength: Math.max(length, 1) }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(length, 1) }),
  ZSTD: (input, length) => zstdDecompressSync(input, { maxOutputLength: Math.max(length, 1) }),
};
const codecs = new Set(['UNCOMPRESSED', 'SNAPPY', ...Object.keys(compressors)]);

/** Names of the file's top-level columns, from its footer. @throws AssayError input_unreadable */
export async function parquetColumns(file: string): Promise<string[]> {
  return withFile(file, async (buffer) => columnsOf(await metadataOf(file, buffer)));
}

/**
 * Yields the rows in order. Dates become ISO text, 64-bit integers numbers where exact and text where not, lists and
 * structures stay arrays and objects.
 * @throws AssayError input_unreadable: not Parquet, cut off, a codec that cannot be read, text that is not UTF-8.
 */
export async function* readParquet(path: string, options: ParquetOptions = {}): AsyncGenerator<Row> {
  const file = options.shownAs ?? path;
  const handle = await open(path);
  try {
    const buffer = await bufferOf(handle);
    const metadata = await metadataOf(file, buffer);
    const known = columnsOf(metadata);
    const columns = options.columns ? known.filter((name) => options.columns!.includes(name)) : known;
    checkCodecs(file, metadata, columns);
    const scales = decimalScales(metadata);
    const total = Number(metadata.num_rows);
    let number = 0;
    for (const slice of slices(metadata, columns)) {
      const source = slice.whole ? buffer : slice.cached(buffer);
      for (const record of await readSlice(file, { buffer: source, metadata, columns }, slice)) {
        number += 1;
        if (options.progress) options.progress.share = number / total;
        const entries = columns.map((name) => [name, plain(record[name], scales.get(name))]);
        yield { number, line: null, values: Object.fromEntries(entries) };
      }
    }
  } finally {
    await handle.close();
  }
}

interface Slice {
  start: number;
  end: number;
  whole: boolean;
  /** Keeps the group's compressed bytes between its slices, so that each is read from disk once. */
  cached(buffer: AsyncBuffer): AsyncBuffer;
}

function* slices(metadata: FileMetaData, columns: string[]): Generator<Slice> {
  let start = 0;
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    const count = Math.max(1, Math.ceil(wantedBytes(group, columns) / SLICE_BYTES));
    const step = Math.max(1, Math.ceil(rows / count));
    // With an offset index each slice reads other bytes, and keeping them would only grow.
    const indexed = group.columns.some((column) => column.offset_index_offset !== undefined);
    const cached = indexed ? (buffer: AsyncBuffer) => buffer : keepReads();
    for (let at = 0; at < rows; at += step) {
      yield { start: start + at, end: start + Math.min(at + step, rows), whole: step >= rows, cached };
    }
    start += rows;
  }
}

function wantedBytes(group: RowGroup, columns: string[]): number {
  let bytes = 0;
  for (const { meta_data } of group.columns) {
    if (meta_data && columns.includes(meta_data.path_in_schema[0]!)) bytes += Number(meta_data.total_uncompressed_size);
  }
  return bytes;
}

function keepReads(): (buffer: AsyncBuffer) => AsyncBuffer {
  const reads = new Map<string, Promise<ArrayBuffer>>();
  return (buffer) => ({
    byteLength: buffer.byteLength,
    slice: (start, end) => {
      const key = `${start}-${end}`;
      const kept = reads.get(key) ?? Promise.resolve(buffer.slice(start, end));
      reads.set(key, kept);
      return kept;
    },
  });
}

async function readSlice(
  file: string,
  from: { buffer: AsyncBuffer; metadata: FileMetaData; columns: string[] },
  slice: Slice,
): Promise<Record<string, unknown>[]> {
  try {
    return await parquetReadObjects({
      file: from.buffer,
      metadata: from.metadata,
      columns: from.columns,
      rowStart: slice.start,
      rowEnd: slice.end,
      useOffsetIndex: !slice.whole,
      compressors,
      parsers,
    });
  } catch (error) {
    const problem = `rows ${slice.start + 1} to ${slice.end} cannot be read: ${(error as Error).message}`;
    throw new AssayError('input_unreadable', { file, problem }, { cause: error });
  }
}

async function withFile<T>(file: string, work: (buffer: AsyncBuffer) => Promise<T>): Promise<T> {
  const handle = await open(file);
  try {
    return await work(await bufferOf(handle));
  } finally {
    await handle.close();
  }
}

async function bufferOf(handle: FileHandle): Promise<AsyncBuffer> {
  const { size } = await handle.stat();
  return {
    byteLength: size,
    async slice(start, end = size) {
      const bytes = new Uint8Array(end - start);
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
        if (bytesRead === 0) throw new Error('the file ends too early');
        filled += bytesRead;
      }
      return bytes.buffer;
    },
  };
}

async function metadataOf(file: string, buffer: AsyncBuffer): Promise<FileMetaData> {
  try {
    return await parquetMetadataAsync(buffer);
  } catch (error) {
    const problem = `not a complete Parquet file (${(error as Error).message})`;
    throw new AssayError('input_unreadable', { file, problem }, { cause: error });
  }
}

const columnsOf = (metadata: FileMetaData): string[] =>
  parquetSchema(metadata).children.map((child) => child.element.name);

function checkCodecs(file: string, metadata: FileMetaData, columns: string[]): void {
  for (const { meta_data } of metadata.row_groups.flatMap((group) => group.columns)) {
    if (!meta_data || !columns.includes(meta_data.path_in_schema[0]!) || codecs.has(meta_data.codec)) continue;
    const problem = `column ${meta_data.path_in_schema[0]} is compressed with ${meta_data.codec}, which is not read here; write it with one of ${[...codecs].join(', ')}`;
    throw new AssayError('input_unreadable', { file, problem });
  }
}

const parsers: Partial<ParquetParsers> = {
  dateFromDays: (days) => iso(days * 86_400_000).slice(0, 10),
  timestampFromMilliseconds: (millis) => iso(Number(millis)),
  timestampFromMicroseconds: (micros) => iso(Number(micros / 1000n)),
  timestampFromNanoseconds: (nanos) => iso(Number(nanos / 1_000_000n)),
  stringFromBytes: (bytes) => {
    if (!bytes) return bytes;
    if (!isUtf8(bytes)) throw new Error('a text value is not UTF-8');
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  },
};

function iso(millis: number): string {
  const date = new Date(millis);
  return Number.isNaN(date.getTime()) ? String(millis) : date.toISOString();
}

/** Scales of the decimal columns: the library multiplies by a power of ten in floating point, which leaves 0.30000000000000004. */
function decimalScales(metadata: FileMetaData): Map<string, number> {
  const decimals = parquetSchema(metadata).children.filter(
    ({ element }) => element.converted_type === 'DECIMAL' || element.logical_type?.type === 'DECIMAL',
  );
  return new Map(decimals.map(({ element }) => [element.name, element.scale ?? 0]));
}

function plain(value: unknown, scale?: number): unknown {
  if (typeof value === 'number' && scale !== undefined) return Number(value.toFixed(scale));
  if (typeof value === 'bigint') {
    const exact = value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
    return exact ? Number(value) : value.toString();
  }
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Date) return iso(value.getTime());
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>, (item) => plain(item));
  if (Array.isArray(value)) return value.map((item) => plain(item));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  }
  return value ?? null;
}
