/** Tells how unsure judges are of the answers to an item, by their verdicts in the newest judge runs. */

import type { PoolClient } from 'pg';
import type { JudgingRun } from './newest-judge-runs.ts';

/**
 * A query of ordinal and uncertainty, of [0, 1], in several rows an item, of which the largest counts: how near the score of a
 * verdict is to the threshold (1 there, 0 at the end of the scale on its side), 1 - the judge's confidence, and how far a panel
 * is split (1 when one half passes the answer and the other does not). null without a judge run. `only`: a parameter with the
 * ordinals that are wanted. All verdicts grouped by run and item took twice as long for 600,000 of 100,000 items.
 */
export function uncertaintySql(judges: JudgingRun[], values: unknown[], only?: string): string | null {
  if (judges.length === 0) return null;
  const runs = (of: JudgingRun[]): string => `unnest($${values.push(of.map(({ row }) => row.judge_run_id))}::text[],
    $${values.push(of.map(({ counting }) => counting))}::text[],
    $${values.push(of.map(({ row }) => row.threshold))}::float8[]) as r (judge_run_id, counting, threshold)
    join judgments j on j.judge_run_id = r.judge_run_id and j.part = 'verdict' and j.error is null`;
  const where = only === undefined ? 'true' : `j.ordinal = any (${only})`;
  const away = `abs(j.score - r.threshold)
    / nullif(case when j.score >= r.threshold then 10 - r.threshold else r.threshold end, 0)`;
  const counted = `select j.ordinal, greatest(0, case when j.score is not null then 1 - coalesce(${away}, 0) end,
      1 - j.confidence)::float8 as uncertainty
    from ${runs(judges)} where j.judge = r.counting and ${where}`;
  const panels = judges.filter(({ counting }) => counting === 'panel');
  if (panels.length === 0) return counted;
  const passing = 'count(*) filter (where coalesce(j.passed, j.score >= r.threshold))::float8';
  return `${counted} union all
    select j.ordinal, 1 - abs(2 * ${passing} / count(*) - 1)
    from ${runs(panels)} where j.judge <> r.counting and ${where}
    group by j.judge_run_id, j.ordinal`;
}

/** The uncertainty of the items at `ordinals`, where judges said something. */
export async function uncertaintyAt(
  q: PoolClient,
  judges: JudgingRun[],
  ordinals: number[],
): Promise<Map<number, number>> {
  const values: unknown[] = [ordinals];
  const asked = ordinals.length === 0 ? null : uncertaintySql(judges, values, '$1::int[]');
  if (asked === null) return new Map();
  const { rows } = await q.query<{ ordinal: number; uncertainty: number }>(
    `select u.ordinal, max(u.uncertainty) as uncertainty from (${asked}) u group by u.ordinal`,
    values,
  );
  return new Map(rows.map((row) => [row.ordinal, row.uncertainty]));
}
