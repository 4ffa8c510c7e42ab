/** The figures behind the charts: bins over one axis, medians, and the speed of runs over time. */

import { expect, test } from 'vitest';
import type { Gpu } from '../../src/contracts/gpu.ts';
import type { ActiveRun } from '../../src/contracts/runs.ts';
import { histogramOf } from '../../web/src/charts/bins.ts';
import { gpuMemory, gpuName, gpuTexts } from '../../web/src/charts/gpu.ts';
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

const gpu = (told: Partial<Gpu>): Gpu => ({
  vendor: 'nvidia',
  index: 0,
  uuid: null,
  name: 'NVIDIA L4',
  driver: null,
  memory_used_bytes: null,
  memory_total_bytes: null,
  memory_warning_bytes: null,
  memory_peak_bytes: null,
  peak_of: 'server',
  utilisation: null,
  power_watts: null,
  warning: false,
  ...told,
});

test('of a GPU is said what its driver tells, and nothing else', () => {
  const memory = { memory_used_bytes: 11.2e9, memory_total_bytes: 16e9, memory_peak_bytes: 13e9 };
  const full = gpu({ ...memory, memory_warning_bytes: 14e9, utilisation: 0.84, power_watts: 61.6 });
  expect(gpuTexts(full)).toEqual([
    '11.2 GB of 16 GB of memory',
    'at most 13 GB since the server started',
    '84 % busy',
    '62 W',
  ]);
  expect(gpuMemory(full)).toEqual({ usedBytes: 11.2e9, totalBytes: 16e9, peak: 0.8125, warning: 0.875 });
  expect(gpuTexts(gpu({}))).toEqual([]);
  expect(gpuMemory(gpu({ memory_used_bytes: 5 }))).toBeNull();
  expect(gpuTexts(gpu({ memory_used_bytes: 5e9, memory_peak_bytes: 6e9, peak_of: 'batch' }))).toEqual([
    '5 GB of memory',
    'at most 6 GB while the batch ran',
  ]);
  expect([gpuName(full, true), gpuName(full, false)]).toEqual(['NVIDIA L4', 'GPU 0: NVIDIA L4']);
});

test('the memory of all GPUs together is kept as a share', () => {
  const history = speedHistory();
  const gpus = [
    gpu({ memory_used_bytes: 30, memory_total_bytes: 100 }),
    gpu({ memory_used_bytes: 60, memory_total_bytes: 80 }),
    gpu({}),
  ];
  history.hear({ jobs: [job('a', 1)], gpus }, 0);
  expect(history.points()[0]!.memory).toBe(0.5);
});
