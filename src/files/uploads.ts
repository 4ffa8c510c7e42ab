/** Files sent in parts: OpenAI's upload from its creation to its end. */

import { randomUUID } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { CompleteUploadBody, CreateUploadBody, UploadObject, UploadPart } from '../contracts/openai-upload.ts';
import type { Database } from '../db/database.ts';
import { AssayError } from '../errors.ts';
import { newRow } from './create.ts';
import { bodyHash, findRepeat, type Repeat, rememberRepeat } from './repeat.ts';
import { type FileRow, fileObjectOf, insertFile, selectFile, unix } from './rows.ts';
import {
  discard,
  type FileStore,
  keep,
  readContent,
  removeContent,
  removeUncommitted,
  type Staged,
  stage,
} from './store.ts';

/** Where uploads live and what they may hold. */
export interface UploadRoom {
  db: Database;
  store: FileStore;
  maxBytes: number;
  expiresSeconds: number;
}

interface UploadRow {
  upload_id: string;
  filename: string;
  purpose: string;
  bytes: string;
  status: UploadObject['status'];
  file_id: string | null;
  file_expires_seconds: number | null;
  created_at: Date;
  expires_at: Date;
}

const newId = (prefix: string) => `${prefix}_${randomUUID().replaceAll('-', '')}`;

/** Opens an upload; a repeat of an earlier request gets the first one. Throws payload_too_large. */
export async function createUpload(
  room: UploadRoom,
  userId: string,
  o: { body: CreateUploadBody; repeat: Repeat },
): Promise<UploadObject> {
  const { body, repeat } = o;
  if (body.bytes > room.maxBytes) {
    throw new AssayError(
      'payload_too_large',
      { what: 'The upload', value: body.bytes, limit: room.maxBytes, setting: 'ASSAY_UPLOAD_MAX_BYTES' },
      { param: 'bytes' },
    );
  }
  const hash = bodyHash(body.filename, body.bytes, body.mime_type, body.purpose, body.expires_after?.seconds ?? null);
  const scope = { userId, scope: 'upload' as const, hash, repeat };
  return room.db.asUser(userId, async (q) => {
    const earlier = await findRepeat(q, scope);
    const existing = earlier === null ? null : await selectUpload(q, userId, earlier);
    if (existing) return objectOf(existing, null);
    const uploadId = newId('upload');
    await q.query(
      `insert into uploads (upload_id, user_id, filename, purpose, mime_type, bytes, status, file_expires_seconds, expires_at)
       values ($1, $2, $3, $4, $5, $6, 'pending', $7, now() + $8 * interval '1 second')`,
      [
        uploadId,
        userId,
        body.filename,
        body.purpose,
        body.mime_type,
        body.bytes,
        body.expires_after?.seconds ?? null,
        room.expiresSeconds,
      ],
    );
    await rememberRepeat(q, scope, uploadId);
    return objectOf((await selectUpload(q, userId, uploadId))!, null);
  });
}

/** Throws not_found, or conflict when the upload takes no parts any more. */
export async function requirePending(room: UploadRoom, userId: string, uploadId: string): Promise<void> {
  await room.db.asUser(userId, async (q) => pending(await selectUpload(q, userId, uploadId), uploadId));
}

/** Adds a staged part, which is used up either way. Throws not_found, conflict, payload_too_large. */
export async function addPart(
  room: UploadRoom,
  userId: string,
  o: { uploadId: string; staged: Staged },
): Promise<UploadPart> {
  const { uploadId, staged } = o;
  const partId = newId('part');
  try {
    return await room.db.asUser(userId, async (q) => {
      pending(await selectUpload(q, userId, uploadId, 'for update'), uploadId);
      const { rows } = await q.query<{ total: string }>(
        'select coalesce(sum(bytes), 0) as total from upload_parts where upload_id = $1 and user_id = $2',
        [uploadId, userId],
      );
      const value = Number(rows[0]!.total) + staged.bytes;
      if (value > room.maxBytes) {
        const setting = 'ASSAY_UPLOAD_MAX_BYTES';
        throw new AssayError('payload_too_large', { what: 'The upload', value, limit: room.maxBytes, setting });
      }
      const made = await q.query<{ created_at: Date }>(
        'insert into upload_parts (part_id, upload_id, user_id, bytes) values ($1, $2, $3, $4) returning created_at',
        [partId, uploadId, userId, staged.bytes],
      );
      await keep(room.store, staged, partId);
      return { id: partId, object: 'upload.part', created_at: unix(made.rows[0]!.created_at), upload_id: uploadId };
    });
  } catch (error) {
    await removeUncommitted(room.store, partId, error);
    throw error;
  } finally {
    await discard(staged);
  }
}

