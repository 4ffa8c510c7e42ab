/** Rows of the tables of Label Studio: what they hold, and how a project is found. */

import { randomBytes } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { ConsensusRule, Mapping, PushSelection, TokenKind } from '../../contracts/label-studio.ts';
import type { AnnotationKind } from '../../contracts/workbench.ts';
import { idText } from '../../datasets/version-items.ts';
import { AssayError } from '../../errors.ts';

export interface LinkRow {
  user_id: string;
  base_url: string;
  token_kind: TokenKind;
  token_sealed: Buffer;
  account: string;
  version: string;
  problem: string | null;
  checked_at: Date;
  created_at: Date;
}

export interface ProjectRow {
  project_id: string;
  user_id: string;
  dataset_id: string;
  title: string;
  /** A bigint, as text. */
  remote_id: string | null;
  base_url: string | null;
  origin: 'made' | 'mapped' | 'files';
  models: string[];
  blind: boolean;
  seed: number;
  label_config: string;
  mapping: Mapping;
  rule: ConsensusRule;
  audit_share: number;
  hook_id: string | null;
  hook_secret_sealed: Buffer | null;
  push: PushRecord | null;
  pulled_at: Date | null;
  problem: string | null;
  created_at: Date;
}

/** The newest push of a project, as it is kept. */
export interface PushRecord {
  state: 'running' | 'completed' | 'failed' | 'cancelled';
  select: PushSelection;
  filter: Record<string, unknown>;
  limit: number;
  total: number;
  done: number;
  updated: number;
  unchanged: number;
  kept: number;
  problem: string | null;
  /** Tasks a second of late; null while it waits, or when it has not been told yet. */
  per_second: number | null;
  /** Milliseconds since 1970. */
  started_at: number;
  ended_at: number | null;
  /** The server that does it, until when (milliseconds since 1970) it is sure to. */
  held_by: string;
  held_until: number;
}

/** The answer that stands in a block of a task. `answer_hash` is hexadecimal sha256 of its content. */
export interface SlotAnswer {
  model_id: string;
  run_id: string;
  answer_hash: string;
}

export interface TaskRow {
  project_id: string;
  item_id: string;
  user_id: string;
  version_id: string;
  ordinal: number;
  place: number;
  state: 'planned' | 'sending' | 'sent' | 'gone';
  remote_id: string | null;
  answers: Record<string, SlotAnswer>;
  score: number;
  cluster: number | null;
  audit: boolean;
  /** Of the push that is under way, which has not come to it yet. */
  wanted: boolean;
  data_hash: Buffer | null;
  predictions_hash: Buffer | null;
  sent_at: Date | null;
}

/** What an annotator says of one model's answer. `fields`: corrected values of fields, by name. */
export interface SaidOfAnswer {
  kind: AnnotationKind | null;
  content: string | null;
  fields: Record<string, string>;
  note: string | null;
}

export interface AnnotationRow {
  project_id: string;
  remote_id: string;
  user_id: string;
  item_id: string;
  annotator: string;
  /** By model. */
  said: Record<string, SaidOfAnswer>;
  /** The model whose answer is best; "none" for none of them; null: nothing is said. */
  best: string | null;
  raw: Record<string, unknown>;
  skipped: boolean;
  made_at: Date;
  changed_at: Date;
  deleted_at: Date | null;
}

/** What one side says of an answer; `at` in milliseconds since 1970. */
export interface Side {
  kind: AnnotationKind | null;
  content: string | null;
  note: string | null;
  annotators: string[];
  at: number;
}

export interface AnswerRow {
  project_id: string;
  item_id: string;
  model_id: string;
  user_id: string;
  state: 'applied' | 'conflict' | 'review' | 'none' | 'refused';
  theirs: Side | null;
  ours: Side | null;
  problem: string | null;
  base_seq: string;
  changed_at: Date;
}

export const newProjectId = (): string => `lsp_${randomBytes(12).toString('hex')}`;

/** @throws AssayError not_found */
export async function selectProject(q: PoolClient, id: string): Promise<ProjectRow> {
  const { rows } = await q.query<ProjectRow>('select * from label_studio_projects where project_id = $1', [idText(id)]);
  if (rows[0] === undefined) {
    throw new AssayError('not_found', { kind: 'Label Studio project', id, list: '/api/label-studio/projects' });
  }
  return rows[0];
}
