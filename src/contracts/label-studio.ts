/** Label Studio on the wire of Assay: the connection, projects, pushes, what comes back, and conflicts. */

import { z } from 'zod';
import { unixSeconds } from './lists.ts';
import { annotationKinds, gridFilter } from './workbench.ts';

const count = z.number().int();

/** personal: a refresh token of a person's account; legacy: the older one that never ends. */
export const tokenKinds = ['personal', 'legacy'] as const;
export type TokenKind = (typeof tokenKinds)[number];

/** Body of PUT /api/label-studio/connection. */
export const newConnection = z.strictObject({
  base_url: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' }).max(2000),
  token: z.string().min(1).max(5000),
});
export type NewConnection = z.output<typeof newConnection>;

/** The connection of the caller; the token is never shown. */
export const connectionObject = z.object({
  connected: z.boolean(),
  base_url: z.string().nullable(),
  token_kind: z.enum(tokenKinds).nullable(),
  /** The account's e-mail address there. */
  account: z.string().nullable(),
  version: z.string().nullable(),
  /** Why the last call failed; null: it did not. */
  problem: z.string().nullable(),
  checked_at: unixSeconds.nullable(),
});
export type ConnectionObject = z.output<typeof connectionObject>;

/** A project that is there, for the choice of one to map. */
export const remoteProject = z.object({ remote_id: count, title: z.string(), tasks: count });
export type RemoteProject = z.output<typeof remoteProject>;

/** How one answer is taken from several annotators: what most say, none without a person's word, or the newest. */
export const consensusRules = ['majority', 'review', 'newest'] as const;
export type ConsensusRule = (typeof consensusRules)[number];

/** What a control of a labeling configuration says. `slot` is the block ("a", "b", …) that it is of; null: of the whole task. */
export const control = z.strictObject({
  /** Its name, `from_name` of a result. */
  name: z.string().min(1).max(200),
  /** The object tag it belongs to, `to_name` of a result. */
  to_name: z.string().min(1).max(200),
  type: z.enum(['choices', 'textarea']),
  means: z.enum(['verdict', 'fix', 'field', 'best', 'note']),
  slot: z
    .string()
    .regex(/^[a-z]$/)
    .nullable(),
  /** The field that is corrected; null for others. */
  field: z.string().nullable(),
  /** Choice there: what it means here ("golden", "fix", "wrong"; a slot or "none" for best; a value for a field). */
  values: z.record(z.string(), z.string()),
});
export type Control = z.output<typeof control>;
export const mapping = z.strictObject({
  /** Blocks of an answer, in order. */
  slots: z.array(z.string()).min(1).max(26),
  /** Data field of a task that holds the answer of a slot. */
  answer_fields: z.record(z.string(), z.string()),
  input_field: z.string(),
  controls: z.array(control).min(1),
});
export type Mapping = z.output<typeof mapping>;

/** What a project is made from; also the body of POST /api/label-studio/preview. */
export const projectPlan = z.strictObject({
  dataset_id: z.string(),
  /** Whose answers are shown; all current models when absent. */
  models: z.array(z.string()).min(1).max(26).optional(),
  /** Label Studio takes 3 to 50 characters. */
  title: z.string().min(3).max(50).optional(),
  /** Whether the names of the models are hidden. */
  blind: z.boolean().default(true),
  /** Draws the order of the answers of each task. */
  seed: z.number().int().min(0).max(2_147_483_647).default(1),
  /** A labeling configuration of one's own; the generated one when absent. */
  label_config: z.string().min(1).max(200_000).optional(),
  /** What the controls of that configuration mean; read from its names when absent. */
  mapping: mapping.optional(),
});
export type ProjectPlan = z.output<typeof projectPlan>;

/** Body of POST /api/label-studio/projects. */
export const newProject = projectPlan.extend({
  rule: z.enum(consensusRules).default('majority'),
  /** Share of a push that is drawn at random, kept apart and marked. */
  audit_share: z.number().min(0).max(1).default(0.2),
  /** An existing project there is mapped, not made. */
  remote_id: count.positive().optional(),
  /** No connection: tasks go out and come back as files. */
  files_only: z.boolean().default(false),
});
export type NewProject = z.output<typeof newProject>;

export const preview = z.object({
  label_config: z.string(),
  mapping,
  /** A task as it would be sent, of the first item that the models differ on. */
  task: z.unknown(),
  /** What Label Studio says of the configuration; null: it takes it, or there is no connection to ask. */
  problem: z.string().nullable(),
});
export type Preview = z.output<typeof preview>;

/** What a push chooses: items on which models differ, in need of review, a random sample alone, or everything the filter leaves. */
export const pushSelections = ['differences', 'needs_review', 'audit', 'everything'] as const;
export type PushSelection = (typeof pushSelections)[number];

/** Body of POST /api/label-studio/projects/{id}/push. */
export const newPush = z.strictObject({
  select: z.enum(pushSelections).default('differences'),
  /** As the grid's; the dataset is the project's. */
  filter: gridFilter.omit({ dataset_id: true }).partial().default({}),
  /** Items, the most useful first. */
  limit: count.min(1).max(1_000_000).default(1000),
});
export type NewPush = z.output<typeof newPush>;

