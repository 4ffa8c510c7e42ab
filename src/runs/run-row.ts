/** Rows of the table runs beside the state of their batches, and the wire's run object made of one. */

import type { PoolClient } from 'pg';
import { type BatchStatus, finalStatuses } from '../contracts/openai-batch.ts';
import type { RunObject } from '../contracts/runs.ts';
import { idText } from '../datasets/version-items.ts';
import { AssayError } from '../errors.ts';
import { isShown } from './supersede.ts';

export interface RunRow {
  run_id: string;
  user_id: string;
  dataset_id: string;
  version_id: string;
  model_id: string;
  source: 'batch' | 'import';
  batch_id: string | null;
  settings: Record<string, unknown>;
  total: number;
  superseded_by: string | null;
  created_at: Date;
  /** Of its batch; null when there is none (yet). */
  batch_status: BatchStatus | null;
  completed: number | null;
  failed: number | null;
}

/** Without `items`, which may be a million numbers. */
const columns = `r.run_id, r.user_id, r.dataset_id, r.version_id, r.model_id, r.source, r.batch_id, r.settings, r.total,
  r.superseded_by, r.created_at, b.status as batch_status, b.completed, b.failed`;

/** Runs with their batches, as `q`'s user sees them; `rest` is the SQL of a condition and what follows it. */
export async function selectRuns(q: PoolClient, rest: string, values: unknown[]): Promise<RunRow[]> {
  const sql = `select ${columns} from runs r left join batches b on b.batch_id = r.batch_id where ${isShown('r')} and ${rest}`;
  return (await q.query<RunRow>(sql, values)).rows;
}

/** @throws AssayError not_found */
export async function selectRun(q: PoolClient, runId: string): Promise<RunRow> {
  const rows = await selectRuns(q, 'r.run_id = $1', [idText(runId)]);
  if (rows[0] === undefined) throw noRun(runId);
  return rows[0];
}

export const noRun = (id: string): AssayError =>
  new AssayError('not_found', { kind: 'benchmark', id, list: '/admin/benchmarks' }, { param: 'id' });

/** Whether the run's batch may still change, or is still to be made. */
export const isLive = (run: RunRow): boolean =>
  run.source === 'batch' && (run.batch_status === null || !finalStatuses.includes(run.batch_status));

/** `inFlight` tells a run whose first requests are out from one that waits; it matters before the first answer only. */
export function statusOf(run: RunRow, inFlight: number): RunObject['status'] {
  if (run.source === 'import') return 'imported';
  switch (run.batch_status) {
    case null:
    case 'validating':
      return 'queued';
    case 'in_progress':
      return run.completed! + run.failed! === 0 && inFlight === 0 ? 'queued' : 'running';
    case 'finalizing':
    case 'cancelling':
      return 'running';
    default:
      return run.batch_status;
  }
}

export function toRunObject(run: RunRow, inFlight: number): RunObject {
  // An import counts its answers when it is made.
  const counts = run.source === 'import' ? (run.settings as { completed?: number; failed?: number }) : run;
  return {
    id: run.run_id,
    dataset_id: run.dataset_id,
    version_id: run.version_id,
    model_id: run.model_id,
    source: run.source,
    batch_id: run.batch_id,
    status: statusOf(run, inFlight),
    total: run.total,
    completed: counts.completed ?? 0,
    failed: counts.failed ?? 0,
    settings: run.settings,
    superseded_by: run.superseded_by,
    created_at: Math.floor(run.created_at.getTime() / 1000),
  };
}
