/** A page of a dataset's items, in the order of the file, with the beginning of each prompt. */

import type { DatasetItems } from '../contracts/datasets.ts';
import type { Database } from '../db/database.ts';
import { cleanLine } from './clean-line.ts';
import { splitPath } from './field-path.ts';
import { inFileOrder, plainText } from './input-text.ts';
import { newestVersion, type VersionItem } from './version-items.ts';

const previewChars = 300;
const truthChars = 300;

/** Items of the newest version behind the ordinal `after`, `limit` at most. @throws AssayError not_found */
export async function listItems(
  db: Database,
  userId: string,
  page: { id: string; after?: number; limit: number },
): Promise<DatasetItems> {
  return db.asUser(userId, async (q) => {
    const { versionId, columns } = await newestVersion(q, userId, page.id);
    const names = columns.map(({ path }) => splitPath(path)).flatMap((path) => (path.length === 1 ? path : []));
    const { rows } = await q.query<VersionItem>(
      `select ordinal, item_id as "itemId", name, category, left(truth, ${truthChars}) as truth, input
       from items where version_id = $1 and ordinal > $2 order by ordinal limit $3`,
      [versionId, page.after ?? -1, page.limit + 1],
    );
    const data = rows.slice(0, page.limit).map((item) => ({
      candidate_id: item.itemId,
      ordinal: item.ordinal,
      name: item.name,
      category: item.category,
      truth: item.truth,
      preview: cleanLine(plainText(inFileOrder(item.input, names)), previewChars),
    }));
    return { data, next: rows.length > page.limit ? data.at(-1)!.ordinal : null };
  });
}
