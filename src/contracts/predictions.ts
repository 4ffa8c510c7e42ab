/** Predictions of a training job on the wire: as a trainer sends them, as they are kept, and how samples went over the epochs. */

import { z } from 'zod';
import { pageLimit, unixSeconds } from './lists.ts';

const count = z.number().int().min(0);

/** Scores of a prediction against its ground truth, each 0 to 1 (chrF too), the higher the better. */
export const scoreNames = ['exact_match', 'token_f1', 'rouge_l', 'chrf'] as const;
export type ScoreName = (typeof scoreNames)[number];

/** Which way of generating worked: as the model is, under autocast of the training's dtype, with autocast off and forward unpatched. */
export const dtypeRungs = ['as_is', 'autocast', 'unpatched'] as const;
export type DtypeRung = (typeof dtypeRungs)[number];

/** When predictions were made, in the trainer's own words ("train_begin", "epoch_end", "step_end", "train_end"). */
const hook = z.string().min(1).max(50).default('epoch_end');

/** A prediction as the trainer sends it; without one it says in `error` why. */
export const newPrediction = z.strictObject({
  sample_index: count,
  /** Stays the same for a sample of one dataset, whatever is drawn beside it. */
  sample_id: z.string().max(200).optional(),
  prompt: z.string(),
  ground_truth: z.string(),
  prediction: z.string().nullable(),
  error: z.string().max(5000).nullish(),
  /** By name (`scoreNames` and others), null where there is none. */
  scores: z.record(z.string().min(1).max(50), z.number().nullable()).default({}),
  /** Mean negative log-likelihood of a token of the ground truth, in nats; its exponential is the perplexity. */
  truth_nll: z.number().nullish(),
  dtype_rung: z.enum(dtypeRungs).nullish(),
});
export type NewPrediction = z.output<typeof newPrediction>;

/** POST /api/training/local/predictions. Sent again, (job, step, hook, sample_index) that is there stays and counts as a duplicate. */
export const newPredictions = z.strictObject({
  job_id: z.string(),
  /** As the trainer counts: 2 at the end of the second epoch, 1.5 in its middle, 0 before the first step. */
  epoch: z.number().min(0),
  step: count,
  hook,
  predictions: z.array(newPrediction).min(1).max(1000),
});
export type NewPredictions = z.output<typeof newPredictions>;

export const stored = z.object({ stored: count, duplicates: count });
export type Stored = z.output<typeof stored>;

/** A prediction as it is kept, for good. */
export const prediction = z.object({
  id: z.number().int(),
  job_id: z.string(),
  epoch: z.number(),
  step: count,
  hook: z.string(),
  sample_index: count,
  sample_id: z.string().nullable(),
  prompt: z.string(),
  ground_truth: z.string(),
  prediction: z.string().nullable(),
  error: z.string().nullable(),
  scores: z.record(z.string(), z.number().nullable()),
  truth_nll: z.number().nullable(),
  dtype_rung: z.enum(dtypeRungs).nullable(),
  created_at: unixSeconds,
});
export type Prediction = z.output<typeof prediction>;

/** GET /api/training/predictions/{jobId}: by epoch, step, then sample. `limit` has its default from PREDICTIONS_API_DEFAULT_LIMIT. */
export const predictionQuery = z.object({
  epoch: z.coerce.number().min(0).optional(),
  step: z.coerce.number().int().min(0).optional(),
  sample: z.coerce.number().int().min(0).optional(),
  /** true: only those that could not be made; false: only the others. */
  errors: z.enum(['true', 'false']).optional(),
  limit: z.coerce.number().int().min(1).max(1000).optional(),
  offset: z.coerce.number().int().min(0).default(0),
});
export type PredictionQuery = z.output<typeof predictionQuery>;
export const predictionPage = z.object({
  predictions: z.array(prediction),
  /** Of all that the filters leave. */
  total_count: count,
  /** Epochs (evaluations with one and the same `epoch`) of the whole job. */
  epoch_count: count,
});
export type PredictionPage = z.output<typeof predictionPage>;

/** One evaluation: the samples predicted at one step. */
export const evaluation = z.object({
  epoch: z.number(),
  step: count,
  hook: z.string(),
  samples: count,
  errors: count,
  /** Means over the samples that have the score. */
  scores: z.record(z.string(), z.number()),
  truth_nll: z.number().nullable(),
  /** Predictions by the rung that worked. */
  rungs: z.record(z.string(), count),
  created_at: unixSeconds,
});
export type Evaluation = z.output<typeof evaluation>;
/** GET /api/training/predictions/{jobId}/epochs: in the order of their steps. */
export const evaluations = z.object({ evaluations: z.array(evaluation), epoch_count: count });
export type Evaluations = z.output<typeof evaluations>;

export const movements = ['learned', 'forgotten', 'flapping', 'right', 'wrong', 'unknown'] as const;
/**
 * How one sample went over the evaluations. learned: wrong, then right to the end; forgotten: right, then wrong at the end; flapping:
 * changed more than twice; right and wrong: always; unknown: fewer than two readable predictions.
 */
export const sampleMovement = z.object({
  sample_index: count,
  sample_id: z.string().nullable(),
  prompt: z.string(),
  ground_truth: z.string(),
  movement: z.enum(movements),
  /** Of the score that is asked for, one for each evaluation in the order of GET …/epochs; null: none. */
  scores: z.array(z.number().nullable()),
  errors: count,
});
export type SampleMovement = z.output<typeof sampleMovement>;
/** GET /api/training/predictions/{jobId}/samples. A sample is right at a score of at least `mark`. */
export const movementQuery = z.object({
  score: z.string().min(1).max(50).default('exact_match'),
  mark: z.coerce.number().min(0).max(1).default(1),
  movement: z.enum(movements).optional(),
  limit: pageLimit(500, 100),
  offset: z.coerce.number().int().min(0).default(0),
});
export type MovementQuery = z.output<typeof movementQuery>;
export const movementPage = z.object({
  samples: z.array(sampleMovement),
  total_count: count,
  /** Samples of each movement, whatever is filtered. */
  counts: z.record(z.enum(movements), count),
});
export type MovementPage = z.output<typeof movementPage>;
