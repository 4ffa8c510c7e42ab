/** Reads datasets with their newest versions, as the objects that the workbench shows. */

import type { PoolClient } from 'pg';
import type { Column, Comparing, DatasetObject, Reading } from '../contracts/datasets.ts';
import { fillReading } from './guess-reading.ts';
import { idText, noDataset } from './version-items.ts';

interface DatasetRow {
  dataset_id: string;
  name: string;
  reading: Partial<Reading>;
  comparing: Partial<Comparing>;
  created_at: Date;
  version_id: string;
  hash: string;
  versions: number;
  filename: string;
  format: DatasetObject['format'];
  bytes: string;
  items: number;
  columns: Column[];
  categories: DatasetObject['categories'];
  with_truth: number;
  comparing_done: number | null;
  comparing_total: number | null;
}

export const noReading: Reading = { name_path: null, category_path: null, truth_path: null };
const noComparing: Comparing = { decision_path: null, rules: [], normalisers: {} };

const select = `select d.dataset_id, d.name, d.reading, d.comparing, d.created_at, v.version_id,
    encode(v.content_hash, 'hex') as hash, v.ordinal as versions, v.filename, v.format, v.bytes, v.items, v.columns,
    v.categories, v.with_truth, p.next as comparing_done, p.total as comparing_total
  from datasets d
  left join comparing_passes p on p.dataset_id = d.dataset_id
  join lateral (select * from dataset_versions w where w.dataset_id = d.dataset_id order by w.ordinal desc limit 1) v on true
  where d.user_id = $1`;

/** All datasets of the user, the newest first. */
export async function selectDatasets(q: PoolClient, userId: string): Promise<DatasetObject[]> {
  const { rows } = await q.query<DatasetRow>(`${select} order by d.created_at desc, d.dataset_id desc`, [userId]);
  return rows.map(toDataset);
}

/** @throws AssayError not_found */
export async function selectDataset(q: PoolClient, userId: string, id: string): Promise<DatasetObject> {
  const { rows } = await q.query<DatasetRow>(`${select} and d.dataset_id = $2`, [userId, idText(id)]);
  if (rows[0] === undefined) throw noDataset(id);
  return toDataset(rows[0]);
}

/** Holds the dataset against changes by others until the transaction ends. @throws AssayError not_found */
export async function lockDataset(
  q: PoolClient,
  on: { userId: string; id: string; lock: 'for no key update' | 'for update' },
): Promise<{ name: string; reading: Reading; comparing: Comparing }> {
  const { rows } = await q.query(
    `select name, reading, comparing from datasets where user_id = $1 and dataset_id = $2 ${on.lock}`,
    [on.userId, idText(on.id)],
  );
  if (rows[0] === undefined) throw noDataset(on.id);
  const { name, reading, comparing } = rows[0];
  return { name, reading: { ...noReading, ...reading }, comparing: { ...noComparing, ...comparing } };
}

function toDataset(row: DatasetRow): DatasetObject {
  const reading = { ...noReading, ...row.reading };
  return {
    id: row.dataset_id,
    name: row.name,
    count: row.items,
    version: row.hash,
    version_id: row.version_id,
    versions: row.versions,
    filename: row.filename,
    format: row.format,
    bytes: Number(row.bytes),
    created_at: Math.floor(row.created_at.getTime() / 1000),
    columns: row.columns,
    categories: row.categories,
    with_truth: row.with_truth,
    reading,
    read_at: fillReading(reading, row.columns, row.items),
    comparing: { ...noComparing, ...row.comparing },
    comparing_progress: row.comparing_total === null ? null : { done: row.comparing_done!, total: row.comparing_total },
  };
}
