/** One file: its row, its content, its end. */

import type { Readable } from 'node:stream';
import type { Database } from '../db/database.ts';
import { AssayError } from '../errors.ts';
import { type FileRow, selectFile } from './rows.ts';
import { type ByteRange, type FileStore, hasContent, readContent, removeContent } from './store.ts';

const notFound = (fileId: string) =>
  new AssayError('not_found', { kind: 'file', id: fileId, list: '/v1/files' }, { param: 'id' });

/** The row of a file; null when the user has none of this id. */
export async function findFile(db: Database, userId: string, fileId: string): Promise<FileRow | null> {
  return db.asUser(userId, (q) => selectFile(q, userId, fileId));
}

/** The row of a file. Throws not_found. */
export async function getFile(db: Database, userId: string, fileId: string): Promise<FileRow> {
  const row = await findFile(db, userId, fileId);
  if (!row) throw notFound(fileId);
  return row;
}

export interface OpenFile {
  file: FileRow;
  /** Streams the content, or bytes `start` to `end` of it (both included); a stream once open survives a delete. */
  read(range?: ByteRange): Readable;
}

/** A file whose content is on disk, ready to be read. Throws not_found, also when the content is gone. */
// biome-ignore lint/complexity/useMaxParams: the four things that name a stored file, as in deleteFile
export async function openFile(db: Database, store: FileStore, userId: string, fileId: string): Promise<OpenFile> {
  const file = await getFile(db, userId, fileId);
  if (file.content !== 'disk' || !(await hasContent(store, fileId))) throw notFound(fileId);
  return { file, read: (range) => readContent(store, fileId, range) };
}

/** Deletes a file, row first; a reader that has it open reads on. Throws not_found. */
// biome-ignore lint/complexity/useMaxParams: the four things that name a stored file, as in openFile
export async function deleteFile(db: Database, store: FileStore, userId: string, fileId: string): Promise<void> {
  const deleted = await db.asUser(userId, (q) =>
    q.query<{ content: FileRow['content'] }>(
      `delete from files where file_id = $1 and user_id = $2 and (expires_at is null or expires_at > now())
       returning content`,
      [fileId, userId],
    ),
  );
  const row = deleted.rows[0];
  if (!row) throw notFound(fileId);
  if (row.content === 'disk') await removeContent(store, fileId);
}
