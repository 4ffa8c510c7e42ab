/** Cuts a batch's rows, in the order in which they should run, into chunks of a few seconds of work each. */

import type { PoolClient } from 'pg';
import { chunkId } from './affinity.ts';

export interface ChunkSizes {
  seconds: number;
  minRows: number;
  maxRows: number;
  /** Characters of prompt in one chunk, unless a single row has more: a worker holds a chunk in memory. */
  maxChars: number;
}

/**
 * Rows of each chunk. With a measured speed all hold `seconds` of work; without, they begin small and double, so that
 * a slow model's first chunks are short and a fast model's not many.
 */
export function* chunkRows(chars: Int32Array, rowsPerSecond: number | null, sizes: ChunkSizes): Generator<number> {
  const clamp = (rows: number) => Math.min(sizes.maxRows, Math.max(sizes.minRows, Math.round(rows)));
  let size = rowsPerSecond === null ? sizes.minRows : clamp(rowsPerSecond * sizes.seconds);
  for (let from = 0; from < chars.length; ) {
    let to = from + 1;
    let held = chars[from]!;
    while (to < chars.length && to - from < size && held + chars[to]! <= sizes.maxChars) held += chars[to++]!;
    yield to - from;
    from = to;
    if (rowsPerSecond === null) size = clamp(size * 2);
  }
}

/** Rows whose chunks are written with one statement. */
const rowsAtOnce = 20_000;

/** Writes the chunks of a batch, inside the caller's transaction; `ChunkQueue.fill` then puts their jobs in. */
export async function cutChunks(
  q: PoolClient,
  batch: { batchId: string; userId: string; model: string; queue: string },
  cut: { lines: Int32Array; chars: Int32Array; sizes: ChunkSizes },
): Promise<void> {
  const { rows: rates } = await q.query<{ rows_per_s: number | null }>(
    'select rows_per_s from model_rates where model_id = $1',
    [batch.model],
  );
  const { rows: last } = await q.query<{ next: number }>(
    'select coalesce(max(ordinal), -1) + 1 as next from chunks where batch_id = $1',
    [batch.batchId],
  );
  let ordinal = last[0]!.next;
  let from = 0;
  let values: [string, number, string][] = [];
  let held = 0;
  const flush = async () => {
    await q.query(
      `insert into chunks (chunk_id, user_id, batch_id, model, queue, ordinal, lines)
       select c.chunk_id, $1, $2, $3, $4, c.ordinal, c.lines::integer[]
       from unnest($5::uuid[], $6::integer[], $7::text[]) as c (chunk_id, ordinal, lines)`,
      [
        batch.userId,
        batch.batchId,
        batch.model,
        batch.queue,
        ...[0, 1, 2].map((column) => values.map((row) => row[column])),
      ],
    );
    values = [];
    held = 0;
  };
  for (const rows of chunkRows(cut.chars, rates[0]?.rows_per_s ?? null, cut.sizes)) {
    values.push([chunkId(batch.batchId, ordinal), ordinal++, `{${cut.lines.subarray(from, from + rows).join(',')}}`]);
    from += rows;
    held += rows;
    if (held >= rowsAtOnce) await flush();
  }
  if (values.length > 0) await flush();
}

/** Rows in flight that an earlier run of the model found best on that card (empty: none, or elsewhere), or null. */
export async function bestConcurrency(q: PoolClient, on: { model: string; card: string }): Promise<number | null> {
  const { rows } = await q.query<{ concurrency: number }>(
    'select concurrency from tuned_cards where model_id = $1 and card = $2',
    [on.model, on.card],
  );
  return rows[0]?.concurrency ?? null;
}

/** Keeps the number of rows in flight that was found best for a model on a card, for its next run there. */
export async function keepConcurrency(
  q: PoolClient,
  userId: string,
  found: { model: string; card: string; rows: number },
): Promise<void> {
  await q.query(
    `insert into tuned_cards (user_id, model_id, card, concurrency) values ($1, $2, $3, $4)
     on conflict (user_id, model_id, card) do update set concurrency = $4, measured_at = now()`,
    [userId, found.model, found.card, found.rows],
  );
}

/** Keeps the measured speed of a model, which sizes the chunks of its next batches. */
export async function keepRate(
  q: PoolClient,
  userId: string,
  rate: { model: string; rowsPerSecond: number },
): Promise<void> {
  await q.query(
    `insert into model_rates (user_id, model_id, rows_per_s) values ($1, $2, $3)
     on conflict (user_id, model_id) do update set rows_per_s = $3, measured_at = now()`,
    [userId, rate.model, rate.rowsPerSecond],
  );
}
