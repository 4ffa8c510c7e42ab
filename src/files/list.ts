/** Pages through a user's files by (created_at, file_id). */

import type { Page } from '../contracts/lists.ts';
import type { ListFilesQuery } from '../contracts/openai-file.ts';
import type { Database } from '../db/database.ts';
import { AssayError } from '../errors.ts';
import { type FileRow, fileColumns, fileRow, momentOfFileId, selectFile } from './rows.ts';

/** One page of files, newest first unless asked otherwise. Throws invalid_parameter for an `after` that is no file. */
export async function listFiles(db: Database, userId: string, query: ListFilesQuery): Promise<Page<FileRow>> {
  return db.asUser(userId, async (q) => {
    const known = query.after !== undefined && (await selectFile(q, userId, query.after)) !== null;
    // A file deleted between two pages is gone from the table, but its id tells when it was made.
    const made = query.after === undefined || known ? null : momentOfFileId(query.after);
    if (query.after !== undefined && !known && made === null) {
      const problem = 'no file has this id; send the last_id of the page before';
      throw new AssayError('invalid_parameter', { param: 'after', problem, value: query.after }, { param: 'after' });
    }
    const [compare, direction] = query.order === 'asc' ? ['>', 'asc'] : ['<', 'desc'];
    const { rows } = await q.query(
      `select ${fileColumns} from files
       where user_id = $1 and (expires_at is null or expires_at > now())
         and ($2::text is null or purpose = $2)
         and ($4::text is null or (created_at, file_id) ${compare}
           (coalesce((select created_at from files where file_id = $4 and user_id = $1), $3), $4))
       order by created_at ${direction}, file_id ${direction} limit $5`,
      [userId, query.purpose ?? null, made, query.after ?? null, query.limit + 1],
    );
    return { data: rows.slice(0, query.limit).map(fileRow), has_more: rows.length > query.limit };
  });
}
