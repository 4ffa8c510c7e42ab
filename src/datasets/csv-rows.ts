/** Streams the rows of a CSV file (RFC 4180) with a header line; delimiter found or given; faults name line and column. */

import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { type CsvError, parse } from 'csv-parse';
import { AssayError } from '../errors.ts';
import { quotable, type ReadProgress, type Row } from './row.ts';
import { checkUtf8 } from './utf8-stream.ts';

/** Options of {@link readCsv}: `head` is the beginning of the file, in which the delimiter is looked for; `shownAs` the name for messages. */
export interface CsvOptions {
  bytes: number;
  head: string;
  maxLineBytes: number;
  delimiter?: string;
  progress?: ReadProgress;
  shownAs?: string;
}

/**
 * Yields one row a record; a quoted value may hold line breaks; blank lines count as lines, not as rows.
 * @throws AssayError input_invalid with file, line and column: wrong column count, unterminated or stray quote, not
 * UTF-8, a column named twice.
 */
export async function* readCsv(path: string, options: CsvOptions): AsyncGenerator<Row> {
  const delimiter = options.delimiter ?? findDelimiter(options.head);
  const file = options.shownAs ?? path;
  const stream = createReadStream(path, { highWaterMark: 256 * 1024 });
  // csv-parse counts a CRLF inside quotes as two lines, so lines are counted here, from the values; and as they are
  // parsed, since a fault discards the records that nobody has read yet.
  let next = 1;
  let names: string[] | null = null;
  const numbered = (record: string[]): Numbered => {
    const line = next;
    next += 1 + breaks(record);
    if (!isBlank(record)) names ??= record;
    return { line, record };
  };
  const limit = options.maxLineBytes;
  const parser = parse({
    bom: true,
    delimiter,
    relax_column_count: true,
    max_record_size: limit,
    on_record: numbered as never,
  });
  const source = Readable.from(checkUtf8(stream, file), { objectMode: false });
  // `pipe` does not pass errors on.
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);

  let columns: string[] | null = null;
  let number = 0;
  try {
    for await (const { line, record } of parser as AsyncIterable<Numbered>) {
      if (options.progress) options.progress.share = Math.min(1, stream.bytesRead / options.bytes);
      if (isBlank(record)) continue;
      if (columns === null) {
        columns = header(file, line, record);
        continue;
      }
      number += 1;
      yield { number, line, values: values(record, columns, { file, line }) };
    }
  } catch (error) {
    throw explain(error, { file, line: next, columns: names, limit });
  } finally {
    source.destroy();
    stream.destroy();
  }
}

const isBlank = (record: string[]): boolean => record.length === 1 && record[0] === '';

interface Numbered {
  line: number;
  record: string[];
}

/** The delimiter that occurs most often outside quotes in the first record: comma, semicolon or tab; comma when none does. */
export function findDelimiter(head: string): string {
  const counts: Record<string, number> = { ',': 0, ';': 0, '\t': 0 };
  let quoted = false;
  let any = false;
  for (const char of head) {
    if (char === '"') quoted = !quoted;
    else if (!quoted && (char === '\n' || char === '\r') && any) break;
    else if (!quoted && char in counts) counts[char]! += 1;
    if (char !== '\n' && char !== '\r' && char !== '\ufeff') any = true;
  }
  const [best] = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  return best![1] > 0 ? best![0] : ',';
}

function header(file: string, line: number, record: string[]): string[] {
  const names = record.map((name, i) => name.trim() || `column_${i + 1}`);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new AssayError(
      'input_invalid',
      { file, line, problem: `the column ${quotable(twice)} occurs twice` },
      { line },
    );
  }
  return names;
}

function values(record: string[], columns: string[], place: { file: string; line: number }): Record<string, unknown> {
  if (record.length === columns.length) return Object.fromEntries(columns.map((name, i) => [name, record[i]]));
  const detail =
    record.length < columns.length
      ? `nothing for ${quotable(columns[record.length]!)}`
      : `nothing in the header for value ${columns.length + 1}, ${JSON.stringify(quotable(record[columns.length]!.slice(0, 60)))}`;
  const problem = `${record.length} values, but the header has ${columns.length} columns (${detail}); put a value that holds the delimiter in quotes`;
  throw new AssayError('input_invalid', { ...place, problem }, { line: place.line });
}

function breaks(record: string[]): number {
  let count = 0;
  for (const value of record) {
    if (value.includes('\n') || value.includes('\r')) count += value.match(/\r\n|\n|\r/g)!.length;
  }
  return count;
}

interface Place {
  file: string;
  line: number;
  columns: string[] | null;
  limit: number;
}

/** csv-parse's own faults in our words, with the line the record began on. */
function explain(error: unknown, place: Place): unknown {
  const { code, column } = error as CsvError & { code: string; column?: number | string };
  const name = typeof column === 'number' ? (place.columns?.[column] ?? `number ${column + 1}`) : column;
  const shown = quotable(String(name));
  const problems: Record<string, string> = {
    CSV_QUOTE_NOT_CLOSED: `column ${shown}: a quote opened in this record is never closed`,
    CSV_INVALID_CLOSING_QUOTE: `column ${shown}: text follows a closing quote; write a quote inside a value as two ("")`,
    INVALID_OPENING_QUOTE: `column ${shown}: a quote inside a value that is not quoted; put the value in quotes and write the inner ones as two ("")`,
    CSV_MAX_RECORD_SIZE: `column ${shown}: the record is longer than ${place.limit} bytes; a quote may be unterminated, or raise ASSAY_LINE_MAX_BYTES`,
  };
  const problem = problems[code];
  if (problem === undefined) return error;
  const { file, line } = place;
  return new AssayError('input_invalid', { file, line, problem }, { line, cause: error });
}
