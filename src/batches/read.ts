/** Reads batches: one by id, or a page of them, newest first. */

import type { PoolClient } from 'pg';
import type { Page } from '../contracts/lists.ts';
import { type Batch, isStorable } from '../contracts/openai-batch.ts';
import type { Database } from '../db/database.ts';
import { AssayError } from '../errors.ts';
import { type BatchRow, toBatch } from './batch-row.ts';

/** The row of a batch as `q`'s user sees it. Throws not_found. */
export async function selectBatch(q: PoolClient, batchId: string, lock = ''): Promise<BatchRow> {
  // PostgreSQL refuses a text with NUL; there is no such id.
  const id = batchId.includes('\0') ? '' : batchId;
  const { rows } = await q.query<BatchRow>(`select * from batches where batch_id = $1 ${lock}`, [id]);
  if (rows[0] === undefined)
    throw new AssayError('not_found', { kind: 'batch', id: batchId, list: '/v1/batches' }, { param: 'id' });
  return rows[0];
}

/** Throws not_found. */
export async function getBatch(db: Database, userId: string, batchId: string): Promise<Batch> {
  return toBatch(await db.asUser(userId, (q) => selectBatch(q, batchId)));
}

/** A page after the batch `after`; `metadata` keeps those that hold all its pairs. */
export async function listBatches(
  db: Database,
  userId: string,
  query: { after?: string; limit: number; metadata?: Record<string, string> },
): Promise<Page<Batch>> {
  // No batch carries such a pair, and jsonb would refuse it.
  if (
    !Object.entries(query.metadata ?? {})
      .flat()
      .every(isStorable)
  )
    return { data: [], has_more: false };
  return db.asUser(userId, async (q) => {
    const after = query.after === undefined ? null : await selectBatch(q, query.after);
    // The cursor's created_at is compared inside the database: a JavaScript date drops its microseconds.
    const { rows } = await q.query<BatchRow>(
      `select * from batches where user_id = $1
         and ($2::text is null or (created_at, batch_id) < ((select created_at from batches where batch_id = $2), $2))
         and ($3::jsonb is null or metadata @> $3)
       order by created_at desc, batch_id desc limit $4`,
      [
        userId,
        after?.batch_id ?? null,
        query.metadata === undefined ? null : JSON.stringify(query.metadata),
        query.limit + 1,
      ],
    );
    return { data: rows.slice(0, query.limit).map(toBatch), has_more: rows.length > query.limit };
  });
}
