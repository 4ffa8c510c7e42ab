/** Judging at once, without a judge run: what POST /api/evaluation/judge takes and gives, and what a judge can be asked. */

import { z } from 'zod';
import { ruleKinds } from './judge-rules.ts';
import { criterion, judgeModes, newRubric, preferences } from './judging.ts';
import { metricNames } from './similarity.ts';

const count = z.number().int();

/** Answers of one request at most; more are a judge run. */
const itemsAtOnce = 50;

/** POST /api/evaluation/judge: one or many answers, judged before the reply. */
export const judgeNow = z
  .strictObject({
    judge_model: z.string().min(1),
    /** pairwise compares `answer` with `other_answer` in both orders. */
    mode: z.enum(['single', 'batch', 'pairwise']).default('single'),
    /** Answers in one call of mode batch. */
    batch_size: z.number().int().min(1).max(itemsAtOnce).default(10),
    rubric_id: z.string().optional(),
    rubric_version: z.number().int().min(1).optional(),
    /** A rubric that is not kept: an editor's draft. */
    rubric: newRubric.optional(),
    criteria: z
      .array(z.union([z.string(), criterion]))
      .min(1)
      .max(20)
      .optional(),
    threshold: z.number().min(0).max(10).default(7),
    reference: z.boolean().default(true),
    items: z
      .array(
        z.strictObject({
          /** Comes back with the verdict; its place in the list when absent. */
          id: z.string().max(200).optional(),
          /** The question: a text, or an object as rows of a dataset are. */
          input: z.union([z.string(), z.record(z.string(), z.unknown())]),
          answer: z.string(),
          other_answer: z.string().optional(),
          expected: z.string().optional(),
        }),
      )
      .min(1)
      .max(itemsAtOnce)
      .optional(),
    /** Instead of items: answers of a benchmark, drawn by the seed. */
    benchmark_id: z.string().optional(),
    sample: z.number().int().min(1).max(itemsAtOnce).default(5),
    seed: z.number().int().default(1),
  })
  .refine(({ items, benchmark_id }) => (items === undefined) !== (benchmark_id === undefined), {
    error: 'is needed, or benchmark_id; one of the two',
    path: ['items'],
  })
  .refine(({ mode, items }) => mode !== 'pairwise' || (items ?? []).every((item) => item.other_answer !== undefined), {
    error: 'must each hold other_answer, since mode is pairwise',
    path: ['items'],
  });
export type JudgeNow = z.output<typeof judgeNow>;

export const judgedNow = z.object({
  judge: z.string(),
  data: z.array(
    z.object({
      id: z.string(),
      name: z.string().nullable(),
      content: z.string().nullable(),
      score: z.number().nullable(),
      pass: z.boolean().nullable(),
      preference: z.enum(preferences).nullable(),
      criteria: z.record(z.string(), z.number()),
      reasoning: z.string().nullable(),
      confidence: z.number().nullable(),
      error: z.string().nullable(),
      error_detail: z.string().nullable(),
    }),
  ),
  calls: count,
  prompt_tokens: count.nullable(),
  completion_tokens: count.nullable(),
  /** USD; null: the judge has no price. */
  cost: z.number().nullable(),
});
export type JudgedNow = z.output<typeof judgedNow>;

/** GET /api/evaluation/judge: what can be asked, and of whom. */
export const judgingChoices = z.object({
  criteria: z.array(criterion),
  modes: z.array(z.enum(judgeModes)),
  rules: z.array(z.enum(ruleKinds)),
  metrics: z.array(z.enum(metricNames)),
  judges: z.array(
    z.object({
      /** A registered model, or openai/, anthropic/ or hf/ and the provider's name of one. */
      id: z.string(),
      /** null: runs on machines of one's own. */
      provider: z.enum(['openai', 'anthropic', 'hf']).nullable(),
      /** Environment variable of its key, and whether it is set. */
      api_key_env: z.string().nullable(),
      ready: z.boolean(),
      /** USD a million tokens; null: unknown. */
      prompt_per_million: z.number().nullable(),
      completion_per_million: z.number().nullable(),
      /** Day the price was read, as YYYY-MM-DD. */
      price_as_of: z.string().nullable(),
    }),
  ),
});
export type JudgingChoices = z.output<typeof judgingChoices>;
