/** Reads names, categories and expected answers of a version's items anew, block by block, and counts what there is. */

import type { PoolClient } from 'pg';
import { labelsOf } from './derive-item.ts';
import type { EffectiveReading } from './guess-reading.ts';
import { itemsOf, type VersionItem } from './version-items.ts';

/** Categories kept in the counts, the most frequent ones. */
const maxCategories = 200;

/**
 * Writes only the items that change. By a new name an item is found as well: nearly always its words stand in the item's
 * text and so among those it is found by; else they are put to them, which is far cheaper than to parse the text again.
 */
export async function rederiveItems(q: PoolClient, versionId: string, reading: EffectiveReading): Promise<void> {
  // A name of signs alone holds no word; a notice for each would only cost.
  await q.query('set local client_min_messages = warning');
  for await (const page of itemsOf(q, versionId, null)) {
    const changed = page.flatMap((item) => changesOf(item, reading));
    if (changed.length === 0) continue;
    await q.query(
      `update items i set name = n.name, category = n.category, truth = n.truth,
         words = case when i.name = n.name or i.words @@ plainto_tsquery('simple', n.name) then i.words
           else to_tsvector('simple', n.name) || i.words end
       from unnest($2::int[], $3::text[], $4::text[], $5::text[]) as n(ordinal, name, category, truth)
       where i.version_id = $1 and i.ordinal = n.ordinal`,
      [
        versionId,
        changed.map((item) => item.ordinal),
        changed.map((item) => item.name),
        changed.map((item) => item.category),
        changed.map((item) => item.truth),
      ],
    );
  }
}

/** Keeps the counts by category (none, where no item has one) and of expected answers. */
export async function tallyVersion(q: PoolClient, versionId: string): Promise<void> {
  await q.query(
    `update dataset_versions set
       with_truth = (select count(truth) from items where version_id = $1),
       categories = (
         select case when count(category) = 0 then '[]'
           else jsonb_agg(jsonb_build_object('category', category, 'count', count) order by count desc, category) end
         from (select category, count(*) as count from items where version_id = $1
           group by category order by count(*) desc, category limit ${maxCategories}) counted)
     where version_id = $1`,
    [versionId],
  );
}

/** The item's new labels, where they differ from the old. */
function changesOf(item: VersionItem, reading: EffectiveReading) {
  const labels = labelsOf(item.input, item.itemId, reading);
  if (labels.name === item.name && labels.category === item.category && labels.truth === item.truth) return [];
  return [{ ordinal: item.ordinal, ...labels }];
}
