/** Stratified sampling on the wire: what a test set is drawn by, and the figures of one that was drawn. */

import { z } from 'zod';
import { fieldPath } from './datasets.ts';

const count = z.number().int();

/** The categories that rules tell apart. A field may hold any others. */
export const promptCategories = ['math', 'code', 'reasoning', 'creative', 'qa', 'other'] as const;
export type PromptCategory = (typeof promptCategories)[number];

/** How rows are drawn. The same rows, options and seed always give the same sample. */
export const sampleOptions = z.strictObject({
  /** Rows to draw; all of them where there are fewer. */
  n: z.number().int().min(1).max(5_000_000),
  seed: z.number().int().default(1),
  /** Field that holds the category; absent: the one the dataset's reading names or guesses, else `classify`. */
  category_path: fieldPath.optional(),
  /** Rules give a category to rows that have none; `none` leaves them together as "other". */
  classify: z.enum(['rules', 'none']).default('rules'),
  /** Strata beside the category: by length of the prompt (quarters of the source) and by a field. */
  by_length: z.boolean().default(false),
  source_path: fieldPath.optional(),
  /** proportional: as in the source; equal: each category the same; weights: shares by category, rest proportional. */
  allocation: z.enum(['proportional', 'equal', 'weights']).default('proportional'),
  weights: z.record(z.string(), z.number().nonnegative()).optional(),
  /** Rows of each category at least, where it has as many. */
  minimum: z.number().int().min(0).default(0),
  /** Jaccard similarity of word shingles from which two prompts are near-duplicates; 1 keeps all but equal ones; null keeps all. */
  near_duplicates: z.number().min(0.3).max(1).nullable().default(0.8),
});
export type SampleOptions = z.output<typeof sampleOptions>;

/** Lengths in characters of the prompts. */
export const lengthFigures = z.object({
  min: count,
  p25: count,
  median: count,
  p75: count,
  p95: count,
  max: count,
  mean: z.number(),
});

/** One stratum, or one category: rows of the source, rows drawn, and their shares of all. */
const stratumFigures = z.object({
  source: count,
  drawn: count,
  source_share: z.number(),
  share: z.number(),
});

/** test_dataset_stats.json. */
export const sampleStats = z.object({
  source: z.object({ name: z.string(), rows: count, sha256: z.string().nullable() }),
  drawn: count,
  options: sampleOptions,
  categories: z.record(z.string(), stratumFigures),
  /** By length quarter and by source field, where asked for. */
  lengths: z.record(z.string(), stratumFigures).nullable(),
  sources: z.record(z.string(), stratumFigures).nullable(),
  /** Largest difference between a category's share of the sample and of what was aimed at. */
  largest_share_difference: z.number(),
  prompt_chars: z.object({ source: lengthFigures, sample: lengthFigures }),
  near_duplicates: z.object({ removed: count, threshold: z.number().nullable() }),
  /** How categories came about: rows by field, by rules, by an embeddings model, and unclassified. */
  classified: z.object({ field: count, rules: count, model: count, other: count }),
  /** Rows that have a category in a field as the rules would have it: confusion[field][rules] = rows; null where none has one. */
  confusion: z.record(z.string(), z.record(z.string(), count)).nullable(),
  /** Of the categories that both know: share that the rules find. null without any. */
  agreement: z.number().nullable(),
  /** What was short, in words: a category with fewer rows than its minimum, fewer rows than asked for. */
  notes: z.array(z.string()),
  seconds: z.number(),
});
export type SampleStats = z.output<typeof sampleStats>;
