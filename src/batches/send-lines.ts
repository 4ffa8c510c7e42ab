/** Makes a batch of requests that Assay itself has to ask, on the same way as everybody's. */

import { Buffer } from 'node:buffer';
import type { BatchEndpoint } from '../contracts/engine.ts';
import type { Batch, CreateBatchBody } from '../contracts/openai-batch.ts';
import type { Database } from '../db/database.ts';
import { createFile } from '../files/create.ts';
import { type FileStore, stage } from '../files/store.ts';

export interface SendLimits {
  /** How long the input file is kept, in seconds. */
  inputFileSeconds: number;
  /** Of the batch, as in OpenAI's `completion_window`. */
  completionWindow: string;
}

export interface SendDeps {
  db: Database;
  store: FileStore;
  batches: {
    create(
      userId: string,
      body: CreateBatchBody,
      repeat: { key: string | null; retryCount: number; arrivedAt: Date },
    ): Promise<Batch>;
    list(userId: string, query: { limit: number; metadata?: Record<string, string> }): Promise<{ data: Batch[] }>;
  };
  limits: SendLimits;
}

export interface OwnBatch {
  endpoint: BatchEndpoint;
  filename: string;
  /** What no other batch of the user has: a killed server finds by it the batch that it had made. */
  metadata: Record<string, string>;
  /** Each with its model in the body. Walked only when there is no such batch. */
  lines: () => AsyncIterable<{ custom_id: string; body: Record<string, unknown> }>;
}

/** The id of the batch with this metadata, which is made where it is not there. */
export async function sendLines(deps: SendDeps, userId: string, asked: OwnBatch): Promise<string> {
  const made = await deps.batches.list(userId, { limit: 1, metadata: asked.metadata });
  return made.data[0]?.id ?? makeBatch(deps, userId, asked);
}

async function makeBatch(deps: SendDeps, userId: string, asked: OwnBatch): Promise<string> {
  const { inputFileSeconds, completionWindow } = deps.limits;
  const staged = await stage(deps.store, bytesOf(asked), {
    maxBytes: Number.MAX_SAFE_INTEGER,
    what: `The input ${asked.filename}`,
    setting: 'ASSAY_BATCH_MAX_BYTES',
  });
  // As a client's retry: the file and the batch of an earlier try are found by what is in them.
  const repeat = { key: null, retryCount: 1, arrivedAt: new Date() };
  const file = await createFile(deps.db, deps.store, {
    userId,
    filename: asked.filename,
    purpose: 'batch',
    expiresSeconds: inputFileSeconds,
    staged,
    repeat: { ...repeat, windowSeconds: inputFileSeconds },
  });
  const { endpoint, metadata } = asked;
  const batch = await deps.batches.create(
    userId,
    { input_file_id: file.fileId, endpoint, completion_window: completionWindow, metadata },
    repeat,
  );
  return batch.id;
}

async function* bytesOf({ endpoint: url, lines }: OwnBatch): AsyncGenerator<Buffer> {
  for await (const { custom_id, body } of lines())
    yield Buffer.from(`${JSON.stringify({ custom_id, method: 'POST', url, body })}\n`);
}
