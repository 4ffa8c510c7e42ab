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
 * record; `columns` limits what is read of a Parquet file; `progress` is kept up to date. `shownAs` is
 * the file's name in messages and for its format, where it is not that of the path (an upload, staged under another).
 */
export interface ReadOptions {
  maxLineBytes: number;
  format?: InputFormat;
  delimiter?: string;
  columns?: string[];
  progress?: ReadProgress;
  shownAs?: string;
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
  const { maxLineBytes, progress, shownAs = file } = options;
  const { head, bytes } = await readHead(file, shownAs);
  const format = options.format ?? formatOf(shownAs, head);
  const further = { progress, shownAs };
  const rows =
    format === 'parquet'
      ? readParquet(file, { columns: options.columns, ...further })
      : format === 'csv'
        ? readCsv(file, { bytes, head: head.toString('utf8'), maxLineBytes, delimiter: options.delimiter, ...further })
        : readJsonl(file, { bytes, maxLineBytes, ...further });
  let any = false;
  for await (const row of rows) {
    any = true;
    yield row;
  }
  if (!any)
    throw empty(shownAs, format === 'csv' ? 'there is a header at most, and no row' : 'there is not a single row');
}

/**
 * The format of `file`: Parquet by its first bytes, else by its name (`shownAs`, where the path has another), else by
 * the first character.
 */
export async function detectFormat(file: string, shownAs = file): Promise<InputFormat> {
  return formatOf(shownAs, (await readHead(file, shownAs)).head);
}

/** First bytes of files that people have and that are none of the three formats, with the remedy. */
const otherFormats: [bytes: string, problem: string][] = [
  ['PK\x03\x04', 'this is an Excel workbook or a ZIP archive; save it as CSV (UTF-8), or unpack it'],
  ['\xd0\xcf\x11\xe0', 'this is an old Excel workbook; save it as CSV (UTF-8)'],
  ['\x1f\x8b', 'this is compressed with gzip; unpack it first'],
  ['\x28\xb5\x2f\xfd', 'this is compressed with zstd; unpack it first'],
  ['%PDF', 'this is a PDF; JSONL, CSV and Parquet are read'],
  ['ARROW1', 'this is an Arrow file; write it as Parquet'],
  ['SQLite format 3', 'this is an SQLite database; export the table as CSV'],
];

function formatOf(file: string, head: Buffer): InputFormat {
  const first = head.subarray(0, 16).toString('latin1');
  const other = otherFormats.find(([bytes]) => first.startsWith(bytes));
  if (other) throw new AssayError('input_unreadable', { file, problem: other[1] });
  if (head.subarray(0, 4).toString('latin1') === 'PAR1') return 'parquet';
  const named = byExtension[extname(file).toLowerCase()];
  if (named !== undefined) return named;
  return /^\ufeff?\s*[{[]/.test(head.subarray(0, 1024).toString('utf8')) ? 'jsonl' : 'csv';
}

async function readHead(path: string, file: string): Promise<{ head: Buffer; bytes: number }> {
  let handle: Awaited<ReturnType<typeof open>> | undefined;
  try {
    handle = await open(path);
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
