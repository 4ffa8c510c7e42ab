/** Training jobs on the wire: their settings and tokens, how far the trainer is, and the metrics that it sends (predictions.ts has the predictions). */

import { z } from 'zod';
import { pageLimit, unixSeconds } from './lists.ts';

const count = z.number().int().min(0);

export const sampleFrequencies = ['epoch', 'steps'] as const;

/** What of a job is predicted while it trains, as it stands in `config.predictions`: every field settled. */
export const predictionSettings = z.object({
  enabled: z.boolean(),
  /** Samples of each evaluation. */
  sample_count: z.number().int().min(1),
  /** epoch: after every epoch; steps: after every `step_interval` optimizer steps. Before the first step and at the end in either case. */
  sample_frequency: z.enum(sampleFrequencies),
  step_interval: z.number().int().min(1),
  /** Longest prediction, in tokens. */
  max_length: z.number().int().min(1),
});
export type PredictionSettings = z.output<typeof predictionSettings>;

/** The same as it is asked for: what is absent is the server's default; each is held against the server's limits. */
export const newPredictionSettings = predictionSettings.partial();
export type NewPredictionSettings = z.output<typeof newPredictionSettings>;

/** Where training rows or samples come from: a golden set, the targeted rows of an analysis, or a dataset with expected answers. */
export const trainingSource = z.strictObject({
  kind: z.enum(['golden_set', 'analysis', 'dataset']),
  id: z.string().min(1),
});
export type TrainingSource = z.output<typeof trainingSource>;

/** POST /api/training/jobs. */
export const newTrainingJob = z.strictObject({
  name: z.string().min(1).max(200),
  /** The model that is trained, as the trainer names it. */
  base_model: z.string().min(1).max(500),
  /** How: "lora", "full", "qlora", or words of one's own. */
  method: z.string().min(1).max(100).default('lora'),
  /** Whatever else the trainer works with (learning rate, batch size); shown, never read but for `predictions`. */
  config: z.looseObject({ predictions: newPredictionSettings.optional() }).default({}),
  /** Rows that the trainer can fetch; absent: it has its own. */
  data: trainingSource.optional(),
  /** Where samples are drawn from; `data` when absent. */
  samples: trainingSource.optional(),
  /** Of the model, in 10^9; for the estimate of cost. */
  parameters_billions: z.number().positive().max(10_000).optional(),
  epochs: z.number().positive().max(100_000).optional(),
});
export type NewTrainingJob = z.output<typeof newTrainingJob>;

export const trainingStatuses = ['created', 'running', 'completed', 'failed', 'interrupted'] as const;
export type TrainingStatus = (typeof trainingStatuses)[number];

export const trainingJob = z.object({
  id: z.string(),
  name: z.string(),
  base_model: z.string(),
  method: z.string(),
  status: z.enum(trainingStatuses),
  /** Why it failed, or what is to be known of it. */
  problem: z.string().nullable(),
  config: z.looseObject({ predictions: predictionSettings }),
  data: trainingSource.nullable(),
  samples: trainingSource.nullable(),
  parameters_billions: z.number().nullable(),
  /** How far it is, as the trainer told last; null before. */
  step: count.nullable(),
  total_steps: count.nullable(),
  epoch: z.number().nullable(),
  total_epochs: z.number().nullable(),
  /** Versions, device and precision, as the trainer told them. */
  environment: z.record(z.string(), z.unknown()),
  /** Rows that the trainer could not deliver, in its words; null: all came, as far as is known. */
  undelivered: z.string().nullable(),
  predictions: count,
  prediction_errors: count,
  /** Evaluations whose predictions are there. */
  evaluations: count,
  /** The newest loss of training and of evaluation. */
  loss: z.number().nullable(),
  eval_loss: z.number().nullable(),
  /** The registered model that came out of it. */
  model_id: z.string().nullable(),
  created_at: unixSeconds,
  started_at: unixSeconds.nullable(),
  /** When the trainer was last heard of. */
  seen_at: unixSeconds.nullable(),
  ended_at: unixSeconds.nullable(),
});
export type TrainingJob = z.output<typeof trainingJob>;

