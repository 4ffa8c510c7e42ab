/** Rows of the tables analyses and analysis_steps, and the wire's object made of them. */

import { randomBytes } from 'node:crypto';
import type { PoolClient } from 'pg';
import {
  type AnalysisObject,
  type AnalysisStatus,
  type AnalysisStep,
  analysisSteps,
  type NewAnalysis,
  type StepObject,
  type StepStatus,
} from '../../contracts/analyses.ts';
import type { TargetedStats } from '../../contracts/mining.ts';
import { idText } from '../../datasets/version-items.ts';
import { AssayError } from '../../errors.ts';

/** What was asked for, its defaults spelled out; of an import the threshold that its scores were read by. */
export type AnalysisSettings = NewAnalysis & { threshold?: number };

export interface AnalysisRow {
  analysis_id: string;
  user_id: string;
  name: string;
  source: 'assay' | 'import';
  dataset_id: string | null;
  test_dataset_id: string | null;
  model_ids: string[];
  run_ids: string[];
  judge_run_ids: string[];
  settings: AnalysisSettings;
  status: AnalysisStatus;
  problem: string | null;
  vectors: { by: 'model' | 'tfidf'; model: string | null } | null;
  failures: number;
  clusters: number;
  targeted_stats: TargetedStats | null;
  created_at: Date;
  ended_at: Date | null;
}

export interface StepRow {
  analysis_id: string;
  step: AnalysisStep;
  status: StepStatus;
  inputs_hash: Buffer | null;
  anew: number;
  done: number;
  total: number | null;
  counts: Record<string, number>;
  outcome: unknown;
  calls: number;
  prompt_tokens: string;
  completion_tokens: string;
  cost: number | null;
  note: string | null;
  started_at: Date | null;
  ended_at: Date | null;
}

export const newAnalysisId = (): string => `an_${randomBytes(12).toString('hex')}`;

/** @throws AssayError not_found */
export async function selectAnalysis(q: PoolClient, id: string): Promise<AnalysisRow> {
  const { rows } = await q.query<AnalysisRow>('select * from analyses where analysis_id = $1', [idText(id)]);
  if (rows[0] === undefined)
    throw new AssayError('not_found', { kind: 'analysis', id, list: '/api/analyses' }, { param: 'id' });
  return rows[0];
}

/** In the order in which they are done. */
export async function selectSteps(q: PoolClient, analysisIds: string[]): Promise<StepRow[]> {
  const { rows } = await q.query<StepRow>('select * from analysis_steps where analysis_id = any ($1)', [analysisIds]);
  return rows.sort((a, b) => analysisSteps.indexOf(a.step) - analysisSteps.indexOf(b.step));
}

/** What a step kept when it ended; null before, and where its counts are all. */
export const outcomeColumn = (steps: StepRow[], name: AnalysisStep): unknown =>
  steps.find(({ step }) => step === name)?.outcome ?? null;

const seconds = (at: Date | null): number | null => (at === null ? null : Math.floor(at.getTime() / 1000));

const toStepObject = (row: StepRow): StepObject => ({
  step: row.step,
  status: row.status,
  done: row.done,
  total: row.total,
  counts: row.counts,
  calls: row.calls,
  prompt_tokens: Number(row.prompt_tokens),
  completion_tokens: Number(row.completion_tokens),
  cost: row.cost,
  inputs: row.inputs_hash?.toString('hex') ?? null,
  note: row.note,
  started_at: seconds(row.started_at),
  ended_at: seconds(row.ended_at),
});

export function toAnalysisObject(row: AnalysisRow, steps: StepRow[]): AnalysisObject {
  return {
    id: row.analysis_id,
    name: row.name,
    status: row.status,
    problem: row.problem,
    source: row.source,
    dataset_id: row.dataset_id,
    test_dataset_id: row.test_dataset_id,
    model_ids: row.model_ids,
    benchmark_ids: row.run_ids,
    judge_run_ids: row.judge_run_ids,
    settings: { ...row.settings },
    steps: steps.filter(({ analysis_id: id }) => id === row.analysis_id).map(toStepObject),
    failures: row.failures,
    clusters: row.clusters,
    created_at: seconds(row.created_at)!,
    ended_at: seconds(row.ended_at),
  };
}
