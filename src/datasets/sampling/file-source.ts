/** A file as the source of a sample: its rows, walked as often as asked, and the lines of those that were drawn. */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { SampleOptions } from '../../contracts/sampling.ts';
import { readLines } from '../../files/lines.ts';
import { cleanLine } from '../clean-line.ts';
import { noReading } from '../dataset-rows.ts';
import { itemIdOf } from '../derive-item.ts';
import { textOf, valueAt } from '../field-path.ts';
import { gatherColumns } from '../gather-columns.ts';
import { fillReading } from '../guess-reading.ts';
import { detectFormat, type InputFormat, readRows } from '../read-rows.ts';
import type { Row } from '../row.ts';
import { promptOf } from './prompt-of.ts';
import type { SampleRow, SampleSource } from './sample-source.ts';

/** See readRows. */
export interface FileReading {
  file: string;
  maxLineBytes: number;
  format?: InputFormat;
  delimiter?: string;
}

/** Rows looked at to guess where the category stands. */
const LOOKED_AT = 1000;
const MOST_CHARS = 200;

/** The value of the field at `path` as the name of a stratum; null where there is none. */
export function labelAt(values: Record<string, unknown>, path: string | undefined): string | null {
  if (path === undefined) return null;
  return cleanLine(textOf(valueAt(values, path)) ?? '', MOST_CHARS) || null;
}

/**
 * The source, and the options with the field of the category that was guessed.
 * @throws AssayError input_unreadable, input_invalid
 */
export async function openFileSource(
  from: FileReading,
  options: SampleOptions,
): Promise<{ source: SampleSource; options: SampleOptions }> {
  const reading = { ...from, format: from.format ?? (await detectFormat(from.file)) };
  const fields = gatherColumns();
  let rows = 0;
  for await (const { values } of readRows(from.file, reading)) {
    fields.see(values);
    if ((rows += 1) === LOOKED_AT) break;
  }
  const columns = fields.columns();
  const guessed = fillReading(noReading, columns, rows).category_path ?? undefined;
  const settled = { ...options, category_path: options.category_path ?? guessed };
  const progress = { share: 0 };
  const source: SampleSource = {
    name: basename(from.file),
    fields: columns.map(({ path }) => path),
    async *rows() {
      for await (const row of readRows(from.file, { ...reading, progress })) yield toSampleRow(row, from.file, settled);
    },
    async sha256() {
      const sum = createHash('sha256');
      await pipeline(createReadStream(from.file), sum);
      return sum.digest('hex');
    },
    share: () => progress.share,
  };
  return { source, options: settled };
}

function toSampleRow(row: Row, file: string, options: SampleOptions): SampleRow {
  const { itemId, from } = itemIdOf(row, file, true);
  return {
    number: row.number,
    id: from === 'row' ? null : itemId,
    text: promptOf(row.values),
    category: labelAt(row.values, options.category_path),
    source: labelAt(row.values, options.source_path),
  };
}

/** The rows of these numbers (ascending) as JSON lines: those of a JSONL file letter by letter. */
export async function* linesOfRows(from: FileReading, numbers: Uint32Array): AsyncGenerator<string> {
  const format = from.format ?? (await detectFormat(from.file));
  let next = 0;
  for await (const { number, text } of format === 'jsonl' ? textLines(from) : jsonLines({ ...from, format })) {
    if (next === numbers.length) return;
    if (number !== numbers[next]) continue;
    next += 1;
    yield `${text()}\n`;
  }
}

interface Numbered {
  number: number;
  text: () => string;
}

async function* jsonLines(from: FileReading): AsyncGenerator<Numbered> {
  for await (const { number, values } of readRows(from.file, from)) {
    yield { number, text: () => JSON.stringify(values) };
  }
}

async function* textLines(from: FileReading): AsyncGenerator<Numbered> {
  const stream = createReadStream(from.file, { highWaterMark: 256 * 1024 });
  let number = 0;
  try {
    for await (const group of readLines(stream, { maxBytes: from.maxLineBytes })) {
      for (const line of group) {
        if (line.fault) throw line.fault;
        number += 1;
        yield { number, text: () => line.text };
      }
    }
  } finally {
    stream.destroy();
  }
}