/** A job token as it can be shown: never the token itself. */
export const jobToken = z.object({
  id: z.string(),
  job_id: z.string(),
  /** Its last four characters. */
  hint: z.string(),
  created_at: unixSeconds,
  last_used_at: unixSeconds.nullable(),
  revoked_at: unixSeconds.nullable(),
});
export type JobToken = z.output<typeof jobToken>;
/** Answer of POST /api/training/jobs/{id}/tokens: `token` is shown this once. */
export const newJobToken = jobToken.extend({ token: z.string() });
export type NewJobToken = z.output<typeof newJobToken>;
/** Answer of POST /api/training/jobs. */
export const createdTrainingJob = trainingJob.extend({ token: z.string() });
export type CreatedTrainingJob = z.output<typeof createdTrainingJob>;

/** POST /api/training/jobs/{id}/model: names the registered model that the job ended in (POST /admin/models registers it). */
export const trainedModel = z.strictObject({ model_id: z.string().min(1).max(200) });

/** POST /api/training/local/status: how far the trainer is. Absent fields stay as they were. */
export const trainingProgress = z.strictObject({
  job_id: z.string(),
  status: z.enum(['running', 'completed', 'failed', 'interrupted']).optional(),
  step: count.optional(),
  total_steps: count.optional(),
  epoch: z.number().min(0).optional(),
  total_epochs: z.number().min(0).optional(),
  problem: z.string().max(5000).nullable().optional(),
  undelivered: z.string().max(5000).nullable().optional(),
  environment: z.record(z.string(), z.unknown()).optional(),
});
export type TrainingProgress = z.output<typeof trainingProgress>;

/** Of a trainer's log: `train` while it trains, `eval` of an evaluation, `end` of the whole training. */
export const metricKinds = ['train', 'eval', 'end'] as const;

/** POST /api/training/local/metrics: at most one line for (step, kind); what is there already is not changed. */
export const newMetrics = z.strictObject({
  job_id: z.string(),
  metrics: z
    .array(
      z.strictObject({
        step: count,
        epoch: z.number().min(0),
        kind: z.enum(metricKinds).default('train'),
        /** loss, learning_rate, grad_norm, eval_loss, … null: it was not finite. */
        values: z.record(z.string().min(1).max(100), z.number().nullable()),
      }),
    )
    .min(1)
    .max(1000),
});
export type NewMetrics = z.output<typeof newMetrics>;

/** GET /api/training/jobs/{id}/metrics: by step; at most `limit` points of each kind, drawn evenly, the last one always among them. */
export const metricQuery = z.object({
  kind: z.enum(metricKinds).optional(),
  since_step: z.coerce.number().int().min(-1).default(-1),
  limit: pageLimit(5000, 1000),
});
export type MetricQuery = z.output<typeof metricQuery>;
export const metricPoint = z.object({
  step: count,
  epoch: z.number(),
  kind: z.enum(metricKinds),
  values: z.record(z.string(), z.number().nullable()),
  created_at: unixSeconds,
});
export type MetricPoint = z.output<typeof metricPoint>;
export const metricList = z.object({ metrics: z.array(metricPoint), total_count: count });
export type MetricList = z.output<typeof metricList>;

/** GET /api/training/settings: defaults, limits and prices that forms and trainers go by, from the PREDICTIONS_* variables. */
export const trainingSettings = z.object({
  predictions: predictionSettings,
  limits: z.object({
    max_sample_count: z.number().int(),
    min_step_interval: z.number().int(),
    max_length: z.number().int(),
    max_predictions_per_call: z.number().int(),
  }),
  /** Estimated cost above which a person is warned, USD. */
  warn_above_usd: z.number(),
});
export type TrainingSettings = z.output<typeof trainingSettings>;

/** POST /api/training/estimate: what predictions of such a job would cost. */
export const predictionEstimateRequest = z.strictObject({
  predictions: newPredictionSettings.default({}),
  parameters_billions: z.number().positive().max(10_000).optional(),
  epochs: z.number().positive().max(100_000).default(3),
  /** Optimizer steps of the whole training; needed with sample_frequency "steps". */
  total_steps: z.number().int().min(1).max(1_000_000_000).optional(),
});
export const predictionEstimate = z.object({
  evaluations: count.nullable(),
  predictions: count.nullable(),
  tokens: count.nullable(),
  price_per_1k: z.number(),
  /** USD; null: the number of evaluations is not known. */
  cost: z.number().nullable(),
  basis: z.string(),
});
export type PredictionEstimate = z.output<typeof predictionEstimate>;
