/** Measures what batching costs: verdicts of batched calls against those of the same answers judged alone. */

import type { PoolClient } from 'pg';
import { cohensKappa } from '../../compare/agreement.ts';
import { bootstrap } from '../../compare/bootstrap.ts';
import { patternsOf } from '../../compare/patterns.ts';
import type { BatchingCheck } from '../../contracts/judging.ts';
import type { JudgeRunRow } from './judge-run-row.ts';

/** Answers judged both ways before a kappa may change how many go into one call. */
const enough = 30;

/** null when nothing has been judged both ways. `all`: calls of every size, else only those about as large as calls are now. */
export async function batchingCheckOf(
  q: PoolClient,
  run: JudgeRunRow,
  { all }: { all: boolean },
): Promise<BatchingCheck | null> {
  const { rows } = await q.query<{ batched: number; alone: number }>(
    `select v.score as batched, c.score as alone from judgments c
       join judgments v on v.judge_run_id = c.judge_run_id and v.ordinal = c.ordinal and v.judge = c.judge and v.part = 'verdict'
     where c.judge_run_id = $1 and c.part = 'check' and c.error is null and v.error is null and ($2 or v.of * 2 > $3)
       and v.of <= case when $2 then 50 else $3 end`,
    [run.judge_run_id, all, run.batch_size],
  );
  if (rows.length === 0) return null;
  const passes = (score: number) => String(score >= run.threshold);
  const patterns = patternsOf([rows.map((row) => passes(row.batched)), rows.map((row) => passes(row.alone))]);
  const kappa = cohensKappa(patterns);
  return {
    n: rows.length,
    kappa: kappa(patterns.counts),
    kappa_ci: bootstrap(patterns.counts, kappa),
    mean_difference: rows.reduce((sum, row) => sum + row.batched - row.alone, 0) / rows.length,
    batch_size: run.batch_size,
  };
}

/** Halves the answers of one call when their verdicts agree too little with those on single answers. */
export async function shrinkCalls(q: PoolClient, run: JudgeRunRow): Promise<void> {
  if (run.mode !== 'batch' || run.batch_size === 1) return;
  const check = await batchingCheckOf(q, run, { all: false });
  if (check === null || check.n < enough || check.kappa === null || check.kappa >= run.settings.min_agreement) return;
  run.batch_size = Math.max(1, Math.floor(run.batch_size / 2));
  await q.query('update judge_runs set batch_size = $2 where judge_run_id = $1', [run.judge_run_id, run.batch_size]);
}
