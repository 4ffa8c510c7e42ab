/** Rows of the table judge_runs, and the wire's object made of one. */

import { randomBytes } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { EngineKind } from '../../contracts/engine.ts';
import type { Rule } from '../../contracts/judge-rules.ts';
import type { BatchingCheck, Criterion, JudgeMode, JudgeRunObject, JudgeRunStatus } from '../../contracts/judging.ts';
import type { Price, RefusedField } from '../../contracts/models.ts';
import type { MetricName, SimilarityTable } from '../../contracts/similarity.ts';
import { idText } from '../../datasets/version-items.ts';
import { AssayError } from '../../errors.ts';
import type { AskingLimits } from '../asking/verdict-schema.ts';

/** What a judge run was asked with, spelled out, in the column `settings`. */
export interface JudgeSettings {
  criteria: Criterion[];
  instructions: string;
  rules: Rule[];
  panel: 'majority' | 'mean';
  sample_rate: number;
  seed: number;
  on_error: 'skip' | 'retry' | 'fail';
  max_retries: number;
  budget: { usd?: number; calls?: number; tokens?: number } | null;
  reference: boolean;
  check_rate: number;
  min_agreement: number;
  metric: MetricName | null;
  metric_threshold: number | null;
  /** What runs each judge, since engines differ in the forms they hold a reply to. */
  engines: Record<string, EngineKind>;
  /** Fields that judges turn down; absent where none does. */
  refuses?: Record<string, RefusedField[]>;
  /** USD a million tokens of each judge at the start, as its model states them; null: unknown. */
  prices: Record<string, Price | null>;
  /** How long reasons may be, and how much a judge may think; the usual in runs made before there was a choice. */
  asking?: AskingLimits;
  /** What a category is measured by, where that is not the built-in table. */
  similarity?: SimilarityTable;
}

export interface JudgeRunRow {
  judge_run_id: string;
  user_id: string;
  dataset_id: string;
  version_id: string;
  run_id: string;
  other_run_id: string | null;
  mode: JudgeMode | 'human';
  source: 'assay' | 'import';
  follows: boolean;
  judges: string[];
  rubric_id: string | null;
  rubric_version: number | null;
  settings: JudgeSettings;
  threshold: number;
  status: JudgeRunStatus;
  problem: string | null;
  planned_seq: string;
  next_call: number;
  next_wave: number;
  batch_size: number;
  answers: number;
  judged: number;
  failed: number;
  spared: number;
  calls: number;
  asked_again: number;
  prompt_tokens: string;
  completion_tokens: string;
  cached_tokens: string | null;
  cost: number | null;
  created_at: Date;
  ended_at: Date | null;
}

export const newJudgeRunId = (): string => `jr_${randomBytes(12).toString('hex')}`;

/** The judge whose verdict counts: of a panel, or of several people, the panel's, else the one there is. */
export function countingJudge(run: Pick<JudgeRunRow, 'mode' | 'judges'>): string {
  // Rules and metrics that were imported have a name of their own.
  if ((run.mode === 'rules' || run.mode === 'metrics') && run.judges.length === 0) return run.mode;
  return run.judges.length > 1 ? 'panel' : (run.judges[0] ?? 'human');
}

/** @throws AssayError not_found */
export async function selectJudgeRun(q: PoolClient, id: string): Promise<JudgeRunRow> {
  const { rows } = await q.query<JudgeRunRow>('select * from judge_runs where judge_run_id = $1', [idText(id)]);
  if (rows[0] === undefined) {
    throw new AssayError('not_found', { kind: 'judge run', id, list: '/api/evaluation/runs' }, { param: 'id' });
  }
  return rows[0];
}

type NewRow = Pick<
  JudgeRunRow,
  | 'judge_run_id'
  | 'user_id'
  | 'dataset_id'
  | 'version_id'
  | 'run_id'
  | 'other_run_id'
  | 'mode'
  | 'follows'
  | 'judges'
  | 'rubric_id'
  | 'rubric_version'
  | 'settings'
  | 'threshold'
  | 'batch_size'
>;

export async function insertJudgeRun(q: PoolClient, run: NewRow): Promise<void> {
  await q.query(
    `insert into judge_runs (judge_run_id, user_id, dataset_id, version_id, run_id, other_run_id, mode, follows, judges, rubric_id,
       rubric_version, settings, threshold, batch_size)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    [
      run.judge_run_id,
      run.user_id,
      run.dataset_id,
      run.version_id,
      run.run_id,
      run.other_run_id,
      run.mode,
      run.follows,
      run.judges,
      run.rubric_id,
      run.rubric_version,
      JSON.stringify(run.settings),
      run.threshold,
      run.batch_size,
    ],
  );
}

const seconds = (at: Date): number => Math.floor(at.getTime() / 1000);

/** `passed` is counted at `threshold` by who asks, since it follows from it. */
export function toJudgeRunObject(
  run: JudgeRunRow,
  beside: { passed: number; batchIds: string[]; check: BatchingCheck | null },
): JudgeRunObject {
  return {
    id: run.judge_run_id,
    benchmark_id: run.run_id,
    other_benchmark_id: run.other_run_id,
    dataset_id: run.dataset_id,
    mode: run.mode,
    source: run.source,
    follows: run.follows,
    judges: run.judges,
    rubric_id: run.rubric_id,
    rubric_version: run.rubric_version,
    threshold: run.threshold,
    status: run.status,
    problem: run.problem,
    settings: { ...run.settings },
    answers: run.answers,
    judged: run.judged,
    failed: run.failed,
    spared: run.spared,
    passed: beside.passed,
    calls: run.calls,
    asked_again: run.asked_again,
    prompt_tokens: Number(run.prompt_tokens),
    completion_tokens: Number(run.completion_tokens),
    cached_tokens: run.cached_tokens === null ? null : Number(run.cached_tokens),
    cost: run.cost,
    batch_ids: beside.batchIds,
    check: beside.check,
    created_at: seconds(run.created_at),
    ended_at: run.ended_at === null ? null : seconds(run.ended_at),
  };
}
