/** Parts are joined by their weights, and what a failure lacks does not count against it. */

import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/compare/random.ts';
import { joinParts } from '../../../src/mine/vectors/join-parts.ts';

test('the product of two rows is the mean cosine of the parts that both have', () => {
  const texts = ['a', 'b', 'c', 'd'];
  const { columns, values } = joinParts(
    [
      { weight: 1, texts, vectors: Float32Array.of(2, 0, 1, 1, 0, 0, Number.POSITIVE_INFINITY, 1) },
      { weight: 0.5, texts, vectors: Float32Array.of(0, 3, 0, 1, 0, 5, Number.NaN, 0) },
    ],
    { sample: [0, 1, 2, 3], random: seededRandom(1) },
  );
  const product = (a: number, b: number) => {
    let sum = 0;
    for (let at = 0; at < columns; at++) sum += values[a * columns + at]! * values[b * columns + at]!;
    return sum;
  };
  expect([0, 1, 2].map((row) => product(row, row))).toEqual([1, 1, 1].map((one) => expect.closeTo(one, 5)));
  expect(product(0, 1)).toBeCloseTo((Math.SQRT1_2 + 0.5) / 1.5, 5);
  // The third has no first part: its second one counts whole.
  expect(product(0, 2)).toBeCloseTo(Math.sqrt(0.5 / 1.5), 5);
  expect(product(3, 3)).toBe(0);
});
