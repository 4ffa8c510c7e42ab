/** The results grid, its figures and its live messages. */

import { z } from 'zod';
import { gpu } from './gpu.ts';
import { activeRun } from './runs.ts';

const count = z.number().int();
export const annotationKinds = ['golden', 'fix', 'wrong'] as const;
export type AnnotationKind = (typeof annotationKinds)[number];
export const parses = ['json', 'repaired', 'text', 'none'] as const;

/** One model's answer in the grid. `content` is cut at 2,000 characters there; the whole comes from /admin/workbench/item. */
export const cell = z.object({
  run_id: z.string(),
  status: z.enum(['ok', 'failed']),
  content: z.string().nullable(),
  /** Whether content was cut. */
  cut: z.boolean(),
  error: z.string().nullable(),
  decision: z.string().nullable(),
  fields: z.record(z.string(), z.unknown()).nullable(),
  parse: z.enum(parses),
  /** Completion tokens. */
  tokens: count.nullable(),
  prompt_tokens: count.nullable(),
  cached_tokens: count.nullable(),
  latency_ms: count.nullable(),
  first_token_ms: count.nullable(),
  finish_reason: z.string().nullable(),
  scores: z.record(z.string(), z.number()).nullable(),
  /** Whether it is right by the item's expected answer, as `right` of the agreement counts it; null: cannot be judged. */
  right: z.boolean().nullable(),
  annotation: z.enum(annotationKinds).nullable(),
});
export type Cell = z.output<typeof cell>;

export const gridItem = z.object({
  candidate_id: z.string(),
  ordinal: count,
  name: z.string(),
  category: z.string().nullable(),
  differs: z.boolean(),
  diff_fields: z.array(z.string()),
  results: z.record(z.string(), cell),
});
export type GridItem = z.output<typeof gridItem>;

export const gridFilters = ['differences', 'golden', 'fixed', 'wrong', 'needs_review', 'failed'] as const;
export const gridSorts = ['position', 'disagreement', 'score', 'length', 'latency'] as const;

const many = <T extends z.ZodType>(each: T) => z.preprocess((v) => (v === undefined ? [] : [v].flat()), z.array(each));

/** What chooses rows; all of it combined with AND. Repeatable fields may stand several times in the query. */
export const gridFilter = z.object({
  dataset_id: z.string(),
  /** Columns, in this order, and what "differs" is over; all current models when absent. Repeatable, or joined by commas. */
  models: many(z.string()).transform((names) => names.flatMap((name) => name.split(',')).filter((name) => name !== '')),
  filter: many(z.enum(gridFilters)),
  differs_at: many(z.string()),
  agree_on: many(z.string()),
  category: many(z.string()),
  /** Decision of one model, as "model=value": a cell of a confusion matrix is two of them. */
  decided: many(z.string().regex(/^[^=]+=/, 'must be model=value')),
  /** Words that the item or one of its answers holds. */
  q: z.string().max(500).optional(),
  /** A cluster of an analysis, as "AN_ID:CLUSTER" (-1: other): items whose answers failed in that way; with models, those that failed by them. */
  cluster: z
    .string()
    .regex(/^[\w-]{1,100}:(-1|\d{1,6})$/, 'must be an_...:NUMBER')
    .optional(),
  score_min: z.coerce.number().optional(),
  score_max: z.coerce.number().optional(),
});
export type GridFilter = z.output<typeof gridFilter>;

export const gridQuery = gridFilter.extend({
  sort: z.enum(gridSorts).default('position'),
  after: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  /** Rows to pass over from `after` on, so that a far place is reached in one go. */
  skip: z.coerce.number().int().min(0).max(1_000_000).optional(),
  /** Characters at which a cell's content is cut; 2,000 when absent. */
  preview: z.coerce.number().int().min(0).max(2000).optional(),
});
export type GridQuery = z.output<typeof gridQuery>;

/** Answer of GET /admin/workbench/results. `next` is the `after` of the next page. */
export const gridPage = z.object({
  total: count,
  filtered: count,
  /** Whether `filtered` is an estimate: for a search for words that many rows hold. */
  estimated: z.boolean().optional(),
  next: z.string().nullable(),
  /** Rows that were passed over, as `skip` asked. */
  skipped: count.optional(),
  models: z.array(z.string()),
  items: z.array(gridItem),
});
export type GridPage = z.output<typeof gridPage>;

/** Answer of GET /admin/workbench/item: everything there is of one item. */
export const wholeItem = z.object({
  candidate_id: z.string(),
  ordinal: count,
  name: z.string(),
  category: z.string().nullable(),
  truth: z.string().nullable(),
  input: z.unknown(),
  differs: z.boolean(),
  diff_fields: z.array(z.string()),
  results: z.record(
    z.string(),
    cell.extend({
      /** The body that was sent, as JSON; null for answers made elsewhere. */
      request: z.unknown().nullable(),
      annotation_detail: z
        .object({
          kind: z.enum(annotationKinds),
          content: z.string().nullable(),
          note: z.string().nullable(),
          annotator: z.string(),
          created_at: count,
        })
        .nullable(),
    }),
  ),
});
export type WholeItem = z.output<typeof wholeItem>;

