/** Examples of what training routes take and give, as the description of the API shows them. */

import type { Evaluation, Prediction, SampleMovement } from '../../contracts/predictions.ts';
import type { JobToken, MetricPoint, PredictionSettings, TrainingJob } from '../../contracts/training.ts';

const jobId = 'tj_5c8f0f6f4f6e4d0e9a1b2c3d';
const settled: PredictionSettings = {
  enabled: true,
  sample_count: 5,
  sample_frequency: 'epoch',
  step_interval: 100,
  max_length: 256,
};

export const newJobExample = {
  name: 'facts, LoRA',
  base_model: 'HuggingFaceTB/SmolLM2-135M-Instruct',
  method: 'lora',
  config: { learning_rate: 0.001, predictions: { sample_count: 5, sample_frequency: 'epoch' as const } },
  data: { kind: 'golden_set' as const, id: 'gs_1f0e2d3c4b5a69788796a5b4c3d2e1f0' },
  parameters_billions: 0.135,
  epochs: 3,
};

export const jobExample: TrainingJob = {
  id: jobId,
  name: newJobExample.name,
  base_model: newJobExample.base_model,
  method: 'lora',
  status: 'running',
  problem: null,
  config: { learning_rate: 0.001, predictions: settled },
  data: newJobExample.data,
  samples: null,
  parameters_billions: 0.135,
  step: 20,
  total_steps: 30,
  epoch: 2,
  total_epochs: 3,
  environment: { torch: '2.13.0', device: 'cpu', dtype: 'bfloat16' },
  undelivered: null,
  predictions: 15,
  prediction_errors: 0,
  evaluations: 3,
  loss: 0.412,
  eval_loss: 0.5,
  model_id: null,
  created_at: 1_790_000_000,
  started_at: 1_790_000_060,
  seen_at: 1_790_000_300,
  ended_at: null,
};

export const tokenExample: JobToken = {
  id: 'tt_00112233445566ff',
  job_id: jobId,
  hint: 'x9Qk',
  created_at: 1_790_000_000,
  last_used_at: 1_790_000_300,
  revoked_at: null,
};
/** Shown once, where it is made. */
export const tokenText = 'atj-…';

export const pointExample: MetricPoint = {
  step: 20,
  epoch: 2,
  kind: 'train',
  values: { loss: 0.412, learning_rate: 0.0005, grad_norm: 1.3 },
  created_at: 1_790_000_300,
};

export const estimateExample = {
  asked: { predictions: { sample_count: 5, sample_frequency: 'epoch' as const }, parameters_billions: 7, epochs: 3 },
  given: {
    evaluations: 4,
    predictions: 20,
    tokens: 6000,
    price_per_1k: 0.005,
    cost: 0.03,
    basis:
      'before the first step and after each of 3 epochs; 5 samples each, 300 tokens a sample, 0.005 USD for 1,000 tokens (up to 7 billion parameters)',
  },
};

export const settingsExample = {
  predictions: settled,
  limits: { max_sample_count: 100, min_step_interval: 10, max_length: 256, max_predictions_per_call: 1000 },
  warn_above_usd: 1,
};

const sample = {
  sample_index: 0,
  sample_id: '9f86d081884c7d65',
  prompt: 'What is the capital of Veldoria?',
  ground_truth: 'Amberhaven',
};
const said = {
  ...sample,
  prediction: 'Amberhaven',
  scores: { exact_match: 1, token_f1: 1, rouge_l: 1, chrf: 1 },
  truth_nll: 0.021,
  dtype_rung: 'autocast' as const,
};

export const newMetricsExample = {
  job_id: jobId,
  metrics: [{ step: 20, epoch: 2, kind: 'train' as const, values: pointExample.values }],
};
export const newPredictionsExample = { job_id: jobId, epoch: 2, step: 20, hook: 'epoch_end', predictions: [said] };
export const progressExample = { job_id: jobId, status: 'running' as const, step: 20, total_steps: 30, epoch: 2 };
export const storedExample = { stored: 1, duplicates: 0 };

export const predictionExample: Prediction = {
  ...said,
  id: 4711,
  job_id: jobId,
  epoch: 2,
  step: 20,
  hook: 'epoch_end',
  error: null,
  created_at: 1_790_000_300,
};

export const evaluationExample: Evaluation = {
  epoch: 2,
  step: 20,
  hook: 'epoch_end',
  samples: 5,
  errors: 0,
  scores: { exact_match: 0.8, token_f1: 0.9, rouge_l: 0.9, chrf: 0.93 },
  truth_nll: 0.18,
  rungs: { autocast: 5 },
  created_at: 1_790_000_300,
};

export const movementExample: SampleMovement = { ...sample, movement: 'learned', scores: [0, 0, 1], errors: 0 };
