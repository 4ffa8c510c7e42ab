/** Finds out how a table (CSV or Parquet) holds answers: a column per model, or one answer a row. */

import { AssayError } from '../errors.ts';
import { storable } from './answer-of-body.ts';
import { contentNames } from './parse-result-line.ts';
import { noAnswer, type ParsedAnswer } from './parsed-answer.ts';

/**
 * `models` maps columns to models; null: each row is one answer, as a line of another tool's results is. `idColumn` is
 * null when the rows stand in the order of the items; with `byPlace` it holds their places.
 */
export interface AnswerTable {
  idColumn: string | null;
  byPlace: boolean;
  models: { column: string; model: string }[] | null;
}

const placeNames = /^(position|place|index|row|row_?number|ordinal|#|column_1)$/i;
/** Columns of a table with one answer a row that say something about it. */
const rowNames = new Set([...contentNames, 'model', 'model_id']);

/**
 * The first column tells the item; the others are models, unless they are fields of the items, or one of them bears a
 * usual name of an answer.
 * @throws AssayError invalid_parameter when `modelId` fits none of several columns, input_invalid without an answer
 */
export function answerTable(
  columns: string[],
  on: { file: string; itemFields: ReadonlySet<string>; modelId: string | null },
): AnswerTable {
  const first = columns[0]!;
  const idColumn = rowNames.has(first) ? null : first;
  const table = { idColumn, byPlace: idColumn !== null && placeNames.test(first) };
  const others = columns.filter((name) => name !== idColumn);
  const candidates = others.filter((name) => !on.itemFields.has(name));
  if (candidates.some((name) => contentNames.includes(name))) return { ...table, models: null };
  if (candidates.length === 0) {
    if (others.some((name) => contentNames.includes(name))) return { ...table, models: null };
    const problem = `no column holds answers: ${columns.join(', ').slice(0, 1000)} are fields of the items; add a column named after its model`;
    throw new AssayError('input_invalid', { file: on.file, line: 1, problem }, { line: 1 });
  }
  return { ...table, models: modelColumns(candidates, on.modelId) };
}

function modelColumns(candidates: string[], modelId: string | null): { column: string; model: string }[] {
  if (modelId === null) return candidates.map((name) => ({ column: name, model: name }));
  const column = candidates.length === 1 ? candidates[0]! : candidates.find((name) => name === modelId);
  if (column !== undefined) return [{ column, model: modelId }];
  const problem = `the file has a column for each of ${candidates.join(', ')}; name one of them, or leave model_id out to import all`;
  throw new AssayError('invalid_parameter', { param: 'model_id', problem, value: modelId }, { param: 'model_id' });
}

/** The answers of a row with a column per model; an empty cell is no answer. */
export function rowAnswers(
  values: Record<string, unknown>,
  models: { column: string; model: string }[],
): ParsedAnswer[] {
  return models.flatMap(({ column, model }) => {
    const value = values[column];
    if (value === null || value === undefined || value === '') return [];
    const content = typeof value === 'string' ? value : JSON.stringify(value);
    return [{ ...noAnswer, model, ok: true, content: storable(content) }];
  });
}
