/** Keeps how far a trainer is: what it says of itself, and what its rows show. */

import type { PoolClient } from 'pg';
import type { TrainingJob, TrainingProgress } from '../contracts/training.ts';
import { cleanValue } from './clean-text.ts';
import { lockJob, selectJob } from './job-row.ts';

/**
 * The trainer was heard of: its first word starts the job, its rows show how far it got. Rows that come late never set the job
 * back; only {@link tellProgress} does.
 */
export async function heardOf(q: PoolClient, of: { job_id: string; step: number; epoch: number }): Promise<void> {
  await q.query(
    `update training_jobs set seen_at = now(), started_at = coalesce(started_at, now()),
       status = case status when 'created' then 'running' else status end,
       step = greatest(step, $2), epoch = greatest(epoch, $3)
     where job_id = $1`,
    [of.job_id, of.step, of.epoch],
  );
}

/** Columns that take what the trainer says as it is. */
const told = [
  'step',
  'total_steps',
  'epoch',
  'total_epochs',
  'problem',
  'undelivered',
] as const satisfies (keyof TrainingProgress)[];

/** What is absent stays as it was; a job that had ended goes on when its trainer says that it runs. @throws AssayError not_found */
export async function tellProgress(q: PoolClient, sent: TrainingProgress): Promise<TrainingJob> {
  const says = cleanValue(sent);
  await lockJob(q, says.job_id);
  const given = told.filter((name) => says[name] !== undefined);
  const set = given.map((name, at) => `${name} = $${at + 4}, `).join('');
  await q.query(
    `update training_jobs set ${set}seen_at = now(), started_at = coalesce(started_at, now()),
       status = coalesce($2::text, case status when 'created' then 'running' else status end),
       ended_at = case when $2::text is null then ended_at when $2::text = 'running' then null else now() end,
       environment = coalesce($3::jsonb, environment)
     where job_id = $1`,
    [
      says.job_id,
      says.status ?? null,
      says.environment === undefined ? null : JSON.stringify(says.environment),
      ...given.map((name) => says[name]),
    ],
  );
  return selectJob(q, says.job_id);
}
