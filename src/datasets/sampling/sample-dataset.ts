/** Draws a sample of a dataset's newest version: which of its items, and the figures; writes nothing. */

import type { SampleOptions, SampleStats } from '../../contracts/sampling.ts';
import type { Database } from '../../db/database.ts';
import { fillReading } from '../guess-reading.ts';
import { itemPages, newestVersion } from '../version-items.ts';
import { labelAt } from './file-source.ts';
import { promptOf } from './prompt-of.ts';
import { sampleRows } from './sample-rows.ts';
import type { SampleControl, SampleSource } from './sample-source.ts';

export interface SampleRequest extends SampleControl {
  datasetId: string;
  options: SampleOptions;
}

export interface DatasetSample {
  versionId: string;
  /** Places of the items drawn, from 0, in ascending order. */
  ordinals: number[];
  /** The category of each of them where no field of the rows has it; null where one has. */
  categories: string[] | null;
  stats: SampleStats;
}

/** @throws AssayError not_found (datasetId); as {@link sampleRows}. */
export async function sampleDataset(
  deps: { db: Database },
  userId: string,
  asked: SampleRequest,
): Promise<DatasetSample> {
  const { db } = deps;
  const version = await db.asUser(userId, (q) => newestVersion(q, userId, asked.datasetId));
  const { name, sha256 } = await db.asUser(userId, async (q) => {
    const { rows } = await q.query<{ name: string; sha256: string }>(
      `select d.name, encode(v.content_hash, 'hex') as sha256 from dataset_versions v join datasets d using (dataset_id)
       where v.version_id = $1`,
      [version.versionId],
    );
    return rows[0]!;
  });
  const path = fillReading(version.reading, version.columns, version.items).category_path ?? undefined;
  const options = { ...asked.options, category_path: asked.options.category_path ?? path };
  const source: SampleSource = {
    name,
    fields: version.columns.map((column) => column.path),
    total: version.items,
    async *rows() {
      for await (const items of itemPages(db, userId, version.versionId)) {
        for (const item of items) {
          yield {
            number: item.ordinal + 1,
            id: item.itemId === `row-${item.ordinal + 1}` ? null : item.itemId,
            text: promptOf(item.input),
            category: labelAt(item.input, options.category_path),
            source: labelAt(item.input, options.source_path),
          };
        }
      }
    },
    sha256: async () => sha256,
  };
  const { numbers, categories, stats } = await sampleRows(source, options, asked);
  return {
    versionId: version.versionId,
    ordinals: Array.from(numbers, (number) => number - 1),
    categories: options.category_path === undefined ? categories : null,
    stats,
  };
}
