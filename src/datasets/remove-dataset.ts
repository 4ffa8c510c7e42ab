/** Removes a dataset with all that hangs on it, and says beforehand what that is. */

import type { PoolClient } from 'pg';
import type { DatasetUse } from '../contracts/datasets.ts';
import type { Database } from '../db/database.ts';
import { AssayError } from '../errors.ts';
import { lockDataset, selectDataset } from './dataset-rows.ts';

const final = ['completed', 'failed', 'cancelled', 'expired'];

/** What a deletion would take with it. @throws AssayError not_found */
export async function datasetUse(db: Database, userId: string, id: string): Promise<DatasetUse> {
  return db.asUser(userId, async (q) => {
    await selectDataset(q, userId, id);
    return countUse(q, id);
  });
}

/** What went with it. The batches of its runs stay. @throws AssayError not_found; conflict while one of its runs is running */
export async function removeDataset(db: Database, userId: string, id: string): Promise<DatasetUse> {
  return db.asUser(userId, async (q) => {
    // Waits for an import into it, and keeps new runs out.
    await lockDataset(q, { userId, id, lock: 'for update' });
    await refuseRunning(q, id);
    // A pass over its answers ends its block first: it needs rows that the deletion takes one by one.
    await q.query('select from comparing_passes where dataset_id = $1 for update', [id]);
    const use = await countUse(q, id);
    await q.query('delete from datasets where dataset_id = $1', [id]);
    return use;
  });
}

async function countUse(q: PoolClient, id: string): Promise<DatasetUse> {
  const { rows } = await q.query<Record<keyof DatasetUse, string>>(
    `select (select count(*) from runs where dataset_id = $1) as runs,
       (select count(*) from answers join runs using (run_id) where dataset_id = $1) as answers,
       (select count(*) from annotations where dataset_id = $1 and kind is not null) as annotations,
       (select count(*) from golden_sets where dataset_id = $1) as golden_sets`,
    [id],
  );
  const { runs, answers, annotations, golden_sets } = rows[0]!;
  return {
    runs: Number(runs),
    answers: Number(answers),
    annotations: Number(annotations),
    golden_sets: Number(golden_sets),
  };
}

async function refuseRunning(q: PoolClient, id: string): Promise<void> {
  const { rows } = await q.query<{ run_id: string; model_id: string; status: string }>(
    `select r.run_id, r.model_id, b.status from runs r join batches b using (batch_id)
     where r.dataset_id = $1 and b.status <> all($2) order by r.created_at limit 1`,
    [id, final],
  );
  const run = rows[0];
  if (run === undefined) return;
  throw new AssayError('conflict', {
    what: `Dataset ${id} cannot be deleted: its run ${run.run_id} of model ${run.model_id} is ${run.status}`,
    remedy: `Cancel it with POST /admin/benchmarks/${run.run_id}/cancel, or wait until it has ended, then delete again.`,
  });
}
