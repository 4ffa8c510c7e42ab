/** Lists what is said of a dataset's answers, newest change first. */

import type { AnnotationObject } from '../contracts/curation.ts';
import { newestVersion } from '../datasets/version-items.ts';
import type { Database } from '../db/database.ts';
import { type AnnotationRow, annotationColumns, annotationOf } from './annotation-row.ts';

/** Answers of which nothing is said any more are left out. `next` is the `after` of the next page. */
export async function listAnnotations(
  db: Database,
  userId: string,
  query: { datasetId: string; after?: number; limit: number },
): Promise<{ data: AnnotationObject[]; next: number | null }> {
  return db.asUser(userId, async (q) => {
    const { datasetId } = await newestVersion(q, userId, query.datasetId);
    const { rows } = await q.query<AnnotationRow>(
      `select ${annotationColumns} from annotations n
       where n.dataset_id = $1 and n.user_id = $2 and n.kind is not null and ($3::bigint is null or n.seq < $3)
       order by n.seq desc limit $4`,
      [datasetId, userId, query.after ?? null, query.limit + 1],
    );
    const data = rows.slice(0, query.limit);
    return { data: data.map(annotationOf), next: rows.length > query.limit ? Number(data.at(-1)!.seq) : null };
  });
}
