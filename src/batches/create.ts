/** Makes a batch, unless the request is a repeat of one that already did. */

import { randomBytes } from 'node:crypto';
import { CONTEXT_KEY, contextStrategies } from '../contracts/context.ts';
import { DEDUPE_KEY, dedupeChoices } from '../contracts/dedupe.ts';
import { type Batch, type CreateBatchBody, windowSeconds } from '../contracts/openai-batch.ts';
import { isPriority, PRIORITY_KEY } from '../contracts/priority.ts';
import { REUSE_KEY, reuseChoices } from '../contracts/reuse.ts';
import type { Database } from '../db/database.ts';
import { AssayError } from '../errors.ts';
import { bodyHash, findRepeat, type Repeat, rememberRepeat } from '../files/repeat.ts';
import { newFileId, selectFile } from '../files/rows.ts';
import { type BatchRow, toBatch } from './batch-row.ts';

export interface NewBatch {
  userId: string;
  body: CreateBatchBody;
  repeat: Repeat;
  /** Largest input file, in bytes. */
  maxBytes: number;
}

/** The new batch in state validating, or the first one when the request is a repeat. Its input is taken in afterwards. */
export async function createBatch(db: Database, batch: NewBatch): Promise<{ batch: Batch; isNew: boolean }> {
  const { userId, body } = batch;
  checkPriority(body.metadata?.[PRIORITY_KEY]);
  checkChoice(DEDUPE_KEY, body.metadata?.[DEDUPE_KEY], dedupeChoices);
  checkChoice(REUSE_KEY, body.metadata?.[REUSE_KEY], reuseChoices);
  checkChoice(CONTEXT_KEY, body.metadata?.[CONTEXT_KEY], contextStrategies);
  const pairs = Object.entries(body.metadata ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const scope = {
    userId,
    scope: 'batch' as const,
    hash: bodyHash(
      body.input_file_id,
      body.endpoint,
      body.completion_window,
      JSON.stringify(pairs),
      body.output_expires_after?.seconds ?? null,
    ),
    repeat: batch.repeat,
  };
  return db.asUser(userId, async (q) => {
    const earlier = await findRepeat(q, scope);
    if (earlier !== null) {
      const found = await q.query<BatchRow>('select * from batches where batch_id = $1', [earlier]);
      if (found.rows[0] !== undefined) return { batch: toBatch(found.rows[0]), isNew: false };
    }
    await checkInput(await selectFile(q, userId, body.input_file_id), batch);
    const now = new Date();
    const { rows } = await q.query<BatchRow>(
      `insert into batches (batch_id, user_id, endpoint, input_file_id, completion_window, status, output_file_id,
         error_file_id, created_at, expires_at, output_expires_seconds, metadata)
       values ($1, $2, $3, $4, $5, 'validating', $6, $7, $8::timestamptz, $8::timestamptz + $9::integer * interval '1 second', $10, $11) returning *`,
      [
        `batch_${randomBytes(16).toString('hex')}`,
        userId,
        body.endpoint,
        body.input_file_id,
        body.completion_window,
        newFileId(now),
        newFileId(now),
        now,
        windowSeconds(body.completion_window),
        body.output_expires_after?.seconds ?? null,
        body.metadata === undefined || body.metadata === null ? null : JSON.stringify(body.metadata),
      ],
    );
    const row = rows[0]!;
    await rememberRepeat(q, scope, row.batch_id);
    return { batch: toBatch(row), isNew: true };
  });
}

/** Said at once: a batch whose priority is not understood would otherwise run at another one. */
function checkPriority(value: string | undefined): void {
  if (value === undefined || isPriority(value)) return;
  const param = `metadata.${PRIORITY_KEY}`;
  throw new AssayError(
    'invalid_parameter',
    { param, problem: 'must be an integer from -100 to 100, higher runs first', value: JSON.stringify(value) },
    { param },
  );
}

function checkChoice(key: string, value: string | undefined, choices: readonly string[]): void {
  if (value === undefined || choices.includes(value)) return;
  const param = `metadata.${key}`;
  throw new AssayError(
    'invalid_parameter',
    { param, problem: `must be one of ${choices.join(', ')}`, value: JSON.stringify(value) },
    { param },
  );
}

async function checkInput(file: Awaited<ReturnType<typeof selectFile>>, batch: NewBatch): Promise<void> {
  const id = batch.body.input_file_id;
  const at = { param: 'input_file_id' };
  if (file === null) throw new AssayError('not_found', { kind: 'file', id, list: '/v1/files' }, at);
  if (file.purpose !== 'batch') throw new AssayError('invalid_purpose', { id, value: file.purpose }, at);
  if (file.bytes > batch.maxBytes)
    throw new AssayError('file_too_large', { value: file.bytes, limit: batch.maxBytes }, at);
}
