/** The output and error files of a batch, streamed from its results in input order, whole or a range of bytes. */

import { Readable } from 'node:stream';
import { finalStatuses } from '../contracts/openai-batch.ts';
import type { Database } from '../db/database.ts';
import { countUsedUp } from '../files/free-buffers.ts';
import type { BatchRow } from './batch-row.ts';

export interface BatchOutput {
  filename: string;
  /** Bytes it holds now. */
  bytes: number;
  /** False while the batch may still add lines. */
  complete: boolean;
  /** Bytes `start` to `end`, both included. */
  read(range: { start: number; end: number }): Readable;
}

/** The file of this id; null when it is no output of a batch of this user, or was deleted or has expired. */
export async function batchOutput(db: Database, userId: string, fileId: string): Promise<BatchOutput | null> {
  const found = await db.asUser(userId, async (q) => {
    const { rows } = await q.query<BatchRow & { named: boolean }>(
      `select b.*, exists (select from files f where f.file_id = $1 and (f.expires_at is null or f.expires_at > now())) as named
       from batches b where output_file_id = $1 or error_file_id = $1`,
      [fileId],
    );
    return rows[0];
  });
  if (found === undefined) return null;
  const complete = finalStatuses.includes(found.status);
  if (complete && !found.named) return null;
  const ok = found.output_file_id === fileId;
  return {
    filename: `${found.batch_id}_${ok ? 'output' : 'error'}.jsonl`,
    bytes: Number(ok ? found.output_bytes : found.error_bytes),
    complete,
    read: (range) => Readable.from(pieces(db, { userId, batchId: found.batch_id, ok }, range), { objectMode: false }),
  };
}

interface Source {
  userId: string;
  batchId: string;
  ok: boolean;
}

/** Bytes of a piece, about, and rows of a page at most; a page of lengths is skipped over without reading its bodies. */
const pieceBytes = 1024 * 1024;
const pageRows = 1000;
const lengthRows = 50_000;

async function* pieces(db: Database, source: Source, range: { start: number; end: number }): AsyncGenerator<Buffer> {
  let { line, bytes: at } = await lineAt(db, source, range.start);
  while (at <= range.end) {
    const { rows } = await db.asUser(source.userId, (q) =>
      q.query<[number, string]>({
        text: `select line, output from (
                 select line, output, sum(bytes) over (order by line) - bytes as before from (
                   select line, output, bytes from results where batch_id = $1 and ok = $2 and line > $3 and bytes > 1 order by line limit ${pageRows}) p
               ) s where before < $4 order by line`,
        values: [source.batchId, source.ok, line, pieceBytes],
        rowMode: 'array',
      }),
    );
    const last = rows.at(-1);
    if (last === undefined) return;
    line = last[0];
    const piece = Buffer.from(`${rows.map(([, output]) => output).join('\n')}\n`);
    const from = Math.max(0, range.start - at);
    const to = Math.min(piece.length, range.end + 1 - at);
    at += piece.length;
    countUsedUp(piece.length);
    if (to > from) yield piece.subarray(from, to);
  }
}

/** The last line that ends at or before byte `start`, and the bytes up to its end. */
async function lineAt(db: Database, source: Source, start: number): Promise<{ line: number; bytes: number }> {
  let line = 0;
  let bytes = 0;
  while (start > 0) {
    const { rows } = await db.asUser(source.userId, (q) =>
      q.query<[number, number]>({
        text: `select line, bytes from results where batch_id = $1 and ok = $2 and line > $3 and bytes > 1 order by line limit ${lengthRows}`,
        values: [source.batchId, source.ok, line],
        rowMode: 'array',
      }),
    );
    for (const [next, length] of rows) {
      if (bytes + length > start) return { line, bytes };
      line = next;
      bytes += length;
    }
    if (rows.length < lengthRows) break;
  }
  return { line, bytes };
}
