/** Rows of the files table as values: reading them, their ids, and OpenAI's object for one. */

import { randomBytes } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { FileObject } from '../contracts/openai-file.ts';

export interface FileRow {
  fileId: string;
  userId: string;
  filename: string;
  purpose: string;
  bytes: number;
  /** Null for the virtual output and error files of a batch. */
  sha256: Buffer | null;
  content: 'disk' | 'batch_output' | 'batch_error';
  batchId: string | null;
  createdAt: Date;
  expiresAt: Date | null;
}

interface RawFileRow {
  file_id: string;
  user_id: string;
  filename: string;
  purpose: string;
  bytes: string;
  sha256: Buffer | null;
  content: FileRow['content'];
  batch_id: string | null;
  created_at: Date;
  expires_at: Date | null;
}

export const fileColumns =
  'file_id, user_id, filename, purpose, bytes, sha256, content, batch_id, created_at, expires_at';

export function fileRow(raw: RawFileRow): FileRow {
  return {
    fileId: raw.file_id,
    userId: raw.user_id,
    filename: raw.filename,
    purpose: raw.purpose,
    bytes: Number(raw.bytes),
    sha256: raw.sha256,
    content: raw.content,
    batchId: raw.batch_id,
    createdAt: raw.created_at,
    expiresAt: raw.expires_at,
  };
}

/** Unix seconds of a moment, rounded down as OpenAI's. */
export const unix = (moment: Date): number => Math.floor(moment.getTime() / 1000);

/** OpenAI's file object of a row. */
export function fileObjectOf(row: FileRow): FileObject {
  return {
    id: row.fileId,
    object: 'file',
    bytes: row.bytes,
    created_at: unix(row.createdAt),
    ...(row.expiresAt ? { expires_at: unix(row.expiresAt) } : {}),
    filename: row.filename,
    purpose: row.purpose,
    status: 'processed',
    status_details: null,
  };
}

/**
 * A new file id made at `moment`: 6 bytes of its milliseconds, 6 random ones. The time inside lets a list go on after
 * a file that was deleted between two pages (a client that deletes what it lists).
 */
export function newFileId(moment: Date): string {
  const time = Buffer.alloc(6);
  time.writeUIntBE(moment.getTime(), 0, 6);
  return `file-${time.toString('hex')}${randomBytes(6).toString('hex')}`;
}

/** The moment inside an id of {@link newFileId}; null when it cannot be one. */
export function momentOfFileId(fileId: string): Date | null {
  const match = /^file-([0-9a-f]{12})[0-9a-f]{12}$/.exec(fileId);
  if (!match) return null;
  const moment = new Date(Number.parseInt(match[1]!, 16));
  return moment.getTime() > Date.UTC(2025, 0) && moment.getTime() < Date.now() + 86_400_000 ? moment : null;
}

/** The live row of a file as `q`'s user sees it; null when there is none or it has expired. */
export async function selectFile(q: PoolClient, userId: string, fileId: string): Promise<FileRow | null> {
  const { rows } = await q.query<RawFileRow>(
    `select ${fileColumns} from files
     where file_id = $1 and user_id = $2 and (expires_at is null or expires_at > now())`,
    [fileId, userId],
  );
  return rows[0] ? fileRow(rows[0]) : null;
}

/** Inserts a row of a file whose content is on disk. */
export async function insertFile(q: PoolClient, row: FileRow): Promise<void> {
  await q.query(`insert into files (${fileColumns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, [
    row.fileId,
    row.userId,
    row.filename,
    row.purpose,
    row.bytes,
    row.sha256,
    row.content,
    row.batchId,
    row.createdAt,
    row.expiresAt,
  ]);
}
