/** Reads the newest version of a dataset, and the items of a version page by page. */

import type { PoolClient } from 'pg';
import type { Column, Comparing, Reading } from '../contracts/datasets.ts';
import type { Database } from '../db/database.ts';
import { AssayError } from '../errors.ts';

/** A version of a dataset as other rooms need it; `items` is how many there are. */
export interface Version {
  versionId: string;
  datasetId: string;
  items: number;
  reading: Reading;
  comparing: Comparing;
  columns: Column[];
}

/** An item of a version: `ordinal` is its place from 0, `input` the row as it was read. */
export interface VersionItem {
  ordinal: number;
  itemId: string;
  name: string;
  category: string | null;
  truth: string | null;
  input: Record<string, unknown>;
}

/** Items of the first page and of a page at most; stored bytes of input that a page should hold. */
const firstItems = 50;
const pageItems = 1000;
const pageBytes = 2 * 1024 * 1024;

/** The newest version of the dataset as `q`'s user sees it. @throws AssayError not_found */
export async function newestVersion(q: PoolClient, userId: string, datasetId: string): Promise<Version> {
  const { rows } = await q.query<Version>(
    `select v.version_id as "versionId", d.dataset_id as "datasetId", v.items, v.columns,
       jsonb_build_object('name_path', null, 'category_path', null, 'truth_path', null) || d.reading as reading,
       jsonb_build_object('decision_path', null, 'rules', '[]'::jsonb, 'normalisers', '{}'::jsonb) || d.comparing as comparing
     from datasets d join dataset_versions v using (dataset_id)
     where d.user_id = $1 and d.dataset_id = $2 order by v.ordinal desc limit 1`,
    [userId, idText(datasetId)],
  );
  if (rows[0] === undefined) throw noDataset(datasetId);
  return rows[0];
}

/** The error for a dataset that is not there, or is another user's. */
export const noDataset = (id: string): AssayError =>
  new AssayError('not_found', { kind: 'dataset', id, list: '/admin/datasets' }, { param: 'dataset_id' });

/** PostgreSQL refuses a text with NUL; there is no such id. */
export const idText = (id: string): string => (id.includes('\0') ? '' : id);

/**
 * Yields the items of a version in pages of 1 to 1000, fewer where they are large: all of them by ordinal, or those of
 * `ordinals` in the order given there. With `after` it goes on behind that ordinal (behind that place in `ordinals`).
 *
 *     for await (const page of itemsOf(q, versionId, [7, 2])) for (const item of page) console.log(item.name);
 */
// biome-ignore lint/complexity/useMaxParams: which items, and optionally where to go on
export async function* itemsOf(
  q: PoolClient,
  versionId: string,
  ordinals: number[] | null,
  after = -1,
): AsyncGenerator<VersionItem[]> {
  let last = after;
  let limit = firstItems;
  for (;;) {
    const wanted = ordinals?.slice(last + 1, last + 1 + limit);
    const rows = wanted ? await selectListed(q, versionId, wanted) : await selectAfter(q, { versionId, last, limit });
    if ((wanted ?? rows).length === 0) return;
    last = wanted ? last + wanted.length : rows.at(-1)!.ordinal;
    let bytes = 0;
    const page = rows.map(({ size, ...item }) => {
      bytes += size;
      return item;
    });
    if (page.length > 0) yield page;
    limit = Math.max(1, Math.min(pageItems, Math.floor((pageBytes * rows.length) / Math.max(1, bytes))));
  }
}

/** Items read in one transaction: short ones hold no old rows back from being cleaned up. */
const itemsAtOnce = 4000;

/** Yields all items of a version by ordinal, in a transaction of its own for each few pages. */
export async function* itemPages(db: Database, userId: string, versionId: string): AsyncGenerator<VersionItem[]> {
  for (let after = -1; ; ) {
    const items = await db.asUser(userId, async (q) => {
      const read: VersionItem[] = [];
      for await (const page of itemsOf(q, versionId, null, after)) {
        read.push(...page);
        if (read.length >= itemsAtOnce) break;
      }
      return read;
    });
    if (items.length === 0) return;
    yield items;
    after = items.at(-1)!.ordinal;
  }
}

type SizedItem = VersionItem & { size: number };
const fields = 'ordinal, item_id as "itemId", name, category, truth, input, pg_column_size(input) as size';

async function selectAfter(
  q: PoolClient,
  from: { versionId: string; last: number; limit: number },
): Promise<SizedItem[]> {
  const { rows } = await q.query<SizedItem>(
    `select ${fields} from items where version_id = $1 and ordinal > $2 order by ordinal limit $3`,
    [from.versionId, from.last, from.limit],
  );
  return rows;
}

async function selectListed(q: PoolClient, versionId: string, ordinals: number[]): Promise<SizedItem[]> {
  const { rows } = await q.query<SizedItem>(
    `select ${fields} from unnest($2::int[]) with ordinality as wanted(ordinal, place)
     join items using (ordinal) where version_id = $1 order by place`,
    [versionId, ordinals],
  );
  return rows;
}
