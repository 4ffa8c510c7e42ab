/** Lists the evaluations of a job with the means of their samples, from the sums that were kept as the rows landed. */

import type { PoolClient } from 'pg';
import type { Evaluation, Evaluations } from '../contracts/predictions.ts';
import { checkJob, seconds } from './job-row.ts';

/** The order of evaluations wherever they are listed; one step may have two (of an epoch, and of the end). */
export const evaluationOrder = 'step, epoch, created_at, hook';

/** Sums of an evaluation; `scores` by name [sum, how many], the sum null once it is beyond what JSON holds. */
export interface EvaluationSums {
  epoch: number;
  samples: number;
  errors: number;
  scores: Record<string, [number | null, number]>;
  nll_sum: number;
  nll_samples: number;
  rungs: Record<string, number>;
}

type EvaluationRow = EvaluationSums & { step: string; hook: string; created_at: Date };

/** @throws AssayError not_found */
export async function listEvaluations(q: PoolClient, id: string): Promise<Evaluations> {
  await checkJob(q, id);
  const { rows } = await q.query<EvaluationRow>(
    `select epoch, step, hook, samples, errors, scores, nll_sum, nll_samples, rungs, created_at
     from training_evaluations where job_id = $1 order by ${evaluationOrder}`,
    [id],
  );
  return { evaluations: rows.map(toEvaluation), epoch_count: new Set(rows.map(({ epoch }) => epoch)).size };
}

function toEvaluation({ nll_sum: sum, nll_samples: count, ...row }: EvaluationRow): Evaluation {
  // Sums of numbers near the largest there are have no mean that JSON can hold.
  const means = Object.entries(row.scores).flatMap(([name, [total, of]]) =>
    total === null ? [] : [[name, total / of]],
  );
  return {
    ...row,
    step: Number(row.step),
    scores: Object.fromEntries(means),
    truth_nll: count === 0 || !Number.isFinite(sum) ? null : sum / count,
    created_at: seconds(row.created_at),
  };
}