const interval = z.tuple([z.number(), z.number()]);

/** Answer of GET /admin/workbench/agreement. Intervals are 95 % percentile bootstrap over items. */
export const agreement = z.object({
  /** Items with two or more readable decisions. */
  n: count,
  field: z.string().nullable(),
  /** Krippendorff's alpha, nominal, over all models; null when it is not defined. */
  alpha: z.number().nullable(),
  alpha_ci: interval.nullable(),
  /** Mean share of pairs of models that agree on an item, 0 to 100; so are the other percents here. */
  percent: z.number().nullable(),
  /** Items on which all models agree. */
  all_agree: count,
  pairs: z.array(
    z.object({
      a: z.string(),
      b: z.string(),
      n: count,
      percent: z.number(),
      kappa: z.number().nullable(),
      kappa_ci: interval.nullable(),
      /** b: a right and b wrong; c: the reverse; exact two-sided p. null without a truth. */
      mcnemar: z.object({ b: count, c: count, p: z.number() }).nullable(),
    }),
  ),
  /** Right answers by model, where there is a truth; absent otherwise. */
  right: z.record(z.string(), count).optional(),
  judged: z.record(z.string(), count).optional(),
  /** The same percent and alpha for each category and for each field. */
  by_category: z.array(
    z.object({ category: z.string().nullable(), n: count, percent: z.number(), alpha: z.number().nullable() }),
  ),
  by_field: z.array(z.object({ field: z.string(), n: count, percent: z.number(), alpha: z.number().nullable() })),
});
export type Agreement = z.output<typeof agreement>;

/** Answer of GET /admin/workbench/stats: what the right-hand column draws. */
export const stats = z.object({
  decision_path: z.string().nullable(),
  /** Fields seen in the answers, with how often and in how many values. */
  fields: z.array(z.object({ path: z.string(), seen: count, values: count })),
  models: z.array(
    z.object({
      model_id: z.string(),
      run_id: z.string(),
      answers: count,
      failed: count,
      parse: z.record(z.enum(parses), count),
      decisions: z.array(z.object({ value: z.string().nullable(), count })),
      /** Upper edges in ms (doubling) and counts. */
      latency: z.array(z.object({ upto: z.number(), count })),
      tokens: z.array(z.object({ upto: z.number(), count })),
    }),
  ),
  /** Decisions of two models against each other, for the first two models of the query. */
  confusion: z
    .object({
      a: z.string(),
      b: z.string(),
      cells: z.array(z.object({ a: z.string().nullable(), b: z.string().nullable(), count })),
    })
    .nullable(),
  annotations: z.object({ golden: count, fix: count, wrong: count }),
});
export type Stats = z.output<typeof stats>;

/** What a client of /ws/workbench sends. `since` is the last cursor it saw. */
export const liveSubscribe = z.object({
  type: z.literal('subscribe'),
  since: z.number().int().nonnegative().optional(),
  dataset_id: z.string().optional(),
});

/**
 * What the server sends. A result carries what the grid needs of it; "behind" tells a client to fetch its page again.
 * "runs" says that runs of a dataset have come, gone, ended or begun again; "datasets" that the list of datasets, or the
 * settings or progress of one, is another. Neither has a cursor: what changes while a client is away is not told again,
 * so one that connects fetches its lists anew.
 */
export const liveMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), cursor: count }),
  z.object({ type: z.literal('progress'), jobs: z.array(activeRun) }),
  z.object({
    type: z.literal('result'),
    cursor: count,
    result: z.object({
      dataset_id: z.string(),
      version_id: z.string(),
      candidate_id: z.string(),
      ordinal: count,
      model_id: z.string(),
      cell,
      differs: z.boolean(),
      diff_fields: z.array(z.string()),
      committed_at: z.number(),
    }),
  }),
  z.object({
    type: z.literal('annotation'),
    cursor: count,
    annotation: z.object({
      dataset_id: z.string(),
      candidate_id: z.string(),
      model_id: z.string(),
      kind: z.enum(annotationKinds).nullable(),
    }),
  }),
  z.object({ type: z.literal('gpu'), gpus: z.array(gpu) }),
  z.object({ type: z.literal('runs'), dataset_id: z.string() }),
  z.object({ type: z.literal('datasets') }),
  z.object({ type: z.literal('behind'), cursor: count }),
]);
export type LiveMessage = z.output<typeof liveMessage>;
