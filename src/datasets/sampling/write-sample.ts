/** Writes items of a version as a JSONL file that keeps their ids when it is imported as a dataset of its own. */

import { open, rm } from 'node:fs/promises';
import type { Database } from '../../db/database.ts';
import { itemIdOf } from '../derive-item.ts';
import { inFileOrder } from '../input-text.ts';
import { itemsOf, type VersionItem } from '../version-items.ts';

export interface SampleToWrite {
  versionId: string;
  /** Places of the items, from 0, in the order in which they are written. */
  ordinals: number[];
  /** Of each item, written as its `category` where its row has no such field. */
  categories?: string[] | null;
  path: string;
  signal?: AbortSignal;
}

/** Items read in one transaction. */
const ITEMS = 4000;

/** Writes `path` anew; when that fails, or the signal is aborted, the file goes away. Gives the bytes written. */
export async function writeSample(db: Database, userId: string, sample: SampleToWrite): Promise<number> {
  const handle = await open(sample.path, 'w');
  let bytes = 0;
  let written = 0;
  try {
    const columns = await columnNames(db, userId, sample.versionId);
    for (let from = 0; from < sample.ordinals.length; from += ITEMS) {
      sample.signal?.throwIfAborted();
      const wanted = sample.ordinals.slice(from, from + ITEMS);
      await db.asUser(userId, async (q) => {
        for await (const page of itemsOf(q, sample.versionId, wanted)) {
          const lines = page.map((item) => {
            const category = sample.categories?.[written] ?? null;
            return lineOf(item, { columns, number: (written += 1), category });
          });
          const text = Buffer.from(lines.join(''));
          await handle.writeFile(text);
          bytes += text.length;
        }
      });
    }
    await handle.sync();
    await handle.close();
    return bytes;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(sample.path, { force: true });
    throw error;
  }
}

/** The row, with a custom_id where an import would give it another id: one by its number, or by an `id` that repeats. */
function lineOf(item: VersionItem, on: { columns: string[]; number: number; category: string | null }): string {
  const { number, category } = on;
  const values = { ...(category === null ? {} : { category }), ...inFileOrder(item.input, on.columns) };
  const { itemId, from } = itemIdOf({ number, line: null, values }, 'the sample', true);
  const kept = itemId === item.itemId && from !== 'row';
  return `${JSON.stringify(kept ? values : { ...values, custom_id: item.itemId })}\n`;
}

async function columnNames(db: Database, userId: string, versionId: string): Promise<string[]> {
  const { rows } = await db.asUser(userId, (q) =>
    q.query<{ columns: { path: string }[] }>('select columns from dataset_versions where version_id = $1', [versionId]),
  );
  return rows[0]?.columns.map(({ path }) => path) ?? [];
}
