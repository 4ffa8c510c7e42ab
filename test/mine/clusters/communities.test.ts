/** The pieces of clustering with results known by hand: neighbours, the graph, communities, groups, terms, the index itself. */

import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/compare/random.ts';
import { clusterTerms } from '../../../src/mine/clusters/cluster-terms.ts';
import { cohesionOf } from '../../../src/mine/clusters/cohesion.ts';
import { communitiesOf } from '../../../src/mine/clusters/communities.ts';
import { groupClusters } from '../../../src/mine/clusters/group-clusters.ts';
import { neighboursAmong, neighboursOf } from '../../../src/mine/clusters/nearest-neighbours.ts';
import { neighbourGraph } from '../../../src/mine/clusters/neighbour-graph.ts';
import { adjustedRandIndex } from '../../harness/adjusted-rand-index.ts';

const line = (...values: number[]) => ({ rows: values.length, columns: 1, values: Float32Array.from(values) });

test('neighbours are those that comparing one by one finds', () => {
  const random = seededRandom(3);
  const points = { rows: 700, columns: 3, values: Float32Array.from({ length: 2100 }, () => random()) };
  const found = neighboursOf(points, 4);
  const among = neighboursAmong(points, { from: [5], places: [...Array(700).keys()].filter((at) => at !== 5), k: 4 });
  const distance = (a: number, b: number) =>
    Math.hypot(...[0, 1, 2].map((at) => points.values[3 * a + at]! - points.values[3 * b + at]!));
  const known = (point: number) =>
    [...Array(700).keys()]
      .filter((at) => at !== point)
      .sort((a, b) => distance(point, a) - distance(point, b))
      .slice(0, 4);
  for (const point of [0, 5, 300, 699]) expect([...found.places.slice(4 * point, 4 * point + 4)]).toEqual(known(point));
  expect([...among.places].map((at) => (at < 5 ? at : at + 1))).toEqual(known(5));
  expect(neighboursOf(line(1, 2), 5).k).toBe(1);
});

test('two tight groups with one link are two communities', () => {
  const graph = neighbourGraph(neighboursOf(line(0, 0.1, 0.2, 0.3, 5, 5.1, 5.2, 5.3, 9), 3));
  // Each edge is in the rows of both ends.
  const pairs = [...graph.ends].map((end, at) => [graph.starts.findLastIndex((start) => start <= at), end].join());
  expect(new Set(pairs).size).toBe(pairs.length);
  for (const pair of pairs) expect(pairs).toContain(pair.split(',').reverse().join());
  const of = communitiesOf(graph, seededRandom(1));
  expect(adjustedRandIndex(of, [0, 0, 0, 0, 1, 1, 1, 1, 1])).toBe(1);
});

test('clusters that lie together are a group', () => {
  const angles = [0, 0.1, 0.3, 0.4, 2, 2.1, 2.3, 2.4];
  const points = {
    rows: 8,
    columns: 2,
    values: Float32Array.from(angles.flatMap((at) => [Math.cos(at), Math.sin(at)])),
  };
  expect([...groupClusters(cohesionOf(points, Int32Array.of(0, 0, 1, 1, 2, 2, 3, 3)))]).toEqual([0, 0, 1, 1]);
  expect([...groupClusters(cohesionOf(points, Int32Array.of(0, 0, 0, 0, 1, 1, 1, 1)))]).toEqual([0, 1]);
});

test('terms tell a cluster from the others, and stop words tell nothing', () => {
  const texts = [
    ['the loop is off by one'],
    ['a loop ends too early'],
    ['the model is polite'],
    ['the language is wrong'],
    ['wrong language'],
  ];
  const terms = clusterTerms(texts, Int32Array.of(0, 0, -1, 1, 1), 2).map((own) => own.map(({ term }) => term));
  expect(terms[0]![0]).toBe('loop');
  expect(terms[1]!.slice(0, 2).sort()).toEqual(['language', 'wrong']);
  expect(terms.flat()).not.toContain('the');
});

test('the adjusted Rand index of Hubert and Arabie', () => {
  expect(adjustedRandIndex([0, 0, 1, 1], [5, 5, -1, -1])).toBe(1);
  expect(adjustedRandIndex([0, 0, 1, 1], [0, 0, 1, 2])).toBeCloseTo(0.5714, 4);
  expect(adjustedRandIndex([0, 0, 1, 1], [0, 1, 0, 1])).toBeCloseTo(-0.5, 4);
});
