/** One row of an input file, whatever its format, and the fault that names its place. */

import { AssayError } from '../errors.ts';

/** A row: `number` counts data rows from 1; `line` is its first line in a text file, null in a Parquet file. */
export interface Row {
  number: number;
  line: number | null;
  values: Record<string, unknown>;
}

/** How far a reader is: the share of the file read, 0 to 1. The reader writes it, whoever shows progress reads it. */
export interface ReadProgress {
  share: number;
}

/** The error for something wrong in `row` of `file`, with its line, or its row number where there are no lines. */
export function rowFault(file: string, row: Pick<Row, 'number' | 'line'>, problem: string): AssayError {
  return row.line === null
    ? new AssayError('input_unreadable', { file, problem: `row ${row.number}: ${problem}` })
    : new AssayError('input_invalid', { file, line: row.line, problem }, { line: row.line });
}

/** A piece of the input's own text, fit to be quoted in a message: control characters become U+FFFD. */
export function quotable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}