/**
 * Joins the named parts, in that order, to one file. Asking again after it succeeded gives the same answer.
 * @throws AssayError not_found; conflict; invalid_parameter when the bytes, a part or the MD5 do not agree
 */
export async function completeUpload(
  room: UploadRoom,
  userId: string,
  o: { uploadId: string; body: CompleteUploadBody },
): Promise<UploadObject> {
  try {
    return await joinParts(room, userId, o);
  } catch (error) {
    // A second "complete" of the same moment was first, and took the parts away.
    const upload = await getUpload(room, userId, o.uploadId).catch(() => null);
    if (upload?.status === 'completed') return upload;
    throw error;
  }
}

async function joinParts(
  room: UploadRoom,
  userId: string,
  o: { uploadId: string; body: CompleteUploadBody },
): Promise<UploadObject> {
  const { uploadId, body } = o;
  const { upload, parts } = await room.db.asUser(userId, async (q) => {
    const row = await selectUpload(q, userId, uploadId);
    const held = await q.query<{ part_id: string; bytes: string }>(
      'select part_id, bytes from upload_parts where upload_id = $1 and user_id = $2',
      [uploadId, userId],
    );
    return { upload: row, parts: held.rows };
  });
  if (upload?.status === 'completed') return getUpload(room, userId, uploadId);
  pending(upload, uploadId);
  checkParts(body.part_ids, parts, Number(upload.bytes));
  const staged = await stage(room.store, joined(room.store, body.part_ids), {
    maxBytes: room.maxBytes,
    what: 'The upload',
    setting: 'ASSAY_UPLOAD_MAX_BYTES',
    md5: true,
  });
  try {
    const md5 = staged.md5!.toString('hex');
    if (body.md5 !== undefined && md5 !== body.md5.toLowerCase()) {
      throw parameter('md5', `the joined parts have MD5 ${md5}`, body.md5);
    }
    return await land(room, userId, { upload, staged });
  } finally {
    await discard(staged);
  }
}

/** Commits the joined content as a file, unless a second "complete" at the same time was first. */
async function land(room: UploadRoom, userId: string, o: { upload: UploadRow; staged: Staged }): Promise<UploadObject> {
  const { upload, staged } = o;
  const file = newRow({
    userId,
    filename: upload.filename,
    purpose: upload.purpose,
    expiresSeconds: upload.file_expires_seconds,
    staged,
  });
  const removed = await room.db
    .asUser(userId, async (q) => {
      const now = await selectUpload(q, userId, upload.upload_id, 'for update');
      if (now?.status === 'completed') return [];
      pending(now, upload.upload_id);
      await insertFile(q, file);
      await q.query(`update uploads set status = 'completed', file_id = $2 where upload_id = $1`, [
        upload.upload_id,
        file.fileId,
      ]);
      const gone = await removeParts(q, userId, upload.upload_id);
      await keep(room.store, staged, file.fileId);
      return gone;
    })
    .catch(async (error) => {
      await removeUncommitted(room.store, file.fileId, error);
      throw error;
    });
  for (const part of removed) await removeContent(room.store, part);
  return getUpload(room, userId, upload.upload_id);
}

