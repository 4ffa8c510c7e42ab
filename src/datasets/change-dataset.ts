/** Changes a dataset's name, how its items are read, and how its answers are compared. */

import type { ChangeDataset, DatasetObject } from '../contracts/datasets.ts';
import type { Database } from '../db/database.ts';
import { cleanLine } from './clean-line.ts';
import { lockDataset, selectDataset } from './dataset-rows.ts';
import { fillReading } from './guess-reading.ts';
import { rederiveItems, tallyVersion } from './rederive-items.ts';

const maxNameChars = 200;

/**
 * The changed dataset. A changed reading is applied to the items of all versions, in the same transaction.
 * @throws AssayError not_found
 */
export async function changeDataset(
  db: Database,
  userId: string,
  { id, change }: { id: string; change: ChangeDataset },
): Promise<DatasetObject> {
  return db.asUser(userId, async (q) => {
    const old = await lockDataset(q, { userId, id, lock: 'for no key update' });
    const name = cleanLine(change.name ?? '', maxNameChars) || old.name;
    const reading = { ...old.reading, ...definedOf(change.reading) };
    const comparing = { ...old.comparing, ...definedOf(change.comparing) };
    await q.query('update datasets set name = $2, reading = $3, comparing = $4 where dataset_id = $1', [
      id,
      name,
      JSON.stringify(reading),
      JSON.stringify(comparing),
    ]);
    if (JSON.stringify(reading) !== JSON.stringify(old.reading)) {
      const { rows } = await q.query('select version_id, columns, items from dataset_versions where dataset_id = $1', [
        id,
      ]);
      for (const version of rows) {
        await rederiveItems(q, version.version_id, fillReading(reading, version.columns, version.items));
        await tallyVersion(q, version.version_id);
      }
    }
    return selectDataset(q, userId, id);
  });
}

/** What is really given: an absent field changes nothing, a null one does. */
function definedOf<T extends object>(part: T | undefined): Partial<T> {
  const given = Object.entries(part ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Partial<T>;
}
