/** Says how alike the points of a group are, and those of two groups, as means over all pairs. */

import { type Matrix, zeros } from '../vectors/matrix.ts';

/** Similarity is the product of two points. A group that was joined to another has size 0. */
export interface Cohesion {
  sizes: Float64Array;
  /** Sum of the points of each group: groups x columns. */
  sums: Matrix;
  /** Sum of the squared lengths of each group's points. */
  squares: Float64Array;
  /** Products of the sums: groups x groups. */
  products: Float64Array;
}

/** `of` holds each point's group, from 0; -1: in none. */
export function cohesionOf(points: Matrix, of: Int32Array): Cohesion {
  const { columns, values } = points;
  const groups = of.reduce((most, group) => Math.max(most, group + 1), 0);
  const sums = zeros(groups, columns);
  const [sizes, squares] = [new Float64Array(groups), new Float64Array(groups)];
  for (const [point, group] of of.entries()) {
    if (group < 0) continue;
    sizes[group]! += 1;
    for (let at = 0, from = point * columns, into = group * columns; at < columns; at++, from++, into++) {
      sums.values[into]! += values[from]!;
      squares[group]! += values[from]! ** 2;
    }
  }
  const products = new Float64Array(groups * groups);
  for (let a = 0; a < groups; a++)
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let at = 0; at < columns; at++) sum += sums.values[a * columns + at]! * sums.values[b * columns + at]!;
      products[a * groups + b] = sum;
      products[b * groups + a] = sum;
    }
  return { sizes, sums, squares, products };
}

/** Mean similarity of two points of a group; 1 for a group of one. */
export function within(c: Cohesion, group: number): number {
  const size = c.sizes[group]!;
  return size < 2 ? 1 : (c.products[group * c.sizes.length + group]! - c.squares[group]!) / (size * (size - 1));
}

/** Mean similarity of a point of one group with a point of another. */
export function between(c: Cohesion, a: number, b: number): number {
  return c.products[a * c.sizes.length + b]! / Math.max(1, c.sizes[a]! * c.sizes[b]!);
}

/** Mean similarity of two points of different groups: what is to be expected of points that have nothing to do with one another. */
export function background(c: Cohesion): number {
  let [similarity, pairs] = [0, 0];
  for (let a = 0; a < c.sizes.length; a++)
    for (let b = 0; b < a; b++) {
      similarity += c.products[a * c.sizes.length + b]!;
      pairs += c.sizes[a]! * c.sizes[b]!;
    }
  return pairs === 0 ? 0 : similarity / pairs;
}

/** Mean similarity of a point to the points of a group, itself left out where it is `own`. */
export function likeness(c: Cohesion, points: Matrix, o: { point: number; group: number; own: boolean }): number {
  const { columns, values } = points;
  const others = c.sizes[o.group]! - (o.own ? 1 : 0);
  let [similarity, self] = [0, 0];
  for (let at = 0; at < columns; at++) {
    const value = values[o.point * columns + at]!;
    similarity += value * c.sums.values[o.group * columns + at]!;
    self += value * value;
  }
  return others < 1 ? 1 : (similarity - (o.own ? self : 0)) / others;
}

/**
 * How far groups are apart: how much more alike points are to their own group than to the one that is nearest beside it, in the mean
 * over all points; one in no group counts as 0. Two halves of one group are hardly apart, and neither are two groups in one. After
 * Rousseeuw (1987), Silhouettes, doi 10.1016/0377-0427(87)90125-7.
 */
export function separation(c: Cohesion, points: Matrix, of: Int32Array): number {
  const groups = [...c.sizes.keys()].filter((group) => c.sizes[group]! > 0);
  let sum = 0;
  for (const [point, group] of of.entries()) {
    if (group < 0) continue;
    const beside = groups.filter((other) => other !== group);
    const nearest = beside.map((other) => likeness(c, points, { point, group: other, own: false }));
    sum += likeness(c, points, { point, group, own: true }) - (nearest.length === 0 ? 0 : Math.max(...nearest));
  }
  return sum / Math.max(1, of.length);
}

/** Makes group b a part of group a, in place. */
export function join({ sizes, sums, squares, products }: Cohesion, a: number, b: number): void {
  const groups = sizes.length;
  sizes[a]! += sizes[b]!;
  squares[a]! += squares[b]!;
  for (let at = 0; at < sums.columns; at++) {
    sums.values[a * sums.columns + at]! += sums.values[b * sums.columns + at]!;
    sums.values[b * sums.columns + at] = 0;
  }
  for (let other = 0; other < groups; other++) products[a * groups + other]! += products[b * groups + other]!;
  for (let other = 0; other < groups; other++) products[other * groups + a]! += products[other * groups + b]!;
  for (let other = 0; other < groups; other++) {
    products[b * groups + other] = 0;
    products[other * groups + b] = 0;
  }
  sizes[b] = 0;
  squares[b] = 0;
}