/** Ends an upload and removes its parts; cancelling twice is the same as once. Throws not_found, conflict. */
export async function cancelUpload(room: UploadRoom, userId: string, uploadId: string): Promise<UploadObject> {
  const removed = await room.db.asUser(userId, async (q) => {
    const row = await selectUpload(q, userId, uploadId, 'for update');
    if (row?.status === 'cancelled') return [];
    pending(row, uploadId);
    await q.query(`update uploads set status = 'cancelled' where upload_id = $1`, [uploadId]);
    return removeParts(q, userId, uploadId);
  });
  for (const part of removed) await removeContent(room.store, part);
  return getUpload(room, userId, uploadId);
}

async function getUpload(room: UploadRoom, userId: string, uploadId: string): Promise<UploadObject> {
  return room.db.asUser(userId, async (q) => {
    const row = await selectUpload(q, userId, uploadId);
    if (!row) throw notFound(uploadId);
    return objectOf(row, row.file_id === null ? null : await selectFile(q, userId, row.file_id));
  });
}

/** `lock` keeps two requests from ending the same upload twice. */
// biome-ignore lint/complexity/useMaxParams: a query with its three arguments
async function selectUpload(q: PoolClient, userId: string, uploadId: string, lock: 'for update' | '' = '') {
  const { rows } = await q.query<UploadRow>(
    `select upload_id, filename, purpose, bytes, file_id, file_expires_seconds, created_at, expires_at,
       case when status = 'pending' and expires_at <= now() then 'expired' else status end as status
     from uploads where upload_id = $1 and user_id = $2 ${lock}`,
    [uploadId, userId],
  );
  return rows[0] ?? null;
}

async function removeParts(q: PoolClient, userId: string, uploadId: string): Promise<string[]> {
  const { rows } = await q.query<{ part_id: string }>(
    'delete from upload_parts where upload_id = $1 and user_id = $2 returning part_id',
    [uploadId, userId],
  );
  return rows.map((row) => row.part_id);
}

function checkParts(wanted: string[], held: { part_id: string; bytes: string }[], bytes: number): void {
  const sizes = new Map(held.map((part) => [part.part_id, Number(part.bytes)]));
  let sum = 0;
  for (const [i, id] of wanted.entries()) {
    if (!sizes.has(id)) throw parameter(`part_ids[${i}]`, 'the upload has no such part', id);
    if (wanted.indexOf(id) !== i) throw parameter(`part_ids[${i}]`, 'the part is listed twice', id);
    sum += sizes.get(id)!;
  }
  if (sum !== bytes) {
    throw parameter('part_ids', `the parts hold ${sum} bytes, the upload was created with bytes ${bytes}`, wanted);
  }
}

async function* joined(store: FileStore, partIds: string[]): AsyncGenerator<Buffer> {
  try {
    for (const id of partIds) yield* readContent(store, id) as AsyncIterable<Buffer>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    // Its parts went while they were read: it was cancelled, or has expired, at this moment.
    throw new AssayError('conflict', { what: 'The upload was ended meanwhile', remedy: 'Create a new one.' });
  }
}

function pending(row: UploadRow | null, uploadId: string): asserts row is UploadRow {
  if (!row) throw notFound(uploadId);
  if (row.status !== 'pending') {
    const what = `Upload ${uploadId} is ${row.status} and cannot be changed`;
    throw new AssayError('conflict', { what, remedy: 'Create a new one with POST /v1/uploads.' });
  }
}

const notFound = (id: string) =>
  new AssayError('not_found', { kind: 'upload', id, list: '/v1/files' }, { param: 'upload_id' });

const parameter = (param: string, problem: string, value: unknown) =>
  new AssayError('invalid_parameter', { param, problem, value }, { param });

function objectOf(row: UploadRow, file: FileRow | null): UploadObject {
  return {
    id: row.upload_id,
    object: 'upload',
    bytes: Number(row.bytes),
    created_at: unix(row.created_at),
    expires_at: unix(row.expires_at),
    filename: row.filename,
    purpose: row.purpose,
    status: row.status,
    file: file === null ? null : fileObjectOf(file),
  };
}
