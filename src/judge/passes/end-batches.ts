/** Ends the batches that still work for a judge run. */

import { AssayError } from '../../errors.ts';
import type { JudgeDeps } from './judge-deps.ts';

/** What they have answered stays. */
export async function endBatches(deps: JudgeDeps, userId: string, judgeRunId: string): Promise<void> {
  const { rows } = await deps.db.asUser(userId, (q) =>
    q.query<{ batch_id: string }>(
      `select distinct batch_id from judge_calls where judge_run_id = $1 and state = 'sent' and batch_id is not null`,
      [judgeRunId],
    ),
  );
  for (const { batch_id: id } of rows) {
    await deps.batches.cancel(userId, id).catch((error: unknown) => {
      if (!(error instanceof AssayError) || error.code !== 'conflict') throw error;
    });
  }
}
