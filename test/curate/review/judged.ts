/** Writes judge runs with their verdicts as a judge that has ended leaves them. */

import { randomUUID } from 'node:crypto';
import type { Bench } from '../seed.ts';

export interface JudgedRun {
  userId: string;
  datasetId: string;
  versionId: string;
  runId: string;
  judges: string[];
  /** `completed` unless it is said. */
  status?: string;
  threshold?: number;
}

export interface Verdict {
  ordinal: number;
  judge: string;
  score?: number;
  confidence?: number;
  error?: string;
}

/** Gives the id of the judge run. */
export async function judge({ db }: Pick<Bench, 'db'>, run: JudgedRun, verdicts: Verdict[]): Promise<string> {
  const id = `jr_${randomUUID().replaceAll('-', '')}`;
  await db.asUser(run.userId, async (q) => {
    await q.query(
      `insert into judge_runs (judge_run_id, user_id, dataset_id, version_id, run_id, mode, judges, settings, threshold, status)
       values ($1, $2, $3, $4, $5, 'single', $6, '{}', $7, $8)`,
      [
        id,
        run.userId,
        run.datasetId,
        run.versionId,
        run.runId,
        run.judges,
        run.threshold ?? 7,
        run.status ?? 'completed',
      ],
    );
    await q.query(
      `insert into judgments (judge_run_id, ordinal, judge, user_id, run_id, judge_type, score, confidence, error)
       select $1, v.ordinal, v.judge, $2, $3, 'llm', v.score, v.confidence, v.error
       from jsonb_to_recordset($4::jsonb) as v (ordinal integer, judge text, score real, confidence real, error text)`,
      [id, run.userId, run.runId, JSON.stringify(verdicts)],
    );
  });
  return id;
}
