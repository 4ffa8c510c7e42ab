/** People's verdicts on the wire: the labelling queue, imported judgments, and how far a judge can be trusted by them. */

import { z } from 'zod';
import { judgeTypes } from './judging.ts';
import { labelSource } from './judgments.ts';

const count = z.number().int();
const interval = z.tuple([z.number(), z.number()]).nullable();

export const samples = ['audit', 'picked'] as const;
/** audit: drawn at random; picked: chosen since judges disagreed or were unsure, so that it says nothing about all answers. */
export type Sample = (typeof samples)[number];

/** What a person says of an answer (pass, fail) or of two (a, b, tie); unsure: seen, and neither. */
export const humanVerdicts = ['pass', 'fail', 'a', 'b', 'tie', 'unsure'] as const;
export type HumanVerdict = (typeof humanVerdicts)[number];

/** Answers of the audit sample. */
const auditSize = z.coerce.number().int().min(1).max(100_000).default(100);

/** POST /api/evaluation/labels; said again, the newer stands. */
export const newLabel = z.strictObject({
  benchmark_id: z.string(),
  /** The run that stands as b, where two answers are compared. */
  other_benchmark_id: z.string().optional(),
  candidate_id: z.string(),
  verdict: z.enum(humanVerdicts),
  sample: z.enum(samples),
  note: z.string().max(20_000).optional(),
  /** Who says it; the user's name when absent. */
  labeller: z.string().min(1).max(200).optional(),
  /** As in the query of the queue, for the progress of the reply. */
  audit_size: auditSize,
});
export type NewLabel = z.output<typeof newLabel>;

/** GET /api/evaluation/labels/next. */
export const labelQuery = z.object({
  benchmark_id: z.string(),
  other_benchmark_id: z.string().optional(),
  sample: z.enum(samples),
  /** Whose disagreement, confidence and nearness to the threshold order the picked ones; needed for `picked`. */
  judge_run_id: z.string().optional(),
  labeller: z.string().min(1).max(200).optional(),
  audit_size: auditSize,
  /** Ids of items passed over, repeated in the query: those on the page now, of which the labels are not yet kept. */
  skip: z.preprocess((v) => (v === undefined ? [] : [v].flat()), z.array(z.string()).max(200)),
});
export type LabelQuery = z.output<typeof labelQuery>;

/** The next answer to label, without anything a judge said and without the name of its model. null: none is left. */
export const labelTask = z.object({
  task: z
    .object({
      candidate_id: z.string(),
      ordinal: count,
      name: z.string(),
      category: z.string().nullable(),
      /** The item as it was read. */
      input: z.unknown(),
      expected: z.string().nullable(),
      content: z.string().nullable(),
      /** The answer of the other run, where two are compared. */
      other_content: z.string().nullable(),
      /** Which of the two stands first on the page, drawn by the item so that places tell nothing. */
      first: z.enum(['a', 'b']),
    })
    .nullable(),
  progress: z.object({
    /** Answers of the audit sample, and how many of them are labelled. */
    audit: z.object({ labelled: count, size: count }),
    picked: z.object({ labelled: count }),
  }),
});
export type LabelTask = z.output<typeof labelTask>;

/** Query of DELETE /api/evaluation/labels: whose label of which answer is taken back. */
export const labelPlace = labelQuery
  .pick({ benchmark_id: true, other_benchmark_id: true, labeller: true, audit_size: true })
  .extend({ candidate_id: z.string() });
export type LabelPlace = z.output<typeof labelPlace>;

/** The reply to a label that was kept, or taken back. */
export const labelKept = labelTask.pick({ progress: true }).extend({ labelled: z.boolean() });
export type LabelKept = z.output<typeof labelKept>;

/** Query of POST /api/evaluation/judgments/import; the body is JSON Lines of {@link importedJudgment}. */
export const judgmentImport = z.object({
  benchmark_id: z.string(),
  other_benchmark_id: z.string().optional(),
  judge_type: z.enum(judgeTypes),
  /** Who judged, where a line does not say. */
  judge: z.string().min(1).max(200).optional(),
  threshold: z.coerce.number().min(0).max(10).default(7),
});
export type JudgmentImport = z.output<typeof judgmentImport>;

export const importedJudgment = z
  .strictObject({
    /** The item; `ordinal` (its place in the dataset, from 0) serves as well. */
    candidate_id: z.string().optional(),
    ordinal: count.min(0).optional(),
    judge: z.string().min(1).max(200).optional(),
    /** Of 10. */
    score: z.number().min(0).max(10).optional(),
    pass: z.boolean().optional(),
    preference: z.enum(['a', 'b', 'tie']).optional(),
    criteria: z.record(z.string(), z.number()).optional(),
    reasoning: z.string().optional(),
    confidence: z.number().min(0).max(1).optional(),
    /** Why there is no verdict: "unusable", say. Such a line counts; it is not dropped. */
    error: z.string().min(1).max(200).optional(),
    sample: z.enum(samples).optional(),
  })
  .refine((line) => (line.candidate_id === undefined) !== (line.ordinal === undefined), {
    error: 'names its item by candidate_id or by ordinal, one of the two',
    path: ['candidate_id'],
  })
  .refine(
    ({ score, pass, preference, error }) =>
      [score, pass, preference].some((verdict) => verdict !== undefined) !== (error !== undefined),
    { error: 'holds a verdict (score, pass or preference), or the error for which there is none', path: ['score'] },
  );
