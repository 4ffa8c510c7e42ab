/** Streams the lines of an imported file, whatever its form, as answers with the id of the item they are for. */

import { detectFormat, readRows } from '../datasets/read-rows.ts';
import { type Row, rowFault } from '../datasets/row.ts';
import { AssayError } from '../errors.ts';
import { type AnswerTable, answerTable, rowAnswers } from './parse-answer-table.ts';
import { openAiLine } from './parse-openai-line.ts';
import { resultLine } from './parse-result-line.ts';
import type { ParsedAnswer } from './parsed-answer.ts';

/** A file to import. `itemFields` are the names of the items' own fields. */
export interface AnswerFile {
  path: string;
  filename: string;
  /** Of all answers; null: what the lines or columns name. */
  modelId: string | null;
  itemFields: ReadonlySet<string>;
  lineMaxBytes: number;
}

/** One line: `id` is null where it has none; `byPlace` says that ids are places of items. Every answer has its model. */
export interface AnswerLine {
  id: string | null;
  byPlace: boolean;
  /** Whether the line has a cell for each model, so that its place counts for all of them. */
  wide: boolean;
  /** Name of the line for people: its id, or where it stands. */
  label: string;
  answers: (ParsedAnswer & { model: string })[];
}

/** @throws AssayError input_invalid with the file and line, invalid_parameter about model_id */
export async function* answerLines(file: AnswerFile): AsyncGenerator<AnswerLine> {
  const { path, filename, lineMaxBytes } = file;
  const format = await detectFormat(path, filename);
  let table: AnswerTable | null = null;
  for await (const row of readRows(path, { format, maxLineBytes: lineMaxBytes, shownAs: filename })) {
    if (format !== 'jsonl') {
      table ??= answerTable(Object.keys(row.values), { ...file, file: filename });
      yield tableLine(file, row, table);
    } else yield jsonLine(file, row);
  }
}

function jsonLine(file: AnswerFile, row: Row): AnswerLine {
  const { values } = row;
  const openAi = openAiLine(values);
  const answer = openAi ?? resultLine(values, file.itemFields);
  if (answer === null) {
    const there = Object.keys(values).slice(0, 20).join(', ') || 'none';
    throw rowFault(
      file.filename,
      row,
      `there is no answer: no response.body, content, output, response, answer, completion, prediction or text; fields there are: ${there}`,
    );
  }
  // The id of a batch output line or of a completion is the request's own.
  const id = idOf(values.custom_id) ?? idOf(values.item_id) ?? (openAi === null ? idOf(values.id) : null);
  return line(file, row, { id, byPlace: false, wide: false, answers: [answer] });
}

function tableLine(file: AnswerFile, row: Row, table: AnswerTable): AnswerLine {
  const id = table.idColumn === null ? null : idOf(row.values[table.idColumn]);
  if (table.models !== null) {
    return line(file, row, { id, byPlace: table.byPlace, wide: true, answers: rowAnswers(row.values, table.models) });
  }
  // A table has a cell for everything: an empty one says nothing.
  const values = Object.fromEntries(Object.entries(row.values).filter(([, value]) => value !== ''));
  const answer = resultLine(values, file.itemFields);
  return line(file, row, { id, byPlace: table.byPlace, wide: false, answers: answer === null ? [] : [answer] });
}

function line(
  file: AnswerFile,
  row: Row,
  read: { id: string | null; byPlace: boolean; wide: boolean; answers: ParsedAnswer[] },
): AnswerLine {
  const label = read.id ?? (row.line === null ? `row ${row.number}` : `line ${row.line}`);
  return { ...read, label, answers: read.answers.map((answer) => ({ ...answer, model: modelOf(file, row, answer) })) };
}

function modelOf(file: AnswerFile, row: Row, answer: ParsedAnswer): string {
  const model = (file.modelId ?? answer.model ?? '').trim();
  if (model === '') {
    const problem = `must be given, as ${row.line === null ? `row ${row.number}` : `line ${row.line}`} of ${file.filename} names no model`;
    throw new AssayError('invalid_parameter', { param: 'model_id', problem, value: 'nothing' }, { param: 'model_id' });
  }
  if (model.length > 200 || /\p{Cc}/u.test(model) || !model.isWellFormed()) {
    throw new AssayError(
      'invalid_parameter',
      { param: 'model_id', problem: 'must be at most 200 characters without control characters', value: model },
      { param: 'model_id' },
    );
  }
  return model;
}

function idOf(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}
