/** Ends batches: completed when all rows have landed; cancelled or expired with a line in the error file for each row not run. */

import type { PoolClient } from 'pg';
import type { Batch } from '../contracts/openai-batch.ts';
import type { Database } from '../db/database.ts';
import { AssayError, describe } from '../errors.ts';
import { type BatchRow, toBatch } from './batch-row.ts';
import { selectBatch } from './read.ts';

/** Completes a batch whose rows have all landed (state finalizing); any other is left as it is. */
export async function finishBatch(db: Database, userId: string, batchId: string): Promise<void> {
  await db.asUser(userId, async (q) => {
    const { rows } = await q.query<BatchRow>(
      `update batches set status = 'completed', completed_at = now() where batch_id = $1 and status = 'finalizing' returning *`,
      [batchId],
    );
    if (rows[0] === undefined) return;
    // A worker killed between its last results and the end of their chunks has left these open.
    await q.query(`update chunks set state = 'done' where batch_id = $1 and state = 'open'`, [batchId]);
    await nameFiles(q, rows[0]);
  });
}

/** Enters the output and error files, as far as they hold a line, into the table of files; their content stays virtual. */
async function nameFiles(q: PoolClient, batch: BatchRow): Promise<void> {
  await q.query(
    `insert into files (file_id, user_id, filename, purpose, bytes, content, batch_id, expires_at)
     select f.file_id, $1, $2 || f.suffix, 'batch_output', f.bytes, f.content, $2, now() + $7::integer * interval '1 second'
     from (values ($3, '_output.jsonl', $4::bigint, 'batch_output'), ($5, '_error.jsonl', $6::bigint, 'batch_error'))
       as f (file_id, suffix, bytes, content)
     where f.bytes > 0
     on conflict (file_id) do update set bytes = excluded.bytes, expires_at = excluded.expires_at`,
    [
      batch.user_id,
      batch.batch_id,
      batch.output_file_id,
      batch.output_bytes,
      batch.error_file_id,
      batch.error_bytes,
      batch.output_expires_seconds,
    ],
  );
}

/** Asks for the end of a batch: what runs is given up within a second, what is done is kept. Throws conflict when it has ended. */
export async function cancelBatch(db: Database, userId: string, batchId: string): Promise<Batch> {
  return db.asUser(userId, async (q) => {
    const batch = await selectBatch(q, batchId, 'for no key update');
    if (batch.status === 'cancelling') return toBatch(batch);
    if (batch.status !== 'validating' && batch.status !== 'in_progress') {
      throw new AssayError('conflict', {
        what: `Batch ${batchId} is ${batch.status}`,
        remedy: 'Only a batch that is validating or in progress can be cancelled',
      });
    }
    const { rows } = await q.query<BatchRow>(
      `update batches set status = 'cancelling', cancelling_at = now() where batch_id = $1 returning *`,
      [batchId],
    );
    return toBatch(rows[0]!);
  });
}

/** Rows that get their end with one statement. */
const rowsAtOnce = 10_000;

/**
 * Gives each row that was not run its line in the error file and ends the batch, in one transaction. Its chunks are
 * closed first under a new epoch, so that a worker which has not heard of it writes nothing more.
 */
export async function closeBatch(
  db: Database,
  batch: { userId: string; batchId: string; as: 'cancelled' | 'expired' },
): Promise<void> {
  const code = batch.as === 'expired' ? 'batch_expired' : 'batch_cancelled';
  const from = batch.as === 'expired' ? ['validating', 'in_progress'] : ['cancelling'];
  await db.asUser(batch.userId, async (q) => {
    const row = await selectBatch(q, batch.batchId, 'for no key update');
    if (!from.includes(row.status)) return;
    await q.query(`update chunks set state = 'done', epoch = epoch + 1 where batch_id = $1`, [batch.batchId]);
    let failed = 0;
    let bytes = 0;
    for (let after = 0; ; ) {
      const { rows } = await q.query<{ rows: number; bytes: string; last: number | null }>(
        `with open as (
           select line, user_id, custom_id from requests r where batch_id = $1 and line > $2
             and not exists (select from results x where x.batch_id = $1 and x.line = r.line)
           order by line limit ${rowsAtOnce}
         ), ended as (
           insert into results (batch_id, line, user_id, custom_id, ok, error_code, output, bytes, attempts)
           select $1, line, user_id, custom_id, false, $3, o.output, octet_length(o.output) + 1, 0
           from open, lateral (select '{"id":"batch_req_' || replace(gen_random_uuid()::text, '-', '') || '","custom_id":'
             || to_json(custom_id)::text || ',"response":null,"error":' || $4 || '}' as output) o
           returning line, bytes
         )
         select count(*)::integer as rows, coalesce(sum(bytes), 0) as bytes, max(line) as last from ended`,
        [batch.batchId, after, code, JSON.stringify({ code, message: describe(code) })],
      );
      const page = rows[0]!;
      failed += page.rows;
      bytes += Number(page.bytes);
      if (page.rows < rowsAtOnce) break;
      after = page.last!;
    }
    const { rows } = await q.query<BatchRow>(
      `update batches set status = $2, ${batch.as}_at = now(), failed = failed + $3, error_bytes = error_bytes + $4
       where batch_id = $1 returning *`,
      [batch.batchId, batch.as, failed, bytes],
    );
    await nameFiles(q, rows[0]!);
  });
}