export const pushObject = z.object({
  state: z.enum(['running', 'completed', 'failed', 'cancelled']),
  select: z.enum(pushSelections),
  limit: count,
  total: count,
  done: count,
  /** Tasks that were there and were brought up to date, that were as they should be, and that were changed there and are left alone. */
  updated: count,
  unchanged: count,
  kept: count,
  per_second: z.number().nullable(),
  seconds_left: z.number().nullable(),
  problem: z.string().nullable(),
  started_at: unixSeconds,
  ended_at: unixSeconds.nullable(),
});
export type PushObject = z.output<typeof pushObject>;

export const labelProject = z.object({
  id: z.string(),
  dataset_id: z.string(),
  title: z.string(),
  origin: z.enum(['made', 'mapped', 'files']),
  remote_id: count.nullable(),
  /** Its page there. */
  url: z.string().nullable(),
  models: z.array(z.string()),
  blind: z.boolean(),
  seed: count,
  rule: z.enum(consensusRules),
  audit_share: z.number(),
  label_config: z.string(),
  mapping,
  push: pushObject.nullable(),
  tasks: z.object({ sent: count, annotated: count, audit: count }),
  annotations: count,
  annotators: z.array(z.object({ name: z.string(), annotations: count })),
  /** Krippendorff's alpha over the verdicts of tasks with two annotators or more; null: none, or it cannot be told. */
  agreement: z.object({ alpha: z.number().nullable(), answers: count, same: count }),
  conflicts: count,
  in_review: count,
  refused: count,
  /** Whether changes are told by webhook; they are looked for by polling too. */
  webhook: z.boolean(),
  pulled_at: unixSeconds.nullable(),
  problem: z.string().nullable(),
  created_at: unixSeconds,
});
export type LabelProject = z.output<typeof labelProject>;

/** Body of PATCH /api/label-studio/projects/{id}. */
export const projectChange = newProject.pick({ rule: true, audit_share: true }).partial();
export type ProjectChange = {
  [K in keyof z.output<typeof projectChange>]?: z.output<typeof projectChange>[K] | undefined;
};

/** What one side says of an answer. */
export const saidObject = z.object({
  /** null: nothing (any more). */
  kind: z.enum(annotationKinds).nullable(),
  content: z.string().nullable(),
  note: z.string().nullable(),
  annotators: z.array(z.string()),
  at: unixSeconds,
});
export type SaidObject = z.output<typeof saidObject>;

export const openStates = ['conflict', 'review', 'refused'] as const;
/** An answer that waits for a person: both sides changed it, annotators are apart, or what came cannot be taken. */
export const openAnswer = z.object({
  project_id: z.string(),
  candidate_id: z.string(),
  name: z.string(),
  model_id: z.string(),
  state: z.enum(openStates),
  theirs: saidObject.nullable(),
  ours: saidObject.nullable(),
  /** What each annotator says. */
  each: z.array(saidObject),
  /** The side with the newest change; null where there is none to propose. */
  proposed: z.enum(['ours', 'theirs']).nullable(),
  problem: z.string().nullable(),
});
export type OpenAnswer = z.output<typeof openAnswer>;

/** Body of POST /api/label-studio/projects/{id}/resolve: `keep` names a side, or an annotator whose word is taken. */
export const resolution = z.strictObject({
  candidate_id: z.string(),
  model_id: z.string(),
  keep: z.enum(['ours', 'theirs', 'annotator']),
  annotator: z.string().optional(),
});
export type Resolution = z.output<typeof resolution>;

/** What a pull, or a file that was taken in, brought. */
export const pulled = z.object({
  tasks: count,
  created: count,
  updated: count,
  deleted: count,
  applied: count,
  conflicts: count,
  in_review: count,
  refused: count,
  /** Tasks of the file that are none of this project's. */
  foreign: count,
});
export type Pulled = z.output<typeof pulled>;

export const hookTaken = z.object({ taken: z.boolean() });

/** GET /api/review-queue. */
export const reviewQuery = z.object({
  dataset_id: z.string(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  audit_share: z.coerce.number().min(0).max(1).default(0.2),
  seed: z.coerce.number().int().min(0).max(2_147_483_647).default(1),
});
export type ReviewQuery = z.output<typeof reviewQuery>;

export const reviewItem = z.object({
  candidate_id: z.string(),
  ordinal: count,
  name: z.string(),
  category: z.string().nullable(),
  /** Drawn at random, not chosen. */
  audit: z.boolean(),
  /** What the place comes from, each of [0, 1]. */
  usefulness: z.number(),
  disagreement: z.number(),
  uncertainty: z.number(),
  novelty: z.number(),
});
export type ReviewItem = z.output<typeof reviewItem>;

const figure = z.object({
  model_id: z.string(),
  run_id: z.string(),
  /** Of the audit labels. */
  golden: count,
  n: count,
  share: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  /** The share that a judge gives, mended by the labels (PPI++); null without a judge run. */
  judge_run_id: z.string().nullable(),
  corrected: z.number().nullable(),
  corrected_low: z.number().nullable(),
  corrected_high: z.number().nullable(),
});
export const reviewRound = z.object({
  round: count,
  labels: count,
  audit_labels: count,
  figures: z.array(figure),
  created_at: unixSeconds,
});
export type ReviewRound = z.output<typeof reviewRound>;

export const reviewQueue = z.object({
  items: z.array(reviewItem),
  /** Items without a word of a person. */
  left: count,
  /** Labels since the newest round, and how many make the next. */
  since: count,
  every: count,
  rounds: z.array(reviewRound),
});
export type ReviewQueue = z.output<typeof reviewQueue>;
