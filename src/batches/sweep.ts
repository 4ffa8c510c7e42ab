/** Looks after batches that nobody ends otherwise: to be taken in, cancelled, expired, finished by a killed worker. */

import type { Database } from '../db/database.ts';
import { closeBatch, finishBatch } from './end.ts';

export interface SweepDeps {
  db: Database;
  /** Sees to it that a batch in state validating is taken in; called again at each sweep until it is. */
  takeIn(userId: string, batchId: string): void;
  /** Told of each batch that was ended here. */
  ended?(userId: string, batchId: string): Promise<unknown>;
}

interface Due {
  batch_id: string;
  user_id: string;
  status: string;
  expired: boolean;
}

/** Ends what is due. A cancelled batch is closed a second after the request, when its workers have given up its rows. */
export async function sweepBatches(deps: SweepDeps): Promise<void> {
  const rows = await deps.db.look<Due>(
    `select batch_id, user_id, status, expires_at <= now() as expired from batches
     where status in ('validating', 'finalizing') or status = 'in_progress' and expires_at <= now()
       or status = 'cancelling' and cancelling_at <= now() - interval '1 second'
     order by created_at`,
  );
  for (const due of rows) {
    const batch = { userId: due.user_id, batchId: due.batch_id };
    if (due.status === 'finalizing') await finishBatch(deps.db, due.user_id, due.batch_id);
    else if (due.status === 'cancelling') await closeBatch(deps.db, { ...batch, as: 'cancelled' });
    else if (due.expired) await closeBatch(deps.db, { ...batch, as: 'expired' });
    else {
      deps.takeIn(due.user_id, due.batch_id);
      continue;
    }
    await deps.ended?.(due.user_id, due.batch_id);
  }
}

/** A deleted or expired output file takes its lines with it: the results keep their figures, not their text. */
export async function forgetDeleted(db: Database): Promise<void> {
  for (const [bytes, fileId, ok] of [
    ['output_bytes', 'output_file_id', true],
    ['error_bytes', 'error_file_id', false],
  ] as const) {
    await db.asSystem(async (q) => {
      const { rows } = await q.query<{ batch_id: string }>(
        `update batches b set ${bytes} = 0 where status in ('completed', 'cancelled', 'expired') and ${bytes} > 0
           and not exists (select from files f where f.file_id = b.${fileId}) returning batch_id`,
      );
      if (rows.length === 0) return;
      await q.query(`update results set output = '', bytes = 1 where batch_id = any ($1) and ok = $2`, [
        rows.map((row) => row.batch_id),
        ok,
      ]);
    });
  }
}
