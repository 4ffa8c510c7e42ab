/** The datasets room on a database of its own, and uploads for it. */

import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { type Datasets, openDatasets } from '../../src/datasets/open-datasets.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { freshDatabase } from '../harness/database.ts';
import { write } from './files.ts';

export interface DatasetBench {
  db: Database;
  room: Datasets;
  /** Imports content as a file of that name, for the local user unless `userId` says another. */
  put(
    filename: string,
    content: string | Uint8Array,
    more?: { name?: string; datasetId?: string; userId?: string },
  ): ReturnType<Datasets['import']>;
  /** Imports a file that is on the disk. */
  putFile(path: string, filename?: string): ReturnType<Datasets['import']>;
  /** Rows of a statement, as the system sees them. */
  query<T = Record<string, unknown>>(sql: string, values?: unknown[]): Promise<T[]>;
  /** Items of a version by ordinal, without their search words. */
  items(versionId: string): Promise<ItemRow[]>;
  end(): Promise<void>;
}

export interface ItemRow {
  ordinal: number;
  item_id: string;
  name: string;
  category: string | null;
  truth: string | null;
  input: Record<string, unknown>;
}

export const testLimits = { maxItems: 60_000, blockRows: 100, lineMaxBytes: 200_000 };

export async function openBench(name: string, limits: Partial<typeof testLimits> = {}): Promise<DatasetBench> {
  const fresh = await freshDatabase(`datasets_${name}`);
  const db = openDatabase({ url: fresh.url, max: 6 });
  await db.asSystem((q) => q.query("insert into users (user_id, display_name) values ('other', 'Other')"));
  const room = openDatasets({ db, limits: { ...testLimits, ...limits } });
  const query = <T>(sql: string, values: unknown[] = []) =>
    db.asSystem(async (q) => (await q.query(sql, values)).rows as T[]);
  let written = 0;
  return {
    db,
    room,
    query,
    put(filename, content, more = {}) {
      const { userId = 'local', ...rest } = more;
      const path = write(`upload-${(written += 1)}`, content);
      return room.import(userId, { ...describeFile(path, content), filename, ...rest });
    },
    putFile: async (path, filename = basename(path)) => {
      const { readFile } = await import('node:fs/promises');
      return room.import('local', { ...describeFile(path, await readFile(path)), filename });
    },
    items: (versionId) =>
      query<ItemRow>(
        'select ordinal, item_id, name, category, truth, input from items where version_id = $1 order by ordinal',
        [versionId],
      ),
    async end() {
      await db.close();
      await fresh.drop();
    },
  };
}

function describeFile(path: string, content: string | Uint8Array) {
  return { path, bytes: statSync(path).size, sha256: createHash('sha256').update(content).digest() };
}

/** JSON lines of values. */
export const jsonl = (rows: unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
