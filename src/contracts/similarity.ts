/** Similarity of an answer with the expected one without a call: the metrics, their pass marks, which one a category takes. */

import { z } from 'zod';

export const metricNames = [
  'exact',
  'normalised',
  'numeric',
  'code',
  'rouge_l',
  'chrf',
  'chrf_pp',
  'token_f1',
  'cosine',
] as const;
export type MetricName = (typeof metricNames)[number];
export const metricName = z.enum(metricNames);

/** A value from 0, nothing in common, to 1, the same. */
const share = z.number().min(0).max(1);

/** What an item of a category is measured by. */
export const categoryMetric = z.strictObject({
  metric: metricName,
  /** From this value on an answer passes; the metric's own mark when absent. */
  threshold: share.optional(),
  /** Taken in place of cosine where there is no embeddings model. */
  without_embeddings: metricName.exclude(['cosine']).optional(),
});
export type CategoryMetric = z.output<typeof categoryMetric>;

/**
 * Pass marks by metric, and what each category is measured by; the category `other` stands for all that are not named.
 * What is given here replaces the built-in marks and entries one by one, the rest stays.
 */
export const similarityTable = z.strictObject({
  thresholds: z.partialRecord(metricName, share).default({}),
  categories: z.record(z.string().min(1).max(200), categoryMetric).default({}),
});
export type SimilarityTable = z.output<typeof similarityTable>;

/** Two numbers are one answer when they are no further apart than the larger of both; `relative` is a share of the larger number. */
export const numericTolerance = z.strictObject({
  absolute: z.number().nonnegative().default(1e-9),
  relative: z.number().nonnegative().max(1).default(1e-6),
});
export type NumericTolerance = z.output<typeof numericTolerance>;

/** How an answer was measured. */
export const similarityOutcome = z.object({
  /** The metric that was used; differs from the one asked for where that does not apply, and `note` says why. */
  metric: metricName,
  value: share,
  /** 10 times the value. */
  score: z.number().min(0).max(10),
  threshold: share,
  pass: z.boolean(),
  /** What to know of this value, in words: a text was cut, a number is missing, the metric does not see the script. */
  note: z.string().nullable(),
});
export type SimilarityOutcome = z.output<typeof similarityOutcome>;
