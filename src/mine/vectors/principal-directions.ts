/** Finds the directions in which the rows of a matrix differ most, by a randomised singular value decomposition. */

import type { Random } from '../../compare/random.ts';
import { centred, columnMeans, type Matrix, normaliseRows, type Operator, zeros } from './matrix.ts';

/** Directions tried beyond those wanted, and rounds of refining: as Halko et al. advise for slowly falling spectra. */
const OVERSAMPLING = 10;
const ROUNDS = 3;
/** Sweeps of Jacobi's method; a matrix of this size is diagonal after about eight. */
const SWEEPS = 12;
/** Of the longest length: directions shorter than this are rounding; so is what is left of a column that the others make up. */
const NEGLIGIBLE = 1e-6;
const ROUNDING = 1e-5;

export interface Directions {
  /** columns x k: each column of length 1, the strongest first. k is at most what was wanted, less where the rows span less. */
  basis: Matrix;
  /** Singular values, falling. */
  strengths: Float64Array;
}

/** Halko, Martinsson and Tropp (2011), Finding structure with randomness, algorithms 4.4 and 5.1, arXiv 0909.4061. */
export function principalDirections(operator: Operator, wanted: number, random: Random): Directions {
  const width = Math.min(wanted + OVERSAMPLING, operator.rows, operator.columns);
  let basis = zeros(operator.columns, width);
  for (let at = 0; at < basis.values.length; at++) basis.values[at] = 2 * random() - 1;
  orthonormalise(basis);
  for (let round = 0; round < ROUNDS; round++) {
    basis = operator.turnedTimes(operator.times(basis));
    orthonormalise(basis);
  }
  const scores = operator.times(basis);
  const { values, vectors } = symmetricEigen(gramOf(scores), width);
  const order = [...values.keys()].sort((a, b) => values[b]! - values[a]!);
  const floor = Math.max(0, values[order[0] ?? 0] ?? 0) * NEGLIGIBLE ** 2;
  const kept = order.filter((at) => values[at]! > floor && values[at]! > 0).slice(0, wanted);
  const turned = zeros(operator.columns, kept.length);
  for (let row = 0; row < operator.columns; row++)
    for (const [to, from] of kept.entries()) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += basis.values[row * width + k]! * vectors[k * width + from]!;
      turned.values[row * kept.length + to] = sum;
    }
  return { basis: turned, strengths: Float64Array.from(kept, (at) => Math.sqrt(values[at]!)) };
}

/** Coordinates of all rows along the `wanted` directions in which the rows of `sample` differ most (PCA). */
export function principalCoordinates(all: Matrix, sample: Matrix, o: { wanted: number; random: Random }): Matrix {
  const centre = columnMeans(sample);
  const { basis } = principalDirections(centred(sample, centre), o.wanted, o.random);
  return centred(all, centre).times(basis);
}

/** Makes the columns orthogonal and of length 1, in place (Gram-Schmidt, twice, which is enough: Giraud et al. 2005). */
function orthonormalise(matrix: Matrix): void {
  // Columns lie together once turned.
  const turned = zeros(matrix.columns, matrix.rows);
  const { columns: width, rows: length } = matrix;
  for (let row = 0; row < length; row++)
    for (let k = 0; k < width; k++) turned.values[k * length + row] = matrix.values[row * width + k]!;
  for (let k = 0; k < width; k++) {
    const one = { rows: 1, columns: length, values: turned.values.subarray(k * length, (k + 1) * length) };
    normaliseRows(one);
    for (let pass = 0; pass < 2; pass++) {
      for (let before = 0; before < k; before++) {
        const start = before * length;
        let sum = 0;
        for (let at = 0; at < length; at++) sum += one.values[at]! * turned.values[start + at]!;
        for (let at = 0; at < length; at++) one.values[at]! -= sum * turned.values[start + at]!;
      }
      if (one.values.reduce((sum, value) => sum + value * value, 0) < ROUNDING ** 2) one.values.fill(0);
      normaliseRows(one);
    }
  }
  for (let row = 0; row < length; row++)
    for (let k = 0; k < width; k++) matrix.values[row * width + k] = turned.values[k * length + row]!;
}

/** The products of all columns with all others: k x k. */
function gramOf({ rows, columns, values }: Matrix): Float64Array {
  const gram = new Float64Array(columns * columns);
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    for (let a = 0; a < columns; a++) {
      const scale = values[start + a]!;
      for (let b = a; b < columns; b++) gram[a * columns + b]! += scale * values[start + b]!;
    }
  }
  for (let a = 0; a < columns; a++) for (let b = 0; b < a; b++) gram[a * columns + b] = gram[b * columns + a]!;
  return gram;
}

/** Jacobi's cyclic method. Eigenvectors are columns: vectors[row * size + place]. */
function symmetricEigen(matrix: Float64Array, size: number): { values: Float64Array; vectors: Float64Array } {
  const vectors = new Float64Array(size * size);
  for (let at = 0; at < size; at++) vectors[at * size + at] = 1;
  for (let sweep = 0; sweep < SWEEPS; sweep++)
    for (let p = 0; p < size; p++)
      for (let q = p + 1; q < size; q++) {
        const between = matrix[p * size + q]!;
        const [atP, atQ] = [matrix[p * size + p]!, matrix[q * size + q]!];
        if (Math.abs(between) <= 1e-14 * Math.sqrt(Math.abs(atP * atQ)) || between === 0) continue;
        const theta = (atQ - atP) / (2 * between);
        const tangent = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const cosine = 1 / Math.sqrt(tangent * tangent + 1);
        const turn = { p, q, cosine, sine: tangent * cosine, size };
        turnColumns(matrix, turn);
        turnRows(matrix, turn);
        turnColumns(vectors, turn);
      }
  return { values: Float64Array.from({ length: size }, (_, at) => matrix[at * size + at]!), vectors };
}

interface Turn {
  p: number;
  q: number;
  cosine: number;
  sine: number;
  size: number;
}

function turnColumns(matrix: Float64Array, { p, q, cosine, sine, size }: Turn): void {
  for (let row = 0; row < size; row++) {
    const [a, b] = [matrix[row * size + p]!, matrix[row * size + q]!];
    matrix[row * size + p] = cosine * a - sine * b;
    matrix[row * size + q] = sine * a + cosine * b;
  }
}

function turnRows(matrix: Float64Array, { p, q, cosine, sine, size }: Turn): void {
  for (let column = 0; column < size; column++) {
    const [a, b] = [matrix[p * size + column]!, matrix[q * size + column]!];
    matrix[p * size + column] = cosine * a - sine * b;
    matrix[q * size + column] = sine * a + cosine * b;
  }
}
