/** Makes users, input files and batches on a fresh database through the rooms themselves, and lands rows of them. */

import { randomUUID } from 'node:crypto';
import type { PoolClient } from 'pg';
import { type BatchRow, toBatch } from '../../src/batches/batch-row.ts';
import { createBatch } from '../../src/batches/create.ts';
import { finishBatch } from '../../src/batches/end.ts';
import { type IntakeDeps, takeIn } from '../../src/batches/intake.ts';
import type { OrderedRows } from '../../src/batches/order.ts';
import type { BatchEndpoint } from '../../src/contracts/engine.ts';
import type { LandedRow, Landing } from '../../src/contracts/landing.ts';
import type { Batch } from '../../src/contracts/openai-batch.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { AssayError } from '../../src/errors.ts';
import { insertFile, newFileId } from '../../src/files/rows.ts';
import { laneOrder } from '../../src/prompts/lane-order.ts';
import { prefixBoundCounter } from '../../src/prompts/prefix-bound.ts';
import { prefixKey, promptText } from '../../src/prompts/prefix-key.ts';
import { textRuns } from '../../src/prompts/text-runs.ts';
import { land } from '../../src/results/land.ts';
import { cutChunks } from '../../src/scheduler/cut.ts';
import { leaseChunks, type WorkRow } from '../../src/scheduler/leases.ts';
import { queueName } from '../../src/scheduler/queue.ts';
import { freshDatabase } from '../harness/database.ts';

/** A database with its users `local` and `other`, and the contents of the input files made on it. */
export interface Bench {
  db: Database;
  url: string;
  inputs: Map<string, Buffer>;
  end(): Promise<void>;
}

export async function openBench(name: string): Promise<Bench> {
  const fresh = await freshDatabase(name);
  const db = openDatabase({ url: fresh.url, max: 6 });
  await db.asSystem((q) => q.query(`insert into users (user_id, display_name) values ('other', 'Another user')`));
  const end = async () => {
    await db.close();
    await fresh.drop();
  };
  return { db, url: fresh.url, inputs: new Map(), end };
}

export interface BatchOptions {
  userId?: string;
  endpoint?: BatchEndpoint;
  window?: string;
  metadata?: Record<string, string>;
  /** Rows of each chunk. */
  chunkRows?: number;
  outputExpiresSeconds?: number;
}

/** A line of an input for /v1/chat/completions; `more` is laid over the line, `body` over its body. */
export function line(customId: string, more: Record<string, unknown> = {}, body: Record<string, unknown> = {}): string {
  return JSON.stringify({
    custom_id: customId,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: 'm', messages: [{ role: 'user', content: `Say ${customId}` }], ...body },
    ...more,
  });
}

/** `count` lines, named row-1 to row-`count`. */
export const lines = (count: number): string[] => Array.from({ length: count }, (_, i) => line(`row-${i + 1}`));

export async function putFile(bench: Bench, content: string | Buffer, userId = 'local'): Promise<string> {
  const fileId = newFileId(new Date());
  const bytes = Buffer.from(content as string);
  bench.inputs.set(fileId, bytes);
  await bench.db.asUser(userId, (q) =>
    insertFile(q, {
      fileId,
      userId,
      filename: 'input.jsonl',
      purpose: 'batch',
      bytes: bytes.length,
      sha256: null,
      content: 'disk',
      batchId: null,
      createdAt: new Date(),
      expiresAt: null,
    }),
  );
  return fileId;
}

/** A batch in state validating. */
export async function putBatch(bench: Bench, content: string | Buffer, options: BatchOptions = {}): Promise<Batch> {
  const userId = options.userId ?? 'local';
  const { batch } = await createBatch(bench.db, {
    userId,
    body: {
      input_file_id: await putFile(bench, content, userId),
      endpoint: options.endpoint ?? '/v1/chat/completions',
      completion_window: options.window ?? '24h',
      metadata: options.metadata ?? null,
      ...(options.outputExpiresSeconds === undefined
        ? {}
        : { output_expires_after: { anchor: 'created_at' as const, seconds: options.outputExpiresSeconds } }),
    },
    repeat: { key: null, retryCount: 0, arrivedAt: new Date(), windowSeconds: 60 },
    maxBytes: 200_000_000,
  });
  return batch;
}

/** What an intake is handed; there is one model, `m`, and one of another name is not found. */
export function intakeDeps(bench: Bench, more: Partial<IntakeDeps> & { chunkRows?: number } = {}): IntakeDeps {
  return {
    db: bench.db,
    async openInput(_userId, fileId) {
      const content = bench.inputs.get(fileId);
      if (content === undefined) throw new AssayError('not_found', { kind: 'file', id: fileId, list: '/v1/files' });
      return pieces(content);
    },
    async checkModel(_userId, model) {
      if (model !== 'm') throw new AssayError('model_not_found', { value: model, known: 'm' });
      return { slots: 2, identity: async () => 'the weights of m' };
    },
    promptText,
    prefixKey,
    boundCounter: prefixBoundCounter,
    laneOrder,
    textRuns,
    groupingHelps: async () => true,
    dedupe: true,
    schedule: scheduleIn(more.chunkRows ?? 16),
    reused: (userId, batchId) => finishBatch(bench.db, userId, batchId),
    limits: { maxRequests: () => 50_000, lineMaxBytes: 1_000_000 },
    ...more,
  };
}

