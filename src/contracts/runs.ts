/** Runs ("benchmarks" on the wire): a model over a version of a dataset, by a batch or from answers made elsewhere. */

import { z } from 'zod';
import { contextStrategies } from './context.ts';
import { llmJudge } from './judging.ts';
import { unixSeconds } from './lists.ts';

const count = z.number().int();

/** POST /admin/benchmarks/run and /estimate. `sample` takes that many at random (by `seed`), `limit` the first ones. */
export const newRun = z.object({
  dataset_id: z.string(),
  model_id: z.string().optional(),
  model_ids: z.array(z.string()).min(1).max(20).optional(),
  limit: z.number().int().min(1).optional(),
  sample: z.number().int().min(1).optional(),
  seed: z.number().int().default(1),
  /** Body fields of every request: temperature, max_tokens, response_format, … */
  params: z.record(z.string(), z.unknown()).default({}),
  /** Text with {{column}} placeholders; needed where items have neither messages nor prompt. */
  template: z.string().min(1).max(200_000).optional(),
  template_id: z.string().optional(),
  /** Name of the run's column in the grid, so that one model can stand there under two prompts; the model's id when absent. */
  column: z.string().min(1).max(200).optional(),
  priority: z.number().int().min(-100).max(100).default(0),
  /** How a prompt that does not fit the model's context is shortened; it fails when absent. */
  context: z.enum(contextStrategies).optional(),
  /** Take over answers that earlier runs and batches with this option have to the very same requests at temperature 0. */
  reuse: z.boolean().optional(),
  /** A judge of the answers, while the run is going. */
  llm_judge: llmJudge.optional(),
});
export type NewRun = z.output<typeof newRun>;

/** What a run will take. null: unknown, never guessed. */
export const estimate = z.object({
  model_id: z.string(),
  requests: count,
  prompt_tokens: count,
  completion_tokens: count.nullable(),
  /** From this model's measured speed. */
  seconds: z.number().nullable(),
  /** USD, where the model has a price. */
  cost: z.number().nullable(),
  /** How the figures came about, in words. */
  basis: z.string(),
});
export type Estimate = z.output<typeof estimate>;

export const runStatuses = ['queued', 'running', 'completed', 'failed', 'cancelled', 'expired', 'imported'] as const;

export const runObject = z.object({
  id: z.string(),
  dataset_id: z.string(),
  version_id: z.string(),
  model_id: z.string(),
  source: z.enum(['batch', 'import']),
  batch_id: z.string().nullable(),
  status: z.enum(runStatuses),
  total: count,
  completed: count,
  failed: count,
  settings: z.record(z.string(), z.unknown()),
  superseded_by: z.string().nullable(),
  created_at: unixSeconds,
});
export type RunObject = z.output<typeof runObject>;

/** A job of GET /admin/benchmarks/active and of the live "progress" message. */
export const activeRun = z.object({
  id: z.string(),
  model_id: z.string(),
  dataset_id: z.string(),
  batch_id: z.string().nullable(),
  status: z.enum(runStatuses),
  /** 0 to 100. */
  progress: z.number(),
  completed: count,
  failed: count,
  total: count,
  /** Completion tokens a second, now. */
  throughput: z.number(),
  prompt_tokens_per_s: z.number(),
  cached_share: z.number().nullable(),
  eta_seconds: z.number().nullable(),
  /** Why it waits, in words, or null. */
  waiting: z.string().nullable(),
});
export type ActiveRun = z.output<typeof activeRun>;

/** Answer of POST /admin/benchmarks/import, one entry a model (a CSV with a column per model gives several). */
export const importedRun = z.object({
  id: z.string(),
  model_id: z.string(),
  matched: count,
  unmatched: count,
  /** First custom_ids that no item has. */
  unmatched_ids: z.array(z.string()),
  /** Lines that repeat an item; the last one counts. */
  repeated: count,
  /** The run that has this very file already, or null; then nothing was made and `id` is that run's. */
  duplicate_of: z.string().nullable(),
  /** The run whose place in the grid this one takes, or null. */
  supersedes: z.string().nullable(),
});
export type ImportedRun = z.output<typeof importedRun>;
