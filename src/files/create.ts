/** Turns staged content into a file, unless the request is a repeat of one that already did. */

import type { Database } from '../db/database.ts';
import { bodyHash, findRepeat, type Repeat, rememberRepeat } from './repeat.ts';
import { type FileRow, insertFile, newFileId, selectFile } from './rows.ts';
import { discard, type FileStore, keep, removeUncommitted, type Staged } from './store.ts';

export interface NewFile {
  userId: string;
  filename: string;
  purpose: string;
  /** Seconds from now until it expires; null for never. */
  expiresSeconds: number | null;
  staged: Staged;
  repeat: Repeat;
}

/** The new file, or the first one when the request is a repeat; the staged content is used up either way. */
export async function createFile(db: Database, store: FileStore, file: NewFile): Promise<FileRow> {
  const row = newRow(file);
  const scope = {
    userId: file.userId,
    scope: 'file' as const,
    hash: bodyHash(file.staged.sha256, file.filename, file.purpose, file.expiresSeconds),
    repeat: file.repeat,
  };
  try {
    return await db.asUser(file.userId, async (q) => {
      const earlier = await findRepeat(q, scope);
      const existing = earlier === null ? null : await selectFile(q, file.userId, earlier);
      if (existing) return existing;
      await insertFile(q, row);
      await rememberRepeat(q, scope, row.fileId);
      // The content gets its name before the row is committed: a row never stands without its content.
      await keep(store, file.staged, row.fileId);
      return row;
    });
  } catch (error) {
    await removeUncommitted(store, row.fileId, error);
    throw error;
  } finally {
    await discard(file.staged);
  }
}

/** The row of a file on disk made now. */
export function newRow(file: Pick<NewFile, 'userId' | 'filename' | 'purpose' | 'expiresSeconds' | 'staged'>): FileRow {
  const createdAt = new Date();
  return {
    fileId: newFileId(createdAt),
    userId: file.userId,
    filename: file.filename,
    purpose: file.purpose,
    bytes: file.staged.bytes,
    sha256: file.staged.sha256,
    content: 'disk',
    batchId: null,
    createdAt,
    expiresAt: file.expiresSeconds === null ? null : new Date(createdAt.getTime() + file.expiresSeconds * 1000),
  };
}
