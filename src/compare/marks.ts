/** Marks of what has changed of a dataset: a transaction counts them up, the live feed and kept figures look at them. */

import type { PoolClient } from 'pg';
import { idText } from '../datasets/version-items.ts';

/** Each number is another one after each commit that changed what it is about; see the table dataset_marks. */
export interface Marks {
  datasetId: string;
  runs: string;
  settings: string;
  answers: string;
}

const select = `select m.dataset_id as "datasetId", m.runs, m.settings, m.answers
  from dataset_marks m join datasets d using (dataset_id) where m.user_id = $1`;

/**
 * Says that answers, what is said of them, or the states of items have changed. It locks a row that every change of the
 * dataset needs at its commit, so nothing that may have to wait comes after it in a transaction.
 */
export async function markAnswers(q: PoolClient, datasetId: string): Promise<void> {
  await q.query('update dataset_marks set answers = answers + 1 where dataset_id = $1', [datasetId]);
}

/** The same for the settings of a dataset, or the progress of a pass over it. */
export async function markSettings(q: PoolClient, datasetId: string): Promise<void> {
  await q.query('update dataset_marks set settings = settings + 1 where dataset_id = $1', [datasetId]);
}

/** Of all datasets of the user; those of a deleted one count no more. */
export async function marksOf(q: PoolClient, userId: string): Promise<Marks[]> {
  return (await q.query<Marks>(select, [userId])).rows;
}

/** Of one dataset; null when the user has none of this id. */
export async function marksOfDataset(q: PoolClient, userId: string, datasetId: string): Promise<Marks | null> {
  const { rows } = await q.query<Marks>(`${select} and m.dataset_id = $2`, [userId, idText(datasetId)]);
  return rows[0] ?? null;
}

/** Removes the marks of deleted datasets, which a deletion leaves behind; for the start of the server. */
export async function forgetMarks(q: PoolClient): Promise<void> {
  await q.query(
    'delete from dataset_marks m where not exists (select from datasets d where d.dataset_id = m.dataset_id)',
  );
}