/** Cuts chunks of `rows` rows each into the queue of the batch's user and model. */
export const scheduleIn = (rows: number) => (q: PoolClient, batch: BatchRow, inOrder: OrderedRows) =>
  cutChunks(
    q,
    {
      batchId: batch.batch_id,
      userId: batch.user_id,
      model: batch.model!,
      queue: queueName(batch.user_id, batch.model!),
    },
    { ...inOrder, sizes: { seconds: 1, minRows: rows, maxRows: rows, maxChars: 1_000_000 } },
  );

async function* pieces(content: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += 10_000) yield content.subarray(at, at + 10_000);
}

/** A batch in progress. */
export async function startBatch(bench: Bench, content: string[], options: BatchOptions = {}): Promise<Batch> {
  const batch = await putBatch(bench, `${content.join('\n')}\n`, options);
  const ready = await takeIn(
    intakeDeps(bench, { chunkRows: options.chunkRows ?? 16 }),
    options.userId ?? 'local',
    batch.id,
  );
  if (!ready) throw new Error(`not in progress: ${JSON.stringify((await readBatch(bench, batch.id)).errors)}`);
  return readBatch(bench, batch.id);
}

export async function readRow(bench: Bench, batchId: string): Promise<BatchRow> {
  const { rows } = await bench.db.asSystem((q) =>
    q.query<BatchRow>('select * from batches where batch_id = $1', [batchId]),
  );
  return rows[0]!;
}

export const readBatch = async (bench: Bench, batchId: string): Promise<Batch> =>
  toBatch(await readRow(bench, batchId));

/** Chunks of a batch in the order in which they run. */
export async function chunksOf(bench: Bench, batchId: string) {
  const { rows } = await bench.db.asSystem((q) =>
    q.query<{
      chunk_id: string;
      ordinal: number;
      lines: number[];
      state: string;
      epoch: number;
      worker_id: string | null;
    }>('select chunk_id, ordinal, lines, state, epoch, worker_id from chunks where batch_id = $1 order by ordinal', [
      batchId,
    ]),
  );
  return rows;
}

/** Leases every open chunk of a batch that still runs. */
export async function leaseAll(bench: Bench, batchId: string, workerId = 'worker-a'): Promise<WorkRow[]> {
  const open = (await chunksOf(bench, batchId)).filter((chunk) => chunk.state === 'open');
  const leased = await leaseChunks(
    bench.db,
    workerId,
    open.map((chunk) => chunk.chunk_id),
  );
  return leased.flatMap((chunk) => chunk.rows);
}

/** The end of a row, `more` laid over it; its line carries `text`. */
export function ended(row: WorkRow, more: Partial<LandedRow> & { text?: string } = {}): LandedRow {
  const { text = `answer to ${row.customId}`, ...fields } = more;
  const ok = fields.ok ?? true;
  return {
    line: row.line,
    chunkId: row.chunk.chunkId,
    epoch: row.chunk.epoch,
    customId: row.customId,
    ok,
    statusCode: ok ? 200 : 400,
    errorCode: ok ? null : 'bad_request',
    output: JSON.stringify({ id: `batch_req_${randomUUID()}`, custom_id: row.customId, text }),
    promptTokens: 10,
    completionTokens: 5,
    cachedTokens: 4,
    reasoningTokens: 1,
    promptChars: row.promptChars,
    queueMs: 3,
    firstTokenMs: 7,
    totalMs: 20,
    attempts: 1,
    trim: null,
    ...fields,
  };
}

/** Lands rows of one batch in one group. */
export function landRows(bench: Bench, rows: LandedRow[], on: { batchId: string; userId?: string }): Promise<Landing> {
  return land(bench.db, {
    userId: on.userId ?? 'local',
    batchId: on.batchId,
    workerId: 'worker-a',
    dispatchedAt: new Date(),
    rows,
    attempts: [],
  });
}

/** Answers every row that is left; those named in `failing` fail. */
export async function runAll(bench: Bench, batchId: string, failing: string[] = []): Promise<Landing> {
  const rows = await leaseAll(bench, batchId);
  return landRows(
    bench,
    rows.map((row) => ended(row, { ok: !failing.includes(row.customId) })),
    { batchId, userId: rows[0]?.chunk.userId ?? 'local' },
  );
}

/** Rows of a query as the system sees them. */
export async function query<T extends object>(bench: Bench, sql: string, values: unknown[] = []): Promise<T[]> {
  return (await bench.db.asSystem((q) => q.query<T>(sql, values))).rows;
}
