/** Gives vectors of texts by a batch of embeddings on the server, which queues, repeats and counts them like any other. */

import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch } from '../contracts/openai-batch.ts';
import type { Embed } from '../datasets/sampling/classify-by-examples.ts';
import { AssayError } from '../errors.ts';
import { readLines } from '../files/lines.ts';
import type { Client } from './client.ts';
import { hasEnded } from './progress.ts';
import { count } from './text.ts';

export interface EmbedOptions {
  client: Client;
  model: string;
  pollMs: number;
  maxLineBytes: number;
  signal: AbortSignal;
  /** Told of each batch that is sent. */
  say: (message: string) => void;
}

const endpoint = '/v1/embeddings';

/** @throws AssayError server_answered when a row has no vector; the signal's reason, the batch being cancelled then. */
export function embedByBatch(options: EmbedOptions): Embed {
  return async (texts) => {
    const sent = await send(texts, options);
    options.say(`${count(texts.length)} prompts to ${options.model} as batch ${sent.id}`);
    const batch = await follow(sent, options);
    const vectors = batch.output_file_id === null ? [] : await read(batch.output_file_id!, options);
    const missing = texts.findIndex((_, at) => vectors[at] === undefined);
    if (missing === -1) return vectors;
    const problem = `batch ${batch.id} (${batch.status}) gave no vector for ${texts.length - Object.keys(vectors).length} of ${texts.length} prompts; see: assay status ${batch.id}`;
    throw new AssayError('server_answered', { status: 200, problem });
  };
}

async function send(texts: string[], { client, model }: EmbedOptions): Promise<Batch> {
  const lines = texts.map((text, at) =>
    // Engines refuse an empty text.
    JSON.stringify({
      custom_id: String(at),
      method: 'POST',
      url: endpoint,
      body: { model, input: text.trim() || '-' },
    }),
  );
  const folder = await mkdtemp(join(tmpdir(), 'assay-embed-'));
  const key = randomUUID();
  try {
    const path = join(folder, 'prompts.jsonl');
    const content = Buffer.from(`${lines.join('\n')}\n`);
    await writeFile(path, content);
    const upload = { path, bytes: content.length, filename: 'prompts.jsonl', idempotencyKey: `${key}-file` };
    const file = await client.upload(upload);
    return await client.ask<Batch>('/v1/batches', {
      method: 'POST',
      idempotencyKey: `${key}-batch`,
      body: { input_file_id: file.id, endpoint, completion_window: '24h' },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function follow(sent: Batch, { client, pollMs, signal }: EmbedOptions): Promise<Batch> {
  let batch = sent;
  while (!hasEnded(batch.status)) {
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) {
      await client.ask(`/v1/batches/${batch.id}/cancel`, { method: 'POST' }).catch(() => undefined);
      throw signal.reason;
    }
    batch = await client.ask<Batch>(`/v1/batches/${batch.id}`);
  }
  return batch;
}

interface OutputLine {
  custom_id: string;
  response: { body: { data: { embedding: number[] }[] } } | null;
}

async function read(fileId: string, { client, maxLineBytes }: EmbedOptions): Promise<number[][]> {
  const vectors: number[][] = [];
  for await (const group of readLines(await client.content(`/v1/files/${fileId}/content`), {
    maxBytes: maxLineBytes,
  })) {
    for (const line of group) {
      if (line.fault) throw line.fault;
      const { custom_id, response } = JSON.parse(line.text) as OutputLine;
      const vector = response?.body.data[0]?.embedding;
      if (vector !== undefined) vectors[Number(custom_id)] = vector;
    }
  }
  return vectors;
}
