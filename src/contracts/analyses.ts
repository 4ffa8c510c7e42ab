/** Analyses on the wire: the steps from a test set to targeted data, each with its counts, time and cost. */

import { z } from 'zod';
import { newJudgeRun } from './judging.ts';
import { unixSeconds } from './lists.ts';
import { cluster, clusterOptions, failure, labelOptions, pattern, targetedOptions, targetedStats } from './mining.ts';
import { newRun } from './runs.ts';
import { sampleOptions } from './sampling.ts';

const count = z.number().int();

/** In the order in which they are done. */
export const analysisSteps = ['test_set', 'outputs', 'judge', 'cluster', 'label', 'generate'] as const;
export type AnalysisStep = (typeof analysisSteps)[number];

/** How the answers are judged; as in a judge run, without the run. Pairs and similarity give no failures by themselves. */
const judgeOptions = newJudgeRun
  .omit({ benchmark_id: true, other_benchmark_id: true, mode: true })
  .extend({ mode: z.enum(['rules', 'metrics', 'single', 'batch']).default('rules') });

/**
 * POST /api/analyses. Begins with a dataset and models (all steps), or with judge runs that are there (from `cluster` on). Asked for again with the very
 * same content it is the same analysis, which goes on where it stopped.
 */
export const newAnalysis = z.strictObject({
  name: z.string().min(1).max(200).optional(),
  dataset_id: z.string().optional(),
  model_ids: z.array(z.string().min(1)).min(1).max(9).optional(),
  judge_run_ids: z.array(z.string()).min(1).max(9).optional(),
  /** Absent: the whole dataset is the test set. */
  test_set: sampleOptions.optional(),
  outputs: newRun
    .pick({ limit: true, params: true, template: true, template_id: true, context: true })
    .strict()
    .prefault({}),
  judge: judgeOptions.prefault({}),
  cluster: clusterOptions.prefault({}),
  label: labelOptions.prefault({}),
  /** Absent: no targeted data is made. */
  generate: targetedOptions.optional(),
  /** This step and all behind it are done anew; no part of the content by which an analysis is found again. */
  from: z.enum(analysisSteps).optional(),
});
export type NewAnalysis = z.output<typeof newAnalysis>;

/** Answer of POST /api/analyses/estimate: what each step would take, those that are left out missing. null: unknown, never guessed. */
export const analysisEstimate = z.object({
  steps: z.array(
    z.object({
      step: z.enum(analysisSteps),
      calls: count.nullable(),
      prompt_tokens: count.nullable(),
      completion_tokens: count.nullable(),
      seconds: z.number().nullable(),
      /** USD, where every model of the step has a price. */
      cost: z.number().nullable(),
      /** How the figures came about, in words. */
      basis: z.string(),
    }),
  ),
});
export type AnalysisEstimate = z.output<typeof analysisEstimate>;

export const analysisStatuses = ['running', 'completed', 'failed', 'cancelled'] as const;
export type AnalysisStatus = (typeof analysisStatuses)[number];
/** skipped: not part of this analysis. reused: nothing of what it takes in had changed, so what was there is taken. */
export const stepStatuses = ['waiting', 'running', 'done', 'reused', 'skipped', 'failed'] as const;
export type StepStatus = (typeof stepStatuses)[number];

export const stepObject = z.object({
  step: z.enum(analysisSteps),
  status: z.enum(stepStatuses),
  /** Rows, answers, calls done of how many; null while nobody knows. */
  done: count,
  total: count.nullable(),
  /** What came out, by name: failures, clusters, rows kept. */
  counts: z.record(z.string(), z.number()),
  /** Calls made for this analysis, not those whose replies were there. */
  calls: count,
  prompt_tokens: count,
  completion_tokens: count,
  cost: z.number().nullable(),
  /** sha256 of all it takes in, hexadecimal; null before it began. */
  inputs: z.string().nullable(),
  /** What it does now, or what is to be known of how it did. */
  note: z.string().nullable(),
  started_at: unixSeconds.nullable(),
  ended_at: unixSeconds.nullable(),
});
export type StepObject = z.output<typeof stepObject>;

