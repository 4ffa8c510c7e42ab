/** Judgments on the wire: one verdict, a page of them, and the figures of all of a judge run. */

import { z } from 'zod';
import { judgeRunObject, judgeTypes, preferences } from './judging.ts';
import { unixSeconds } from './lists.ts';

const count = z.number().int();
const share = z.number().min(0).max(1);

/** One verdict. `score` is of 10; `pass` follows from the threshold asked for, unless the judge itself only says yes or no. */
export const judgment = z.object({
  judge_run_id: z.string(),
  candidate_id: z.string(),
  ordinal: count,
  name: z.string(),
  category: z.string().nullable(),
  benchmark_id: z.string(),
  model_id: z.string(),
  judge_type: z.enum(judgeTypes),
  /** Model id, metric, "rules", or who said it. */
  judge: z.string(),
  /** verdict: the one that counts; check: the same answer judged alone; ab, ba: one order of a comparison. */
  part: z.enum(['verdict', 'check', 'ab', 'ba']),
  score: z.number().nullable(),
  pass: z.boolean().nullable(),
  preference: z.enum(preferences).nullable(),
  criteria: z.record(z.string(), z.number()),
  reasoning: z.string().nullable(),
  confidence: share.nullable(),
  /** Why there is no verdict: unusable (after repair), missing, doubled, call_failed, refused, no_answer; or null. */
  error: z.string().nullable(),
  error_detail: z.string().nullable(),
  rubric_version: count.nullable(),
  /** Place among the answers of its call, from 0, and how many there were. */
  position: count.nullable(),
  of: count.nullable(),
  /** Its share of the call's tokens. */
  prompt_tokens: z.number().nullable(),
  completion_tokens: z.number().nullable(),
  content: z.string().nullable(),
  /** The answer it is compared with, where two are compared. */
  other_content: z.string().nullable(),
  expected: z.string().nullable(),
  /** What each judge says, where the verdict is that of several. */
  panel: z
    .array(
      z.object({
        judge: z.string(),
        score: z.number().nullable(),
        pass: z.boolean().nullable(),
        preference: z.enum(preferences).nullable(),
        reasoning: z.string().nullable(),
        error: z.string().nullable(),
      }),
    )
    .nullable(),
  /** What most people say of the answer; null where they say nothing, and unless `labels` or `human` asked for it. */
  human: z.string().nullable(),
  created_at: unixSeconds,
});
export type Judgment = z.output<typeof judgment>;

/** What a verdict can be chosen by; unusable: there is none. */
export const said = ['pass', 'fail', 'a', 'b', 'tie', 'undecided', 'unusable'] as const;
export type JudgeSays = (typeof said)[number];

/** queue: the labelling queue; annotations: golden as pass, fix and wrong as fail; a judge run of people, by its id; all. */
export const labelSource = z.union([
  z.enum(['all', 'queue', 'annotations']),
  z.string().regex(/^jr_/, 'must be all, queue, annotations or jr_...'),
]);

/** GET /api/evaluation/judgments. */
export const judgmentQuery = z.object({
  judge_run_id: z.string(),
  /** Of 10; the run's own when absent. No judge is called for another one. */
  threshold: z.coerce.number().min(0).max(10).optional(),
  /** disputed: the judges of the panel do not say the same. */
  show: z.enum(['all', 'passed', 'failed', 'errors', 'disputed']).default('all'),
  category: z.string().optional(),
  part: z.enum(['verdict', 'check', 'ab', 'ba']).default('verdict'),
  /** One judge of a panel, or one of several people; the verdict that counts when absent. */
  judge: z.string().optional(),
  /** People's labels to show and to choose by, as in the query of the trust panel; all when only `human` is given. */
  labels: labelSource.optional(),
  /** Only answers that most people say this of: pass, fail, a, b or tie. */
  human: z.string().max(100).optional(),
  /** Only verdicts that say this. As in the confusion of the trust panel, tie holds those that followed the order. */
  says: z.enum(said).optional(),
  after: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});
export type JudgmentQuery = z.output<typeof judgmentQuery>;

/** Figures of the verdicts of one group of answers. `pass_ci` is a 95 % Wilson interval. */
const groupFigures = z.object({
  n: count,
  errors: count,
  passed: count,
  pass_rate: z.number().nullable(),
  pass_ci: z.tuple([z.number(), z.number()]).nullable(),
  mean: z.number().nullable(),
});
export type GroupFigures = z.output<typeof groupFigures>;

/** GET /api/evaluation/runs/{id}/summary, and summary.json of its files. */
export const judgeSummary = groupFigures.extend({
  judge_run: judgeRunObject,
  threshold: z.number(),
  categories: z.record(z.string(), groupFigures),
  /** By criterion: mean of its scores and share at or above its own mark. */
  criteria: z.record(z.string(), z.object({ n: count, mean: z.number(), pass: z.number(), pass_rate: z.number() })),
  /** Verdicts with a score from i to below i + 1, i from 0 to 10. */
  histogram: z.array(count).length(11),
  error_codes: z.record(z.string(), count),
  /** Pairwise: how often each was preferred. */
  preferences: z.record(z.enum(preferences), count).nullable(),
});
export type JudgeSummary = z.output<typeof judgeSummary>;
