/** Lists the versions of a dataset, the newest first, each with how many runs are over it. */

import type { DatasetVersion } from '../contracts/datasets.ts';
import type { Database } from '../db/database.ts';
import { selectDataset } from './dataset-rows.ts';

interface VersionRow extends Omit<DatasetVersion, 'bytes' | 'created_at'> {
  bytes: string;
  created_at: Date;
}

// A run that supersedes itself is being imported or deleted: no list shows it.
const select = `
  select v.version_id, encode(v.content_hash, 'hex') as version, v.ordinal, v.items as count, v.with_truth, v.filename,
    v.format, v.bytes, v.created_at,
    (select count(*)::int from runs r where r.version_id = v.version_id and r.superseded_by is distinct from r.run_id) as runs
  from dataset_versions v where v.user_id = $1 and v.dataset_id = $2 order by v.ordinal desc`;

/** @throws AssayError not_found */
export async function listVersions(db: Database, userId: string, id: string): Promise<DatasetVersion[]> {
  return db.asUser(userId, async (q) => {
    await selectDataset(q, userId, id);
    const { rows } = await q.query<VersionRow>(select, [userId, id]);
    return rows.map((row) => ({
      ...row,
      bytes: Number(row.bytes),
      created_at: Math.floor(row.created_at.getTime() / 1000),
    }));
  });
}
