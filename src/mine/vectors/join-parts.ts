/** Joins the vectors of a failure's parts into one, each part counting as much as its weight says. */

import type { Random } from '../../compare/random.ts';
import { type Matrix, normaliseRows, zeros } from './matrix.ts';
import { wordVectors } from './tf-idf.ts';

export interface Part {
  weight: number;
  texts: string[];
  /** By a model: row after row, changed in place; null: by words. */
  vectors: Float32Array<ArrayBuffer> | null;
}

/** Directions that are kept of words: 30 to 100 did about as well. */
const WORD_DIRECTIONS = 100;

/**
 * A row for each failure, such that the product of two rows is the mean of their parts' cosines by weight: at most 1. A part that
 * a failure lacks is left out of its mean; a failure without any is a row of zeros.
 */
export function joinParts(parts: Part[], o: { sample: ArrayLike<number>; random: Random }): Matrix {
  const rows = parts[0]?.texts.length ?? 0;
  const matrices = parts.map((part) => matrixOf(part, o));
  const joined = zeros(
    rows,
    matrices.reduce((sum, { columns }) => sum + columns, 0),
  );
  const there = new Float64Array(rows);
  for (const [at, matrix] of matrices.entries())
    for (let row = 0; row < rows; row++) if (isThere(matrix, row)) there[row]! += parts[at]!.weight;
  let start = 0;
  for (const [at, { columns, values }] of matrices.entries()) {
    for (let row = 0; row < rows; row++) {
      if (there[row] === 0) continue;
      const scale = Math.sqrt(parts[at]!.weight / there[row]!);
      const into = row * joined.columns + start;
      for (let column = 0; column < columns; column++)
        joined.values[into + column] = scale * values[row * columns + column]!;
    }
    start += columns;
  }
  return joined;
}

function matrixOf({ texts, vectors }: Part, o: { sample: ArrayLike<number>; random: Random }): Matrix {
  if (vectors === null) return wordVectors(texts, o.sample, { wanted: WORD_DIRECTIONS, random: o.random });
  const matrix = { rows: texts.length, columns: vectors.length / texts.length, values: vectors };
  normaliseRows(matrix);
  return matrix;
}

function isThere({ columns, values }: Matrix, row: number): boolean {
  for (let at = row * columns; at < (row + 1) * columns; at++) if (values[at] !== 0) return true;
  return false;
}
