/** The figures behind the charts: bins over one axis, medians, and the speed of runs over time. */

import { expect, test } from 'vitest';
import type { ActiveRun } from '../../src/contracts/runs.ts';
import { histogramOf } from '../../web/src/charts/bins.ts';
import { modelsOf, speedHistory, stretchesOf } from '../../web/src/charts/speed-history.ts';

test('models share one axis, with empty doublings filled in and at least five columns', () => {
  const { edges, models, most } = histogramOf([
    {
      name: 'a',
      bins: [
        { upto: 8, count: 0 },
        { upto: 16, count: 4 },
      ],
    },
    {
      name: 'b',
      bins: [
        { upto: 128, count: 6 },
        { upto: 256, count: 0 },
      ],
    },
  ]);
  expect(edges).toEqual([8, 16, 32, 64, 128]);
  expect(models.map(({ counts }) => counts)).toEqual([
    [0, 4, 0, 0, 0],
    [0, 0, 0, 0, 6],
  ]);
  expect(most).toBe(6);
});

test('the median lies in its bin where an even spread puts it', () => {
  const [model] = histogramOf([
    {
      name: 'a',
      bins: [
        { upto: 16, count: 5 },
        { upto: 32, count: 10 },
        { upto: 64, count: 5 },
      ],
    },
  ]).models;
  expect(model!.median).toBe(24);
  expect(histogramOf([{ name: 'a', bins: [] }])).toMatchObject({ edges: [], most: 0, models: [{ median: null }] });
});

const job = (model: string, throughput: number, status: ActiveRun['status'] = 'running') =>
  ({ model_id: model, throughput, status }) as ActiveRun;

test('the speeds of a model are summed, what waits is not drawn, a pause ends the line', () => {
  const history = speedHistory();
  history.hear({ jobs: [job('a', 10), job('a', 5), job('b', 0, 'queued')], gpus: [] }, 1000);
  history.hear({ jobs: [job('a', 20)], gpus: [] }, 1500);
  history.hear({ jobs: [job('a', 30)], gpus: [] }, 2000);
  history.hear({ jobs: [], gpus: [] }, 2500);
  history.hear({ jobs: [], gpus: [] }, 9000);
  history.hear({ jobs: [job('a', 7)], gpus: [] }, 10_000);
  expect(modelsOf(history.points())).toEqual(['a']);
  expect(stretchesOf(history.points(), 'a')).toEqual([
    [
      { at: 1000, speed: 15 },
      { at: 2000, speed: 30 },
    ],
    [{ at: 10_000, speed: 7 }],
  ]);
});

test('a long run is thinned, not cut off', () => {
  const history = speedHistory(100);
  for (let second = 0; second < 1000; second += 1) history.hear({ jobs: [job('a', second)], gpus: [] }, second * 1000);
  const points = history.points();
  expect(points.length).toBeLessThanOrEqual(100);
  expect(points.length).toBeGreaterThan(40);
  expect(points[0]!.at).toBe(0);
  expect(points.at(-1)!.at).toBeGreaterThan(980_000);
});

test('the memory of all GPUs together is kept as a share', () => {
  const history = speedHistory();
  const gpus = [
    { memory_used_bytes: 30, memory_total_bytes: 100 },
    { memory_used_bytes: 60, memory_total_bytes: 80 },
    { name: 'tells nothing' },
  ];
  history.hear({ jobs: [job('a', 1)], gpus }, 0);
  expect(history.points()[0]!.memory).toBe(0.5);
});
