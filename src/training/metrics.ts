/** Keeps the lines of a trainer's log, and draws points from them for charts. */

import type { PoolClient } from 'pg';
import type { Stored } from '../contracts/predictions.ts';
import type { MetricList, MetricPoint, MetricQuery, NewMetrics } from '../contracts/training.ts';
import { cleanValue } from './clean-text.ts';
import { checkJob, lockJob, seconds } from './job-row.ts';
import { heardOf } from './progress.ts';

/** At most one line for (step, kind); one that is there stays and counts as a duplicate. @throws AssayError not_found */
export async function storeMetrics(q: PoolClient, userId: string, sent: NewMetrics): Promise<Stored> {
  const { job_id: id, metrics } = cleanValue(sent);
  await lockJob(q, id);
  const { rowCount } = await q.query(
    `insert into training_metrics (job_id, step, kind, user_id, epoch, logged)
     select $1, m.step, m.kind, $2, m.epoch, m.values
     from jsonb_to_recordset($3) as m (step bigint, kind text, epoch double precision, "values" jsonb)
     on conflict (job_id, kind, step) do nothing`,
    [id, userId, JSON.stringify(metrics)],
  );
  const last = metrics.reduce((a, b) => (b.step > a.step ? b : a));
  await heardOf(q, { job_id: id, step: last.step, epoch: last.epoch });
  await q.query(
    `update training_jobs set loss = coalesce(${newest('train', 'loss')}, loss),
       eval_loss = coalesce(${newest('eval', 'eval_loss')}, eval_loss) where job_id = $1`,
    [id],
  );
  const stored = rowCount ?? 0;
  return { stored, duplicates: metrics.length - stored };
}

/** The value at the highest step of a kind that has one. */
const newest = (kind: string, name: string): string =>
  `(select (logged ->> '${name}')::double precision from training_metrics
    where job_id = $1 and kind = '${kind}' and logged ->> '${name}' is not null order by step desc limit 1)`;

/**
 * By step; where a kind has more than `limit` points, every point at which floor(n * limit / all) grows: `limit` of
 * them, evenly, the last one among them. @throws AssayError not_found
 */
export async function readMetrics(q: PoolClient, id: string, query: MetricQuery): Promise<MetricList> {
  await checkJob(q, id);
  const { rows } = await q.query<Omit<MetricPoint, 'step' | 'created_at'> & { step: string; created_at: Date }>(
    `select step, epoch, kind, logged as values, created_at from (
       select *, row_number() over (partition by kind order by step) as n, count(*) over (partition by kind) as points
       from training_metrics where job_id = $1 and step > $2 and ($3::text is null or kind = $3)) m
     where n * $4::bigint / points > (n - 1) * $4::bigint / points order by step, kind`,
    [id, query.since_step, query.kind ?? null, query.limit],
  );
  const counted = await q.query<{ total: number }>(
    `select count(*)::int as total from training_metrics where job_id = $1 and step > $2 and ($3::text is null or kind = $3)`,
    [id, query.since_step, query.kind ?? null],
  );
  return {
    metrics: rows.map((row) => ({ ...row, step: Number(row.step), created_at: seconds(row.created_at) })),
    total_count: counted.rows[0]!.total,
  };
}
