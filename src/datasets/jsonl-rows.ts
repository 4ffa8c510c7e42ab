/** Streams the rows of a JSONL file: one JSON object a line. */

import { createReadStream } from 'node:fs';
import { AssayError } from '../errors.ts';
import { type Line, readLines } from '../files/lines.ts';
import { quotable, type ReadProgress, type Row } from './row.ts';

/** Options of {@link readJsonl}: `bytes` is the file's size, `maxLineBytes` the longest line taken, `shownAs` the name for messages. */
export interface JsonlOptions {
  bytes: number;
  maxLineBytes: number;
  progress?: ReadProgress;
  shownAs?: string;
}

/**
 * Yields one row a line; blank lines count as lines, not as rows.
 * @throws AssayError input_invalid with file and line: not JSON, not an object, not UTF-8, too long.
 */
export async function* readJsonl(file: string, options: JsonlOptions): AsyncGenerator<Row> {
  const stream = createReadStream(file, { highWaterMark: 256 * 1024 });
  let number = 0;
  try {
    for await (const group of readLines(stream, { maxBytes: options.maxLineBytes })) {
      if (options.progress) options.progress.share = Math.min(1, stream.bytesRead / options.bytes);
      for (const line of group) {
        number += 1;
        yield { number, line: line.line, values: objectOf(options.shownAs ?? file, line) };
      }
    }
  } finally {
    stream.destroy();
  }
}

function objectOf(file: string, line: Line): Record<string, unknown> {
  if (line.fault) throw wrong(file, line.line, line.fault.message.replace(/\.$/, ''));
  let value: unknown;
  try {
    value = JSON.parse(line.text);
  } catch (error) {
    if (line.text.trimStart().startsWith('[')) throw wrong(file, line.line, ARRAY);
    throw wrong(file, line.line, `not valid JSON: ${quotable((error as Error).message.replace(/\.$/, ''))}`);
  }
  if (Array.isArray(value)) throw wrong(file, line.line, ARRAY);
  if (typeof value !== 'object' || value === null) {
    throw wrong(file, line.line, `holds ${value === null ? 'null' : `a ${typeof value}`}, not a JSON object`);
  }
  return value as Record<string, unknown>;
}

const ARRAY = 'this is a JSON array; write one JSON object on each line (for example with: jq -c ".[]" FILE)';

function wrong(file: string, line: number, problem: string): AssayError {
  return new AssayError('input_invalid', { file, line, problem }, { line });
}
