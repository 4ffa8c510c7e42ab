/** A training job on the page: what its form sends and marks, which lines its metrics make, how fast its steps go. */

import { expect, test } from 'vitest';
import {
  type MetricPoint,
  newTrainingJob,
  predictionEstimateRequest,
  type TrainingSettings,
} from '../../src/contracts/training.ts';
import {
  chartsOf,
  nearest,
  paceOf,
  predictionCharts,
  rangesOf,
  stretchesOf,
  ticksOf,
} from '../../web/src/training/metric-series.ts';
import {
  emptyJob,
  estimateOf,
  type JobForm,
  jobFaults,
  jobOf,
  refusedField,
  sourceOf,
} from '../../web/src/training/new-job.ts';

const settings: TrainingSettings = {
  predictions: { enabled: true, sample_count: 5, sample_frequency: 'epoch', step_interval: 100, max_length: 256 },
  limits: { max_sample_count: 100, min_step_interval: 10, max_length: 256, max_predictions_per_call: 1000 },
  warn_above_usd: 1,
};

const form = (part: Partial<JobForm> = {}, predictions: Partial<JobForm['predictions']> = {}): JobForm => {
  const empty = emptyJob(settings);
  return {
    ...empty,
    name: ' tone ',
    baseModel: 'tiny',
    ...part,
    predictions: { ...empty.predictions, ...predictions },
  };
};

test('a form without faults is a job and an estimate that the contract takes', () => {
  const filled = form(
    { billions: 0.135, data: { kind: 'golden_set', dataset: 'ds_1', id: 'gs_1' } },
    { frequency: 'steps', stepInterval: 20, totalSteps: 400 },
  );
  expect(jobFaults(filled, settings)).toEqual({});
  const predictions = { enabled: true, sample_count: 5, sample_frequency: 'steps', step_interval: 20, max_length: 256 };
  expect(newTrainingJob.parse(jobOf(filled))).toEqual({
    name: 'tone',
    base_model: 'tiny',
    method: 'lora',
    config: { predictions },
    data: { kind: 'golden_set', id: 'gs_1' },
    parameters_billions: 0.135,
    epochs: 3,
  });
  expect(predictionEstimateRequest.parse(estimateOf(filled, settings))).toEqual({
    predictions,
    parameters_billions: 0.135,
    epochs: 3,
    total_steps: 400,
  });
});

test('switched off, predictions are neither checked nor estimated; what is wrong is held against the server’s limits', () => {
  const off = form({ epochs: '' }, { enabled: false, maxLength: '' });
  expect(jobFaults(off, settings)).toEqual({});
  expect(newTrainingJob.parse(jobOf(off)).config).toEqual({ predictions: { enabled: false } });
  expect(jobOf(off)).not.toHaveProperty('epochs');
  expect(estimateOf(off, settings)).toBeNull();

  const wrong = form(
    { name: ' ', billions: 0, samples: { kind: 'dataset', dataset: null, id: null } },
    { sampleCount: 101, frequency: 'steps', stepInterval: 9, maxLength: 257 },
  );
  const marked = ['billions', 'maxLength', 'name', 'sampleCount', 'samples', 'stepInterval'];
  expect(Object.keys(jobFaults(wrong, settings)).sort()).toEqual(marked);
  expect(estimateOf(wrong, settings)).toBeNull();
  // A name that is wanting is no reason to hold the estimate back.
  expect(estimateOf(form({ name: '' }), settings)).not.toBeNull();
});

test('a refusal stands at its field, wherever the server found it', () => {
  expect(refusedField({ param: 'config.predictions.step_interval', message: 'm' })).toEqual({ stepInterval: 'm' });
  expect(refusedField({ param: 'predictions.sample_count', message: 'm' })).toEqual({ sampleCount: 'm' });
  expect(refusedField({ param: 'data.id', message: 'm' })).toEqual({ data: 'm' });
  expect(refusedField({ param: null, message: 'm' })).toBeNull();
  expect(sourceOf({ kind: 'dataset', dataset: 'ds_1', id: null })).toEqual({ kind: 'dataset', id: 'ds_1' });
});

