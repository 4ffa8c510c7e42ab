/** What is made of failures: the failures themselves, clusters, patterns, targeted rows, and how patterns went and came. */

import { z } from 'zod';

const count = z.number().int();
const share = z.number().min(0).max(1);
const interval = z.tuple([z.number(), z.number()]);

/** An answer that was judged wrong. `ordinal` is its place among the failures of its analysis, from 0. */
export const failure = z.object({
  ordinal: count,
  candidate_id: z.string(),
  name: z.string(),
  category: z.string().nullable(),
  benchmark_id: z.string().nullable(),
  model_id: z.string(),
  prompt: z.string(),
  answer: z.string().nullable(),
  expected: z.string().nullable(),
  /** Of 10. */
  score: z.number().nullable(),
  judge: z.string().nullable(),
  /** Why it is wrong, in the judge's words or a rule's. */
  reason: z.string().nullable(),
  /** Criteria below their mark, rules that failed, or fields that are wrong. */
  criteria: z.array(z.string()),
});
export type Failure = z.output<typeof failure>;

/** What a failure is told apart by: the judge's reason with what failed, the prompt, the answer. */
export const failureParts = ['reason', 'prompt', 'answer'] as const;
export type FailurePart = (typeof failureParts)[number];

export const clusterOptions = z.strictObject({
  /** Registered embeddings model; null: TF-IDF, which needs no model. Absent: the server's own, where it names one. */
  model: z.string().min(1).nullable().optional(),
  /** Weights of what is embedded; a part with weight 0 is left out. */
  weights: z
    .strictObject({
      reason: share.default(1),
      prompt: share.default(0.5),
      answer: share.default(0),
    })
    .prefault({}),
  /** Failures of a cluster at least; by the number of failures when absent. */
  min_size: z.number().int().min(2).optional(),
  seed: z.number().int().default(1),
  /** Failures that are clustered; the others are put to the nearest cluster. */
  sample: z.number().int().min(100).max(50_000).default(6000),
});
export type ClusterOptions = z.output<typeof clusterOptions>;

/** A group of failures alike. `cluster` is its number from 0, the largest first; -1 is "other": what is like nothing. */
export const cluster = z.object({
  cluster: z.number().int().min(-1),
  /** The group of clusters that it stands in: the second level. null for other. */
  group: count.nullable(),
  size: count,
  share,
  /** Characteristic terms by class-based TF-IDF, the most telling first. */
  terms: z.array(z.object({ term: z.string(), weight: z.number() })),
  /** Ordinals of the most central failures, and of those nearest to another cluster. */
  central: z.array(count),
  edge: z.array(count),
  categories: z.record(z.string(), count),
  models: z.record(z.string(), count),
  /** Its place on the map. */
  x: z.number(),
  y: z.number(),
});
export type Cluster = z.output<typeof cluster>;

export const severities = ['low', 'medium', 'high', 'critical'] as const;

export const labelOptions = z.strictObject({
  /** Model that names clusters; null: the terms serve as titles. */
  model: z.string().min(1).nullable().default(null),
  /** Model that tests the names; the one that names them when absent. */
  judge: z.string().min(1).optional(),
  /** Central examples shown of a cluster, and contrastive ones of its neighbours. */
  central: z.number().int().min(1).max(30).default(7),
  contrast: z.number().int().min(0).max(30).default(5),
  /** Rows held out to test a label: as many of the cluster, and as many of others. */
  held_out: z.number().int().min(2).max(100).default(10),
  /** A label below one of these is asked for again, with its errors, `max_tries` times at most. */
  min_precision: share.default(0.7),
  min_recall: share.default(0.5),
  max_tries: z.number().int().min(1).max(5).default(2),
  seed: z.number().int().default(1),
});
export type LabelOptions = z.output<typeof labelOptions>;

/** A named cluster. */
export const pattern = z.object({
  /** Of the cluster it names. */
  cluster: z.number().int().min(-1),
  size: count,
  title: z.string(),
  description: z.string(),
  /** Why the model may fail so. */
  hypothesis: z.string(),
  severity: z.enum(severities).nullable(),
  /** What training data would mend it. */
  data: z.string(),
  /** model: named by one; terms: no model was asked, or none of its names could be used. */
  titled_by: z.enum(['model', 'terms']),
  /** How the label did on rows held out, by a judge that saw the label alone; null: not tested. */
  test: z
    .object({
      judge: z.string(),
      n: count,
      precision: share.nullable(),
      precision_ci: interval.nullable(),
      recall: share.nullable(),
      recall_ci: interval.nullable(),
      /** Rows without a readable verdict. */
      unreadable: count,
    })
    .nullable(),
  /** Labels that were tried before this one, with their precision and recall. */
  tries: z.array(z.object({ title: z.string(), precision: share.nullable(), recall: share.nullable() })),
  /** What is to be known of it, in words: it is no better than chance, its title is its terms. */
  note: z.string().nullable(),
});
export type Pattern = z.output<typeof pattern>;

export const trainingFormats = ['sft', 'prompt-completion', 'dpo'] as const;
export type TrainingFormat = (typeof trainingFormats)[number];
export const difficulties = ['easy', 'medium', 'hard'] as const;

