/** Runs the failed rows of an ended batch again, in the same batch, so that its output file ends up whole. */

import type { PoolClient } from 'pg';
import { type Batch, finalStatuses, windowSeconds } from '../contracts/openai-batch.ts';
import type { Database } from '../db/database.ts';
import { AssayError } from '../errors.ts';
import { type BatchRow, toBatch } from './batch-row.ts';
import type { OrderedRows } from './order.ts';
import { selectBatch } from './read.ts';

/**
 * Opens the batch again for its failed rows (also those that were cancelled or expired), with a new completion window;
 * their old ends are kept as attempts. Throws conflict when it still runs, or when no row failed.
 */
export async function retryBatch(
  db: Database,
  on: { userId: string; batchId: string },
  schedule: (q: PoolClient, batch: BatchRow, rows: OrderedRows) => Promise<void>,
): Promise<Batch> {
  return db.asUser(on.userId, async (q) => {
    const batch = await selectBatch(q, on.batchId, 'for no key update');
    refuse(batch);
    await q.query(
      `insert into attempts (batch_id, line, user_id, generation, attempt, code, status_code, message, worker_id, started_at, ended_at)
       select batch_id, line, user_id, $2, attempts, coalesce(error_code, 'failed'), status_code, left(output, 2000), worker_id,
         finished_at, finished_at
       from results where batch_id = $1 and not ok`,
      [on.batchId, batch.generation],
    );
    const { rows: removed } = await q.query<[number, number]>({
      text: `with gone as (delete from results where batch_id = $1 and not ok returning line)
             select r.line, r.prompt_chars from gone join requests r on r.batch_id = $1 and r.line = gone.line
             where not exists (select from twins t join gone first on first.line = t.same_as where t.batch_id = $1 and t.line = r.line)
             order by r.prefix_key, r.line`,
      values: [on.batchId],
      rowMode: 'array',
    });
    await q.query('delete from files where file_id = any ($1)', [[batch.output_file_id, batch.error_file_id]]);
    const { rows } = await q.query<BatchRow>(
      `update batches b set status = 'in_progress', failed = 0, error_bytes = 0, generation = generation + 1,
         expires_at = now() + $2::integer * interval '1 second', completed_at = null, cancelled_at = null, cancelling_at = null,
         expired_at = null, finalizing_at = null,
         prompt_chars_done = prompt_chars - (select coalesce(sum(prompt_chars), 0) from requests r
           where r.batch_id = $1 and not exists (select from results x where x.batch_id = $1 and x.line = r.line))
       where batch_id = $1 returning *`,
      [on.batchId, windowSeconds(batch.completion_window)],
    );
    await schedule(q, rows[0]!, {
      lines: Int32Array.from(removed, ([line]) => line),
      chars: Int32Array.from(removed, ([, chars]) => chars),
    });
    return toBatch(rows[0]!);
  });
}

function refuse(batch: BatchRow): void {
  if (!finalStatuses.includes(batch.status)) {
    throw new AssayError('conflict', {
      what: `Batch ${batch.batch_id} is ${batch.status}`,
      remedy: 'Wait for its end, or cancel it first; failed rows can then be run again',
    });
  }
  if (batch.failed === 0) {
    throw new AssayError('conflict', {
      what: `Batch ${batch.batch_id} has no failed rows`,
      remedy:
        batch.status === 'failed'
          ? 'Its input has faults: mend the file and create a new batch'
          : 'There is nothing to run again',
    });
  }
}
