/** Judging on the wire: rubrics, judge runs, judgments, estimates and the figures of a judge run. */

import { z } from 'zod';
import { ruleSchema } from './judge-rules.ts';
import { unixSeconds } from './lists.ts';
import { metricNames } from './similarity.ts';

const count = z.number().int();
const share = z.number().min(0).max(1);

export const judgeModes = ['rules', 'metrics', 'single', 'batch', 'pairwise'] as const;
export type JudgeMode = (typeof judgeModes)[number];
export const judgeTypes = ['rule', 'metric', 'llm', 'human'] as const;
export type JudgeType = (typeof judgeTypes)[number];
export const onErrors = ['skip', 'retry', 'fail'] as const;
/** What a comparison of two answers says. `undecided`: the verdict followed the order in which they stood. */
export const preferences = ['a', 'b', 'tie', 'undecided'] as const;
export type Preference = (typeof preferences)[number];

/** What is asked of an answer. Scores run from `min` to `max`; `pass` is the mark from which it is met. */
export const criterion = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be lower case letters, digits and _, beginning with a letter'),
    description: z.string().min(1).max(4000),
    min: z.number().default(1),
    max: z.number().default(10),
    pass: z.number().default(7),
    /** Weight in the overall score. */
    weight: z.number().positive().default(1),
  })
  .refine(({ min, max }) => min < max, { error: 'must have a max above its min', path: ['max'] })
  .refine(({ min, max, pass }) => pass >= min && pass <= max, {
    error: 'must lie between min and max',
    path: ['pass'],
  });
export type Criterion = z.output<typeof criterion>;

/** A rubric as it is kept; changed, it becomes the next version, and judgments name the one they were made by. */
export const newRubric = z.strictObject({
  name: z.string().min(1).max(200),
  criteria: z
    .array(criterion)
    .min(1)
    .max(20)
    .refine((list) => new Set(list.map((one) => one.name)).size === list.length, 'must not name a criterion twice'),
  /** What the judge is told beside the criteria: the task, the policy, what counts as wrong. */
  instructions: z.string().max(20_000).default(''),
  /** Rules that run before the judge; those that say so spare it the call. */
  rules: z.array(ruleSchema).max(50).default([]),
});
export type NewRubric = z.output<typeof newRubric>;
export const rubric = newRubric.extend({
  id: z.string(),
  version: count,
  /** Whether it comes with Assay; such a one cannot be changed, only copied. */
  built_in: z.boolean(),
  created_at: unixSeconds,
});
export type Rubric = z.output<typeof rubric>;

/** What ends a judge run before its time; absent is no limit. Answers that were asked about are still asked about again where that is needed. */
export const judgeBudget = z.strictObject({
  usd: z.number().positive().optional(),
  calls: z.number().int().positive().optional(),
  tokens: z.number().int().positive().optional(),
});

/** What a judge is asked with, in a judge run of its own and in the `llm_judge` of a run. */
const asking = {
  /** Ids of registered models; several are a panel. */
  judge_models: z.array(z.string().min(1)).max(9).optional(),
  judge_model: z.string().min(1).optional(),
  /** How a panel comes to one verdict: the median of the scores and the majority of the passes, or the mean. */
  panel: z.enum(['majority', 'mean']).default('majority'),
  rubric_id: z.string().optional(),
  /** The newest when absent. */
  rubric_version: z.number().int().min(1).optional(),
  /** Names of criteria of the rubric, or criteria of its own; all of the rubric's when absent. */
  criteria: z
    .array(z.union([z.string(), criterion]))
    .min(1)
    .max(20)
    .optional(),
  /** Answers in one call. */
  batch_size: z.number().int().min(1).max(50).default(10),
  /** Share of the answers that is judged, the same ones each time by `seed`. */
  sample_rate: share.default(1),
  seed: z.number().int().default(1),
  on_error: z.enum(onErrors).default('skip'),
  max_retries: z.number().int().min(0).max(10).default(3),
  budget: judgeBudget.optional(),
};

