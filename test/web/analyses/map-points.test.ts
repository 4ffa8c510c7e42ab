/** Points of the map of failures: where they stand, which is nearest, which are inside a line, how clusters are marked. */

import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/compare/random.ts';
import { markOf, outlineOf } from '../../../web/src/analyses/map-marks.ts';
import { boxOf, type Corner, indexOf, inside, MARGIN, placed } from '../../../web/src/analyses/map-points.ts';

const size = { width: 400, height: 300 };

describe('placed', () => {
  test('one scale for both axes, up is up, all inside the margin', () => {
    const { x, y } = placed({ x: [-10, 10, 0], y: [0, 0, 2] }, size);
    expect([x[0], x[1]]).toEqual([MARGIN, 400 - MARGIN]);
    expect(y[2]!).toBeLessThan(y[0]!);
    expect((x[1]! - x[0]!) / 20).toBeCloseTo((y[0]! - y[2]!) / 2, 4);
  });

  test('nothing, one point, points all alike and points without a place', () => {
    expect(placed({ x: [], y: [] }, size).x.length).toBe(0);
    for (const values of [[5], [5, 5, 5], [Number.NaN, 5, Number.POSITIVE_INFINITY]]) {
      const { x, y } = placed({ x: values, y: values }, size);
      expect([...x, ...y]).toEqual([...values.map(() => 200), ...values.map(() => 150)]);
    }
    expect(placed({ x: [0, 1], y: [0, 1] }, { width: 0, height: 0 }).x.every(Number.isFinite)).toBe(true);
  });
});

test('the nearest of 50,000 points is found as by looking at each, in well under a frame', () => {
  const random = seededRandom(3);
  const points = {
    x: Float32Array.from({ length: 50_000 }, () => random() * 900),
    y: Float32Array.from({ length: 50_000 }, () => random() * 450),
  };
  const nearest = indexOf(points);
  const asked = Array.from({ length: 100 }, () => [random() * 900, random() * 450] as const);
  const slow = ([x, y]: Corner) => {
    let best = 0;
    for (let i = 1; i < 50_000; i++) {
      if (Math.hypot(points.x[i]! - x, points.y[i]! - y) < Math.hypot(points.x[best]! - x, points.y[best]! - y))
        best = i;
    }
    return best;
  };
  const before = performance.now();
  const found = asked.map(([x, y]) => nearest(x, y, 12));
  expect((performance.now() - before) / asked.length).toBeLessThan(4);
  expect(found).toEqual(asked.map(slow));
  expect(nearest(-100, -100, 12)).toBe(-1);
});

test('a box and a lasso with a bay catch what is inside them, and a line of two corners catches nothing', () => {
  const points = { x: Float32Array.of(10, 50, 90, 50), y: Float32Array.of(10, 50, 90, 10) };
  expect(inside(points, boxOf([60, 60], [0, 0]))).toEqual([0, 1, 3]);
  const bay: Corner[] = [
    [0, 0],
    [40, 0],
    [50, 40],
    [60, 0],
    [100, 0],
    [100, 100],
    [0, 100],
  ];
  expect(inside(points, bay)).toEqual([0, 1, 2]);
  expect(inside(points, bay.slice(0, 2))).toEqual([]);
});

test('28 clusters are told apart by colour and shape, and "other" is like none of them', () => {
  const marks = Array.from({ length: 28 }, (_, cluster) => JSON.stringify(markOf(cluster)));
  expect(new Set([...marks, JSON.stringify(markOf(-1))]).size).toBe(29);
  for (const shape of ['circle', 'square', 'triangle', 'diamond'] as const)
    expect(outlineOf(shape, 4, [7, 7])).toMatch(/^M[-\d. ALA]+Z$/);
});
