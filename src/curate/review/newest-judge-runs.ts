/** Finds the newest completed judge run over each run: those in which models judge each answer by itself. */

import type { PoolClient } from 'pg';
import { countingJudge, type JudgeRunRow } from '../../judge/passes/judge-run-row.ts';

/** `counting` is the judge whose verdict counts; `panel` is there when there are several. */
export interface JudgingRun {
  row: JudgeRunRow;
  counting: string;
}

/** In no order; a run that nobody judged to the end has none. */
export async function newestJudgeRuns(q: PoolClient, runIds: string[]): Promise<JudgingRun[]> {
  const { rows } = await q.query<JudgeRunRow>(
    `select distinct on (run_id) * from judge_runs
     where run_id = any ($1::text[]) and other_run_id is null and mode in ('single', 'batch') and status in ('completed', 'imported')
     order by run_id, created_at desc, judge_run_id desc`,
    [runIds],
  );
  return rows.map((row) => ({ row, counting: countingJudge(row) }));
}