const point = (step: number, values: MetricPoint['values'], more: Partial<MetricPoint> = {}): MetricPoint => ({
  step,
  epoch: step / 10,
  kind: 'train',
  values,
  created_at: step,
  ...more,
});

test('loss of training and evaluation share a chart; unknown values have their own; the clock and the end have none', () => {
  const metrics = [
    point(20, { loss: 2, learning_rate: 0.1, entropy: 1 }),
    point(10, { loss: 3, learning_rate: 0.2 }),
    point(10, { eval_loss: 2.5, eval_runtime: 4 }, { kind: 'eval' }),
    point(20, { train_loss: 2.5 }, { kind: 'end' }),
  ];
  const { main, more } = chartsOf(metrics);
  expect(main.map(({ title, lines }) => [title, lines.map(({ points }) => points.map(({ value }) => value))])).toEqual([
    ['Loss', [[3, 2], [2.5]]],
    ['Learning rate', [[0.2, 0.1]]],
  ]);
  expect(more.map(({ title }) => title)).toEqual(['entropy']);
});

test('a value that was not finite ends a stretch and is not drawn; without any other there is nothing to draw', () => {
  const of = (...values: (number | null)[]) => values.map((value, step) => ({ step, epoch: 0, value }));
  expect(stretchesOf(of(1, 2, null, null, 3)).map((stretch) => stretch.map(({ value }) => value))).toEqual([
    [1, 2],
    [3],
  ]);
  expect(rangesOf({ lines: [{ name: 'loss', points: of(null, null) }] })).toBeNull();
  expect(rangesOf({ lines: [{ name: 'loss', points: of(4, null) }] })).toEqual({
    steps: { from: 0, to: 1 },
    values: { from: 2, to: 6 },
  });
  expect(ticksOf({ from: 0.9, to: 3.2 })).toEqual([1, 1.5, 2, 2.5, 3]);
  expect(ticksOf({ from: 0, to: 0.0002 })).toEqual([0, 0.00005, 0.0001, 0.00015, 0.0002]);
  expect(nearest(of(5, 6, 7), 1.4)?.value).toBe(6);
});

test('what the predictions scored is drawn over the steps, within 0 to 1; without scores there is nothing to draw', () => {
  const evaluation = { hook: 'epoch_end', samples: 2, errors: 0, rungs: {}, created_at: 1, truth_nll: null };
  const charts = predictionCharts([
    { ...evaluation, epoch: 0, step: 0, scores: { exact_match: 0, chrf: 0.25 } },
    { ...evaluation, epoch: 1, step: 10, scores: { exact_match: 0.5 }, truth_nll: 1.5 },
  ]);
  expect(
    charts.map((chart) => [
      chart.title,
      chart.lines.map(({ points }) => points.map(({ step, value }) => [step, value])),
    ]),
  ).toEqual([
    [
      'Scores of the predictions',
      [
        [
          [0, 0],
          [10, 0.5],
        ],
        [[0, 0.25]],
      ],
    ],
    ['Loss on the expected answers', [[[10, 1.5]]]],
  ]);
  expect(rangesOf(charts[0]!)).toEqual({ steps: { from: 0, to: 10 }, values: { from: 0, to: 1 } });
  expect(predictionCharts([{ ...evaluation, epoch: 0, step: 0, scores: {} }])).toEqual([]);
});

test('the speed is that of the stretch since the trainer last stood still', () => {
  const at = (step: number, seconds: number) => point(step, { loss: 1 }, { created_at: seconds });
  expect(paceOf([at(10, 100)])).toBeNull();
  expect(paceOf([at(10, 100), at(20, 100)])).toBeNull();
  expect(paceOf([at(10, 100), at(20, 105), at(30, 110)])).toBe(2);
  // An hour later it went on from a checkpoint, at half the speed.
  expect(paceOf([at(10, 100), at(20, 105), at(30, 110), at(40, 3710), at(50, 3720), at(60, 3730)])).toBe(1);
});
