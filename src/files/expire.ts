/** Removes files and uploads whose time is over, and contents that no row names any more. */

import type { Database } from '../db/database.ts';
import { clearStaging, contentNames, type FileStore, removeContent } from './store.ts';

/** Removes what has expired. The server calls it every now and then: mostly there is nothing, which one look tells. */
export async function expire(db: Database, store: FileStore): Promise<void> {
  const [due] = await db.look<{ files: boolean; uploads: boolean }>(
    `select exists (select from files where expires_at <= now()) as files,
       exists (select from uploads where status = 'pending' and expires_at <= now()) as uploads`,
  );
  if (due!.files) await expireFiles(db, store);
  if (due!.uploads) await expireUploads(db, store);
}

/** Deletes expired files, row first; gives how many. */
export async function expireFiles(db: Database, store: FileStore): Promise<number> {
  const { rows } = await db.asSystem((q) =>
    q.query<{ file_id: string; content: string }>(
      'delete from files where expires_at <= now() returning file_id, content',
    ),
  );
  for (const row of rows) if (row.content === 'disk') await removeContent(store, row.file_id);
  return rows.length;
}

/** Ends uploads in parts that were not completed in time, and removes their parts; gives how many. */
export async function expireUploads(db: Database, store: FileStore): Promise<number> {
  const { uploads, parts } = await db.asSystem(async (q) => {
    const expired = await q.query<{ upload_id: string }>(
      `update uploads set status = 'expired' where status = 'pending' and expires_at <= now() returning upload_id`,
    );
    const removed = await q.query<{ part_id: string }>(
      'delete from upload_parts where upload_id = any($1) returning part_id',
      [expired.rows.map((row) => row.upload_id)],
    );
    return { uploads: expired.rows.length, parts: removed.rows };
  });
  for (const part of parts) await removeContent(store, part.part_id);
  return uploads;
}

/**
 * Removes what a killed server left behind: half-written contents, and contents whose row was never committed or is
 * deleted. Only the holder of the data folder may call it, before it serves. Gives how many contents went.
 */
export async function removeLeftovers(db: Database, store: FileStore): Promise<number> {
  await clearStaging(store);
  const names = await contentNames(store);
  const known = await db.asSystem((q) =>
    q.query<{ id: string }>(
      `select file_id as id from files where file_id = any($1)
       union all select part_id from upload_parts where part_id = any($1)`,
      [names],
    ),
  );
  const kept = new Set(known.rows.map((row) => row.id));
  // Only names of our own making are ours to remove.
  const gone = names.filter((name) => !kept.has(name) && /^(file-|part_)[0-9a-f]+$/.test(name));
  for (const name of gone) await removeContent(store, name);
  return gone.length;
}
