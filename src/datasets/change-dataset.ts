/** Changes a dataset's name, how its items are read, and how its answers are compared. */

import { isDeepStrictEqual } from 'node:util';
import type { PoolClient } from 'pg';
import type { ChangeDataset, Column, DatasetObject, Reading } from '../contracts/datasets.ts';
import type { Database } from '../db/database.ts';
import { cleanLine } from './clean-line.ts';
import { lockDataset, selectDataset } from './dataset-rows.ts';
import { fillReading } from './guess-reading.ts';
import { rederiveItems, tallyVersion } from './rederive-items.ts';

const maxNameChars = 200;

/** What changes, and of which dataset; `reread` is called in the transaction when its answers are to be read anew. */
interface Change {
  id: string;
  change: ChangeDataset;
  reread?: ((q: PoolClient) => Promise<void>) | undefined;
}

/**
 * The changed dataset. A changed reading is applied to the items of all versions, in the same transaction. Answers are to
 * be read anew after another way of comparing them, and after another expected answer.
 * @throws AssayError not_found
 */
export async function changeDataset(
  db: Database,
  userId: string,
  { id, change, reread }: Change,
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
    const judged = isDeepStrictEqual(reading, old.reading) ? false : await rereadItems(q, id, [old.reading, reading]);
    if (judged || !isDeepStrictEqual(comparing, old.comparing)) await reread?.(q);
    return selectDataset(q, userId, id);
  });
}

/** Applies the second reading to all versions; true when an expected answer stands elsewhere by it than by the first. */
async function rereadItems(q: PoolClient, id: string, [before, after]: [Reading, Reading]): Promise<boolean> {
  const { rows } = await q.query<{ version_id: string; columns: Column[]; items: number }>(
    'select version_id, columns, items from dataset_versions where dataset_id = $1',
    [id],
  );
  let judged = false;
  for (const { version_id, columns, items } of rows) {
    const reading = fillReading(after, columns, items);
    await rederiveItems(q, version_id, reading);
    await tallyVersion(q, version_id);
    judged ||= reading.truth_path !== fillReading(before, columns, items).truth_path;
  }
  return judged;
}

/** What is really given: an absent field changes nothing, a null one does. */
function definedOf<T extends object>(part: T | undefined): Partial<T> {
  const given = Object.entries(part ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Partial<T>;
}