export const analysisObject = z.object({
  id: z.string(),
  name: z.string(),
  status: z.enum(analysisStatuses),
  problem: z.string().nullable(),
  /** assay: judged here; import: a file of judged answers. */
  source: z.enum(['assay', 'import']),
  /** Where it began, and the dataset of its test set once there is one. */
  dataset_id: z.string().nullable(),
  test_dataset_id: z.string().nullable(),
  model_ids: z.array(z.string()),
  benchmark_ids: z.array(z.string()),
  judge_run_ids: z.array(z.string()),
  settings: z.record(z.string(), z.unknown()),
  steps: z.array(stepObject),
  failures: count,
  clusters: count,
  created_at: unixSeconds,
  ended_at: unixSeconds.nullable(),
});
export type AnalysisObject = z.output<typeof analysisObject>;

/** GET /api/analyses/{id}: with what was found. */
export const wholeAnalysis = analysisObject.extend({
  /** model: by `model`'s embeddings; tfidf: by words. null before. */
  vectors: z.object({ by: z.enum(['model', 'tfidf']), model: z.string().nullable() }).nullable(),
  /** Clusters with their patterns, the largest first, "other" last. */
  found: z.array(z.object({ cluster, pattern: pattern.nullable() })),
  groups: z.array(z.object({ group: count, clusters: z.array(count), size: count, title: z.string() })),
  targeted: targetedStats.nullable(),
});
export type WholeAnalysis = z.output<typeof wholeAnalysis>;

/** GET /api/analyses/{id}/failures. */
export const failureQuery = z.object({
  cluster: z.coerce.number().int().min(-1).optional(),
  category: z.string().optional(),
  model_id: z.string().optional(),
  after: z.coerce.number().int().min(-1).default(-1),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});
export type FailureQuery = z.output<typeof failureQuery>;
export const failurePage = z.object({
  data: z.array(failure.extend({ cluster: z.number().int().min(-1).nullable() })),
  next: count.nullable(),
});
export type FailurePage = z.output<typeof failurePage>;

/** GET /api/analyses/{id}/map: every failure as a point, in parallel lists, `ordinal` by place. At most `limit`, drawn evenly by seed. */
export const failureMap = z.object({
  total: count,
  ordinal: z.array(count),
  x: z.array(z.number()),
  y: z.array(z.number()),
  cluster: z.array(z.number().int()),
});
export type FailureMap = z.output<typeof failureMap>;

/** POST /api/analyses/{id}/resume: goes on; with `from` the step and all behind it are done anew. */
export const resumeAnalysis = z.strictObject({
  from: z.enum(analysisSteps).optional(),
  /** Takes the place of what was asked for before, from the step that it is of. */
  generate: targetedOptions.optional(),
});

/** The files of an analysis, by the step that makes them. */
export const analysisFiles = {
  test_set: ['test_dataset.jsonl', 'test_dataset_stats.json'],
  outputs: ['model_outputs.jsonl', 'generation_stats.json'],
  judge: ['judged_results.jsonl', 'failures.jsonl', 'summary.json'],
  cluster: ['clusters.json'],
  label: ['patterns.json'],
  generate: ['targeted_sft.jsonl', 'targeted_prompt_completion.jsonl', 'targeted_dpo.jsonl', 'targeted_stats.json'],
} as const satisfies Record<AnalysisStep, string[]>;
export type AnalysisFile = (typeof analysisFiles)[AnalysisStep][number];

/** A line of a file of judged answers that was made elsewhere: POST /api/analyses/import. Judged by `pass`, or by `score` and the threshold. */
export const judgedLine = z.object({
  candidate_id: z.string().min(1).max(512).optional(),
  custom_id: z.string().min(1).max(512).optional(),
  id: z.union([z.string(), z.number()]).optional(),
  name: z.string().optional(),
  category: z.string().nullish(),
  model_id: z.string().min(1).max(200).optional(),
  prompt: z.string().optional(),
  content: z.string().nullish(),
  expected: z.string().nullish(),
  pass: z.boolean().nullish(),
  score: z.number().nullish(),
  reasoning: z.string().nullish(),
  judge: z.string().optional(),
  criteria: z.record(z.string(), z.number()).optional(),
});