export const targetedOptions = z.strictObject({
  /** Model that writes the prompts, and the answers where `answer_model` is absent. */
  model: z.string().min(1),
  /** A stronger model that answers. */
  answer_model: z.string().min(1).optional(),
  /** Model that judges the answers; null: rules alone check them. */
  judge: z.string().min(1).nullable().default(null),
  /** Rows to keep over all patterns. */
  rows: z.number().int().min(1).max(100_000).default(50),
  /** proportional: as the patterns' failures; equal: each pattern the same. */
  balance: z.enum(['proportional', 'equal']).default('equal'),
  /** Clusters whose patterns are written for; all but "other" when absent. */
  clusters: z.array(count).min(1).optional(),
  personas: z.array(z.string().min(1).max(300)).max(50).optional(),
  /** Most rows asked for, as a multiple of `rows`: some are dropped by the checks. */
  max_factor: z.number().min(1).max(20).default(3),
  /** Jaccard similarity of word shingles from which a row is a near-duplicate of the test set or of another row. */
  near_duplicates: share.default(0.6),
  /** Score of 10 from which the judge lets an answer pass. */
  threshold: z.number().min(0).max(10).default(7),
  max_tokens: z.number().int().min(16).max(32_768).default(512),
  temperature: z.number().min(0).max(2).default(0.8),
  /** Ends asking for more when reached; what is there is kept. */
  budget: z
    .strictObject({ usd: z.number().positive().optional(), calls: z.number().int().positive().optional() })
    .optional(),
  seed: z.number().int().default(1),
});
export type TargetedOptions = z.output<typeof targetedOptions>;

export const droppedFor = [
  'unreadable',
  'empty',
  'rule',
  'judge',
  'near_duplicate_of_test_set',
  'near_duplicate_of_row',
] as const;
export type DroppedFor = (typeof droppedFor)[number];

/** A row of training data, with where it comes from. */
export const targetedRow = z.object({
  ordinal: count,
  cluster: z.number().int(),
  pattern: z.string(),
  prompt: z.string(),
  answer: z.string(),
  /** The wrong answer for DPO: what the failing model said to the failure that seeded this row, or its own try at this prompt. null: there is none. */
  rejected: z.string().nullable(),
  difficulty: z.enum(difficulties),
  persona: z.string().nullable(),
  provenance: z.object({
    /** candidate_ids of the failures that the prompt was made from. */
    seeds: z.array(z.string()),
    prompt_model: z.string(),
    answer_model: z.string(),
    /** The model whose words `rejected` is. */
    rejected_model: z.string().nullish(),
    judge: z.string().nullable(),
    score: z.number().nullable(),
    rules: z.array(z.string()),
  }),
  /** Why it is not among the training data; null: it is. */
  dropped: z.enum(droppedFor).nullable(),
  /** For a near-duplicate: what it is like, and how much. */
  like: z.object({ id: z.string(), similarity: share }).nullable(),
});
export type TargetedRow = z.output<typeof targetedRow>;

/** targeted_stats.json: what became of the rows that were written, and the leakage report. */
export const targetedStats = z.object({
  asked: count,
  kept: count,
  wanted: count,
  dropped: z.record(z.enum(droppedFor), count),
  by_pattern: z.array(z.object({ cluster: z.number().int(), pattern: z.string(), wanted: count, kept: count })),
  leakage: z.object({
    /** Prompts of the test set that rows were held against. */
    test_rows: count,
    threshold: share,
    removed: count,
    examples: z.array(z.object({ prompt: z.string(), like: z.string(), similarity: share })),
  }),
  calls: count,
  prompt_tokens: count,
  completion_tokens: count,
  cost: z.number().nullable(),
  /** Whether the budget ended it. */
  stopped_by_budget: z.boolean(),
  notes: z.array(z.string()),
});
export type TargetedStats = z.output<typeof targetedStats>;

/** How one pattern went or came between two judged runs over the same items. */
const patternChange = z.object({
  cluster: z.number().int(),
  title: z.string(),
  /** Items of the pattern that both runs were judged on. */
  n: count,
  failed_before: count,
  failed_after: count,
  mended: count,
  broken: count,
  /** Failures after less failures before, as a share of n, with its 95 % interval. */
  difference: z.number().nullable(),
  difference_ci: interval.nullable(),
  /** McNemar's exact test, two-sided; null without a discordant pair. */
  p: z.number().nullable(),
  /** gone, fewer, same, more, new: by the interval, the first and last where all or none failed before. */
  change: z.enum(['gone', 'fewer', 'same', 'more', 'new']),
});

/** GET /api/analyses/{id}/comparison. */
export const patternComparison = z.object({
  before: z.object({ judge_run_id: z.string(), model_id: z.string() }),
  after: z.object({ judge_run_id: z.string(), model_id: z.string() }),
  /** Items judged in both. */
  n: count,
  overall: patternChange.omit({ cluster: true, title: true }),
  patterns: z.array(patternChange),
  /** Failures after that were none before and are like no pattern. */
  unlike: count,
  notes: z.array(z.string()),
});
export type PatternComparison = z.output<typeof patternComparison>;
