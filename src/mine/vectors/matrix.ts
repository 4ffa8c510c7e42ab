/** Matrices of 32-bit floats, row after row, and the few products that finding their main directions takes. */

/** `rows` x `columns`; the number at (r, c) is values[r * columns + c]. */
export interface Matrix {
  rows: number;
  columns: number;
  values: Float32Array<ArrayBuffer>;
}

/** What can be multiplied by tall, thin matrices: dense or sparse. */
export interface Operator {
  rows: number;
  columns: number;
  /** This times `right` (columns x k): rows x k. */
  times(right: Matrix): Matrix;
  /** This, turned, times `right` (rows x k): columns x k. */
  turnedTimes(right: Matrix): Matrix;
}

export function zeros(rows: number, columns: number): Matrix {
  return { rows, columns, values: new Float32Array(rows * columns) };
}

/** Rows at the given places, in that order. */
export function rowsAt({ columns, values }: Matrix, places: ArrayLike<number>): Matrix {
  const chosen = zeros(places.length, columns);
  for (let at = 0; at < places.length; at++) {
    const from = places[at]! * columns;
    chosen.values.set(values.subarray(from, from + columns), at * columns);
  }
  return chosen;
}

/** Makes each row of length 1, in place; a row of zeros, or with a number that is not finite, becomes zeros. */
export function normaliseRows({ rows, columns, values }: Matrix): void {
  for (let row = 0; row < rows; row++) {
    const from = row * columns;
    let sum = 0;
    for (let at = from; at < from + columns; at++) sum += values[at]! ** 2;
    const scale = sum > 0 && Number.isFinite(sum) ? 1 / Math.sqrt(sum) : 0;
    for (let at = from; at < from + columns; at++) values[at] = scale === 0 ? 0 : values[at]! * scale;
  }
}

/** Means of the columns over the rows. */
export function columnMeans({ rows, columns, values }: Matrix): Float64Array {
  const means = new Float64Array(columns);
  for (let row = 0, at = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, at++) means[column]! += values[at]!;
  for (let column = 0; column < columns; column++) means[column]! /= Math.max(1, rows);
  return means;
}

/** The dense matrix as an operator, each row less `centre`. Its loops call nothing: a call for each row took fifty times as long. */
export function centred({ rows, columns, values }: Matrix, centre: Float64Array): Operator {
  return {
    rows,
    columns,
    times(right) {
      const { columns: width, values: source } = right;
      const product = zeros(rows, width);
      const sums = new Float64Array(width);
      for (let row = 0; row < rows; row++) {
        sums.fill(0);
        for (let at = 0; at < columns; at++) {
          const scale = values[row * columns + at]! - centre[at]!;
          for (let k = 0, from = at * width; k < width; k++, from++) sums[k]! += scale * source[from]!;
        }
        product.values.set(sums, row * width);
      }
      return product;
    },
    turnedTimes(right) {
      const { columns: width, values: source } = right;
      const sums = new Float64Array(columns * width);
      for (let row = 0; row < rows; row++)
        for (let at = 0; at < columns; at++) {
          const scale = values[row * columns + at]! - centre[at]!;
          for (let from = row * width, into = at * width; from < (row + 1) * width; from++, into++)
            sums[into]! += scale * source[from]!;
        }
      return { rows: columns, columns: width, values: Float32Array.from(sums) };
    },
  };
}