export type ImportedJudgment = z.output<typeof importedJudgment>;

/** GET /api/evaluation/runs/{id}/trust. */
export const trustQuery = z.object({
  labels: labelSource.default('all'),
  /** One judge of a panel; the verdict that counts when absent. */
  judge: z.string().optional(),
  threshold: z.coerce.number().min(0).max(10).optional(),
});
export type TrustQuery = z.output<typeof trustQuery>;

/** A share that was counted, with its 95 % Wilson interval. */
const countedShare = z.object({ hits: count, n: count, value: z.number().nullable(), interval });

const agreementFigures = z.object({
  n: count,
  /** Replies without a usable verdict: they count as wrong in every figure. */
  unusable: count,
  /** Pairs of labels that occur, the most frequent first; `judge` null: unusable. */
  confusion: z.array(z.object({ human: z.string(), judge: z.string().nullable(), n: count })),
  /** Of what people passed, what the judge passed; of what they failed, what it failed. Null for comparisons. */
  true_positive_rate: countedShare.nullable(),
  true_negative_rate: countedShare.nullable(),
  accuracy: countedShare,
  kappa: z.number().nullable(),
  kappa_ci: interval,
  /** People's labels, and how many more of each a balanced set that is large enough needs. */
  labels: z.record(z.string(), z.object({ have: count, missing: count })),
  verdict: z.object({
    level: z.enum(['red', 'amber', 'green', 'unknown']),
    /** Whether the judge is no better than chance; null where it cannot be told. */
    chance: z.boolean().nullable(),
    words: z.string(),
  }),
});
export type AgreementObject = z.output<typeof agreementFigures>;
const grouped = z.array(agreementFigures.extend({ group: z.string() }));

const bias = z.object({
  kind: z.enum(['position', 'order', 'length', 'family']),
  n: count,
  effect: z.number().nullable(),
  p: z.number().nullable(),
  found: z.boolean(),
  sentence: z.string(),
});

export const trustPanel = z.object({
  judge_run_id: z.string(),
  judge: z.string(),
  /** All whose verdicts can be asked for by `judge`. */
  judges: z.array(z.string()),
  threshold: z.number(),
  labels: z.object({
    n: count,
    /** Answers whose labels have no majority; they are in no figure. */
    without_majority: count,
    /** Of n, those of the random sample. */
    audit: count,
    people: z.array(z.string()),
    /** Where labels are: what `labels` can name, and how many answers each has. */
    sources: z.array(z.object({ labels: z.string(), name: z.string(), n: count })),
  }),
  agreement: agreementFigures,
  categories: grouped,
  /** By rubric version, over all judge runs of this judge and rubric over the same answers. */
  rubric_versions: grouped,
  /** How far people agree among themselves; null where no answer has two labels. */
  people: z
    .object({
      kappas: z.array(
        z.object({ a: z.string(), b: z.string(), n: count, kappa: z.number().nullable(), kappa_ci: interval }),
      ),
      /** Krippendorff's, over all labels. */
      alpha: z.number().nullable(),
      alpha_ci: interval,
      /** Share of the answers with two labels or more of which all say the same. */
      unanimous: countedShare,
    })
    .nullable(),
  /** The pass rate (comparisons: the rate at which a is preferred, a tie as half) over all answers by PPI++. */
  corrected: z
    .object({
      labelled: count,
      unlabelled: count,
      rate: z.number(),
      ci: z.tuple([z.number(), z.number()]),
      lambda: z.number(),
      labels_only: z.object({ rate: z.number(), ci: z.tuple([z.number(), z.number()]) }),
      judge_only: z.number(),
      warnings: z.array(z.string()),
    })
    .nullable(),
  /** Why nothing is corrected, in words; null where it is. */
  corrected_problem: z.string().nullable(),
  biases: z.array(bias),
});
export type TrustPanel = z.output<typeof trustPanel>;

/** GET /api/evaluation/ranking: Bradley-Terry over the stored comparisons of the runs of a dataset. */
export const rankingQuery = z.object({
  dataset_id: z.string(),
  /** A judge's comparisons alone; people's by "human"; all judges' when absent. */
  judge: z.string().optional(),
  ties: z.enum(['half', 'left_out']).default('half'),
});
export type RankingQuery = z.output<typeof rankingQuery>;
export const ranking = z.object({
  models: z.array(
    z.object({
      model: z.string(),
      rank: count,
      rank_interval: z.tuple([z.number(), z.number()]),
      strength: z.number(),
      ci: z.tuple([z.number(), z.number()]),
      elo: z.number(),
      wins: z.number(),
      losses: z.number(),
      ties: z.number(),
      /** Place of its group in `groups`. */
      group: count,
    }),
  ),
  groups: z.array(z.array(z.string())),
  comparisons: count,
  warnings: z.array(z.string()),
});
export type RankingObject = z.output<typeof ranking>;
