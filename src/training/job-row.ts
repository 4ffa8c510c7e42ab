/** Rows of training_jobs with the sums of their evaluations, and the wire's object made of them. */

import { randomBytes } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { TrainingJob } from '../contracts/training.ts';
import { idText } from '../datasets/version-items.ts';
import { AssayError } from '../errors.ts';

interface JobRow extends Omit<TrainingJob, 'id' | `${string}_at` | 'step' | 'total_steps'> {
  job_id: string;
  step: string | null;
  total_steps: string | null;
  created_at: Date;
  started_at: Date | null;
  seen_at: Date | null;
  ended_at: Date | null;
}

/** A job with its sums, as `j`; what chooses and orders stands behind it. */
const select = `select j.job_id, j.name, j.base_model, j.method, j.status, j.problem, j.config, j.data, j.samples,
    j.parameters_billions, j.step, j.total_steps, j.epoch, j.total_epochs, j.environment, j.undelivered, j.loss,
    j.eval_loss, j.model_id, j.created_at, j.started_at, j.seen_at, j.ended_at, e.predictions, e.prediction_errors, e.evaluations
  from training_jobs j cross join lateral (
    select coalesce(sum(samples), 0)::int as predictions, coalesce(sum(errors), 0)::int as prediction_errors,
      count(*)::int as evaluations
    from training_evaluations e where e.job_id = j.job_id) e`;

export const newJobId = (): string => `tj_${randomBytes(12).toString('hex')}`;

/** The error for a job that is not there, or is another user's. */
export const noJob = (id: string): AssayError =>
  new AssayError('not_found', { kind: 'training job', id, list: '/api/training/jobs' }, { param: 'id' });

/** @throws AssayError not_found */
export async function selectJob(q: PoolClient, id: string): Promise<TrainingJob> {
  const { rows } = await q.query<JobRow>(`${select} where j.job_id = $1`, [idText(id)]);
  if (rows[0] === undefined) throw noJob(id);
  return toJob(rows[0]);
}

/** The newest first, behind `after`. */
export async function listJobs(
  q: PoolClient,
  query: { after?: string | undefined; limit: number },
): Promise<{ data: TrainingJob[]; has_more: boolean }> {
  const { rows } = await q.query<JobRow>(
    `${select} where $1::text is null
       or (j.created_at, j.job_id) < (select created_at, job_id from training_jobs where job_id = $1)
     order by j.created_at desc, j.job_id desc limit $2`,
    [query.after === undefined ? null : idText(query.after), query.limit + 1],
  );
  return { data: rows.slice(0, query.limit).map(toJob), has_more: rows.length > query.limit };
}

/** Sees that the job is the user's. @throws AssayError not_found */
export async function checkJob(q: PoolClient, id: string): Promise<void> {
  const { rowCount } = await q.query('select from training_jobs where job_id = $1', [idText(id)]);
  if (rowCount === 0) throw noJob(id);
}

/**
 * Holds the job until the transaction ends: all writers of a job go one after the other, so that sums stay right and no two
 * of them wait for each other. @throws AssayError not_found
 */
export async function lockJob(q: PoolClient, id: string): Promise<Pick<TrainingJob, 'config'>> {
  const { rows } = await q.query<Pick<TrainingJob, 'config'>>(
    'select config from training_jobs where job_id = $1 for no key update',
    [idText(id)],
  );
  if (rows[0] === undefined) throw noJob(id);
  return rows[0];
}

/** Unix seconds. */
export const seconds = (at: Date): number => Math.floor(at.getTime() / 1000);
const orNull = (at: Date | null): number | null => (at === null ? null : seconds(at));
const whole = (value: string | null): number | null => (value === null ? null : Number(value));

function toJob({ job_id: id, ...row }: JobRow): TrainingJob {
  return {
    id,
    ...row,
    step: whole(row.step),
    total_steps: whole(row.total_steps),
    created_at: seconds(row.created_at),
    started_at: orNull(row.started_at),
    seen_at: orNull(row.seen_at),
    ended_at: orNull(row.ended_at),
  };
}
