/** Main directions: known ones are found, of any rank, and words become vectors that tell texts apart. */

import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/compare/random.ts';
import { type Matrix, zeros } from '../../../src/mine/vectors/matrix.ts';
import { principalCoordinates } from '../../../src/mine/vectors/principal-directions.ts';
import { wordVectors } from '../../../src/mine/vectors/tf-idf.ts';

const spread = ({ rows, columns, values }: Matrix, column: number) => {
  const own = Array.from({ length: rows }, (_, row) => values[row * columns + column]!);
  const mean = own.reduce((sum, value) => sum + value, 0) / rows;
  return Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows);
};

test('directions come by their spread, and distances are kept', () => {
  const random = seededRandom(1);
  const points = zeros(500, 30);
  // Three hidden coordinates of spread 9, 3 and 1, turned into thirty.
  const turns = Array.from({ length: 3 }, () => Float64Array.from({ length: 30 }, () => random() - 0.5));
  for (let row = 0; row < 500; row++)
    for (const [at, turn] of turns.entries()) {
      const value = 3 ** (2 - at) * (random() - 0.5);
      for (let column = 0; column < 30; column++) points.values[row * 30 + column]! += value * turn[column]!;
    }
  const found = principalCoordinates(points, points, { wanted: 5, random });
  expect(found.columns).toBe(3);
  expect([0, 1, 2].map((column) => spread(found, column))).toEqual(
    [0, 1, 2].map((column) => spread(found, column)).sort((a, b) => b - a),
  );
  const distance = ({ columns, values }: Matrix) =>
    Math.hypot(...Array.from({ length: columns }, (_, at) => values[at]! - values[columns + at]!));
  expect(distance(found)).toBeCloseTo(distance(points), 4);
});

test('equal points have no direction', () => {
  const points = { rows: 4, columns: 3, values: Float32Array.from({ length: 12 }, () => 2) };
  expect(principalCoordinates(points, points, { wanted: 2, random: seededRandom(1) }).columns).toBe(0);
});

test('texts that share words are alike, the others are not', () => {
  const texts = ['the loop stops early', 'loop stops', 'wrong language used', 'language is wrong', '', 'the of and'];
  const { columns, values } = wordVectors(texts, [0, 1, 2, 3, 4, 5], { wanted: 10, random: seededRandom(1) });
  const product = (a: number, b: number) => {
    let sum = 0;
    for (let at = 0; at < columns; at++) sum += values[a * columns + at]! * values[b * columns + at]!;
    return sum;
  };
  expect(product(0, 1)).toBeGreaterThan(0.5);
  expect(product(2, 3)).toBeGreaterThan(0.5);
  expect(Math.abs(product(0, 2))).toBeLessThan(1e-4);
  expect([product(4, 4), product(5, 5)]).toEqual([0, 0]);
});