/** POST /api/evaluation/runs and /estimate. */
export const newJudgeRun = z.strictObject({
  benchmark_id: z.string(),
  /** The run that pairwise compares it with. */
  other_benchmark_id: z.string().optional(),
  mode: z.enum(judgeModes),
  ...asking,
  /** From this score of 10 on an answer passes. */
  threshold: z.number().min(0).max(10).default(7),
  /** Whether the judge sees the item's expected answer, where there is one. */
  reference: z.boolean().default(true),
  /** Share of the answers of batched calls that is judged again one by one; agreement with the batched verdict is shown. */
  check_rate: share.default(0.07),
  /** Kappa of that agreement below which fewer answers go into one call. */
  min_agreement: z.number().min(-1).max(1).default(0.6),
  rules: z.array(ruleSchema).max(50).optional(),
  /** Metrics mode: the one that fits the item's category when absent. */
  metric: z.enum(metricNames).optional(),
  /** Metrics mode: share from which an answer passes; the metric's own when absent. */
  metric_threshold: share.optional(),
});
export type NewJudgeRun = z.output<typeof newJudgeRun>;

/** `llm_judge` of POST /admin/benchmarks/run: results are judged while the run is going. */
export const llmJudge = z.strictObject({
  enabled: z.boolean().default(false),
  mode: z.enum(['single', 'batch']).default('batch'),
  threshold: z.number().min(0).max(10).default(7),
  ...asking,
});
export type LlmJudge = z.output<typeof llmJudge>;

/** What a judge run will take. null: unknown, never guessed. */
export const judgeEstimate = z.object({
  /** Answers that will be judged; those of them that rules spare the call are not known before. */
  answers: count,
  calls: count,
  prompt_tokens: count.nullable(),
  completion_tokens: count.nullable(),
  seconds: z.number().nullable(),
  /** USD, where every judge has a price. */
  cost: z.number().nullable(),
  /** The oldest day on which a price of the judges was read, as YYYY-MM-DD; null: their prices have no date, or there is none. */
  price_as_of: z.string().nullable(),
  /** What one call an answer would take instead. */
  calls_one_by_one: count,
  prompt_tokens_one_by_one: count.nullable(),
  /** How the figures came about, in words. */
  basis: z.string(),
});
export type JudgeEstimate = z.output<typeof judgeEstimate>;

export const judgeRunStatuses = [
  'running',
  'completed',
  'failed',
  'cancelled',
  'stopped_by_budget',
  'imported',
] as const;
export type JudgeRunStatus = (typeof judgeRunStatuses)[number];

/** How batched verdicts agree with verdicts of the same answers judged one by one. */
export const batchingCheck = z.object({
  n: count,
  kappa: z.number().nullable(),
  kappa_ci: z.tuple([z.number(), z.number()]).nullable(),
  /** Mean of batched score minus single score. */
  mean_difference: z.number().nullable(),
  /** Answers a call now, after what the check made of it. */
  batch_size: count,
});
export type BatchingCheck = z.output<typeof batchingCheck>;

export const judgeRunObject = z.object({
  id: z.string(),
  benchmark_id: z.string(),
  other_benchmark_id: z.string().nullable(),
  dataset_id: z.string(),
  mode: z.enum([...judgeModes, 'human']),
  source: z.enum(['assay', 'import']),
  /** Whether it judges a run that is still going. */
  follows: z.boolean(),
  judges: z.array(z.string()),
  rubric_id: z.string().nullable(),
  rubric_version: count.nullable(),
  threshold: z.number(),
  status: z.enum(judgeRunStatuses),
  /** Why it failed or waits, in words, or null. */
  problem: z.string().nullable(),
  settings: z.record(z.string(), z.unknown()),
  answers: count,
  judged: count,
  /** Answers without a usable verdict, and answers that rules spared the call. */
  failed: count,
  spared: count,
  passed: count,
  calls: count,
  /** Calls for verdicts that were missing, doubled or could not be read. */
  asked_again: count,
  prompt_tokens: count,
  completion_tokens: count,
  cached_tokens: count.nullable(),
  cost: z.number().nullable(),
  batch_ids: z.array(z.string()),
  check: batchingCheck.nullable(),
  created_at: unixSeconds,
  ended_at: unixSeconds.nullable(),
});
export type JudgeRunObject = z.output<typeof judgeRunObject>;
