/** Streams the rows of an input file, JSONL, CSV or Parquet, found out by its name and its first bytes. */

import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import { AssayError } from '../errors.ts';
import { readCsv } from './csv-rows.ts';
import { readJsonl } from './jsonl-rows.ts';
import { readParquet } from './parquet-rows.ts';
import type { ReadProgress, Row } from './row.ts';

export type InputFormat = 'jsonl' | 'csv' | 'parquet';

/**
 * How to read: `format` and `delimiter` (CSV) are found out when absent; `maxLineBytes` bounds a JSONL line and a CSV
 * record; `columns` limits what is read of a Parquet file; `progress` is kept up to date.
 */
export interface ReadOptions {
  maxLineBytes: number;
  format?: InputFormat;
  delimiter?: string;
  columns?: string[];
  progress?: ReadProgress;
}

const HEAD_BYTES = 64 * 1024;

const byExtension: Record<string, InputFormat> = {
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.json': 'jsonl',
  '.csv': 'csv',
  '.tsv': 'csv',
  '.parquet': 'parquet',
  '.pq': 'parquet',
};

/**
 * Yields the rows of `file` in order, in flat memory.
 * @throws AssayError input_unreadable (no such file, not readable) or input_invalid (with file and line), also when
 * there is not a single row.
 *
 * @example for await (const row of readRows('people.csv', { maxLineBytes: 1e6 })) console.log(row.values.name);
 */
export async function* readRows(file: string, options: ReadOptions): AsyncGenerator<Row> {
  const { head, bytes } = await readHead(file);
  const format = options.format ?? formatOf(file, head);
  const { maxLineBytes, progress } = options;
  const rows =
    format === 'parquet'
      ? readParquet(file, { columns: options.columns, progress })
      : format === 'csv'
        ? readCsv(file, { bytes, head: head.toString('utf8'), maxLineBytes, delimiter: options.delimiter, progress })
        : readJsonl(file, { bytes, maxLineBytes, progress });
  let any = false;
  for await (const row of rows) {
    any = true;
    yield row;
  }
  if (!any) throw empty(file, format === 'csv' ? 'there is a header at most, and no row' : 'there is not a single row');
}

/** The format of `file`: Parquet by its first bytes, else by its name, else by the first character. */
export async function detectFormat(file: string): Promise<InputFormat> {
  return formatOf(file, (await readHead(file)).head);
}

function formatOf(file: string, head: Buffer): InputFormat {
  if (head.subarray(0, 4).toString('latin1') === 'PAR1') return 'parquet';
  const named = byExtension[extname(file).toLowerCase()];
  if (named !== undefined) return named;
  return /^\ufeff?\s*[{[]/.test(head.subarray(0, 1024).toString('utf8')) ? 'jsonl' : 'csv';
}

async function readHead(file: string): Promise<{ head: Buffer; bytes: number }> {
  let handle: Awaited<ReturnType<typeof open>> | undefined;
  try {
    handle = await open(file);
    const stat = await handle.stat();
    if (!stat.isFile()) throw new AssayError('input_unreadable', { file, problem: 'this is not a file' });
    const head = Buffer.alloc(Math.min(HEAD_BYTES, stat.size));
    await handle.read(head, 0, head.length, 0);
    if (stat.size === 0) throw empty(file, 'the file is empty');
    refuseUtf16(file, head);
    return { head, bytes: stat.size };
  } catch (error) {
    throw error instanceof AssayError ? error : unreadable(file, error as NodeJS.ErrnoException);
  } finally {
    await handle?.close();
  }
}

function refuseUtf16(file: string, head: Buffer): void {
  const mark = head.length >= 2 ? head.readUInt16BE(0) : 0;
  if (mark !== 0xfffe && mark !== 0xfeff) return;
  const problem = 'the file is UTF-16; save it as UTF-8';
  throw new AssayError('input_invalid', { file, line: 1, problem }, { line: 1 });
}

function unreadable(file: string, error: NodeJS.ErrnoException): AssayError {
  const known: Record<string, string> = {
    ENOENT: 'there is no such file',
    EACCES: 'no permission to read it',
    EISDIR: 'this is not a file',
  };
  const problem = known[error.code ?? ''] ?? error.message;
  return new AssayError('input_unreadable', { file, problem }, { cause: error });
}

function empty(file: string, problem: string): AssayError {
  return new AssayError('input_invalid', { file, line: 1, problem }, { line: 1 });
}
