/** Reads names, categories and expected answers of a version's items anew, block by block, and counts what there is. */

import type { PoolClient } from 'pg';
import { labelsOf, wordsOf } from './derive-item.ts';
import type { EffectiveReading } from './guess-reading.ts';
import { itemsOf, type VersionItem } from './version-items.ts';

/** Categories kept in the counts, the most frequent ones. */
const maxCategories = 200;

/** Writes only the items that change. */
export async function rederiveItems(q: PoolClient, versionId: string, reading: EffectiveReading): Promise<void> {
  for await (const page of itemsOf(q, versionId, null)) {
    const changed = page.flatMap((item) => changesOf(item, reading));
    if (changed.length === 0) continue;
    await q.query(
      `update items i set name = n.name, category = n.category, truth = n.truth,
         words = case when n.words is null then i.words else to_tsvector('simple', n.words) end
       from unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::text[]) as n(ordinal, name, category, truth, words)
       where i.version_id = $1 and i.ordinal = n.ordinal`,
      [
        versionId,
        changed.map((item) => item.ordinal),
        changed.map((item) => item.name),
        changed.map((item) => item.category),
        changed.map((item) => item.truth),
        changed.map((item) => item.words),
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

/** The item's new labels, where they differ from the old; `words` only where the name does. */
function changesOf(item: VersionItem, reading: EffectiveReading) {
  const labels = labelsOf(item.input, item.itemId, reading);
  const renamed = labels.name !== item.name;
  if (!renamed && labels.category === item.category && labels.truth === item.truth) return [];
  const words = renamed ? wordsOf(item.input, { itemId: item.itemId, name: labels.name }) : null;
  return [{ ordinal: item.ordinal, ...labels, words }];
}
