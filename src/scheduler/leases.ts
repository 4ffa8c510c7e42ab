/** Takes chunks for this worker: raises their epoch, which fences off an earlier owner, and reads their rows. */

import type { PoolClient } from 'pg';
import { CONTEXT_KEY, type ContextStrategy, isContextStrategy } from '../contracts/context.ts';
import { PRIORITY_KEY } from '../contracts/priority.ts';
import type { Database } from '../db/database.ts';
import { type Twin, twinsOf } from './twins.ts';

/** A row to be run, as read from its chunk. */
export interface WorkRow {
  line: number;
  customId: string;
  prefixKey: Buffer;
  promptChars: number;
  /** JSON text of the body. */
  body: string;
  chunk: Lease;
  /** Tries so far that count against max_attempts, 429 answers, and deaths of the engine while it ran. */
  tries: number;
  rateLimited: number;
  deaths: number;
  /** Deaths with no other row in flight, of this lease alone: not read back from the record. */
  deathsAlone: number;
  /** All tries so far, for the record. */
  attempts: number;
  queuedAt: number;
  /** Rows that get this one's answer. */
  twins: Twin[];
}

/** A chunk that this worker owns at `epoch`. */
export interface Lease {
  chunkId: string;
  batchId: string;
  userId: string;
  model: string;
  endpoint: string;
  /** How a row that does not fit its model's context is made to fit; null when it is to fail. */
  context: ContextStrategy | null;
  epoch: number;
  /** Rows without a landed end. */
  left: number;
}

/** Codes of attempts that say nothing about the row. */
const notCounted = ['rate_limited', 'engine_died', 'overflowed'];

/** A leased chunk with its rows that have no result yet, in the order in which they should run. */
export interface LeasedChunk {
  lease: Lease;
  rows: WorkRow[];
}

interface TakenChunk {
  chunk_id: string;
  batch_id: string;
  user_id: string;
  model: string;
  epoch: number;
  endpoint: string;
  context: string | null;
  status: string;
  ordinal: number;
}

interface PastRow {
  batch_id: string;
  line: number;
  tries: number;
  rate_limited: number;
  deaths: number;
  attempts: number;
}

/** Leases the chunks that are still open and whose batch runs; for the others there is nothing left to do. */
export async function leaseChunks(db: Database, workerId: string, chunkIds: string[]): Promise<LeasedChunk[]> {
  return db.asSystem(async (q) => {
    const taken = await q.query<TakenChunk>({
      name: 'lease-chunks',
      text: `update chunks c set epoch = c.epoch + 1, worker_id = $2, leased_at = now()
             from batches b where c.chunk_id = any ($1::uuid[]) and c.state = 'open' and b.batch_id = c.batch_id
             returning c.chunk_id, c.batch_id, c.user_id, c.model, c.epoch, b.endpoint, b.metadata->>'${CONTEXT_KEY}' as context, b.status, c.ordinal`,
      values: [chunkIds, workerId],
    });
    // An UPDATE returns its rows in any order.
    const live = taken.rows.filter((chunk) => chunk.status === 'in_progress').sort((a, b) => a.ordinal - b.ordinal);
    if (live.length === 0) return [];
    const ids = live.map((chunk) => chunk.chunk_id);
    const { rows } = await q.query<[string, number, string, Buffer, number, string]>({
      name: 'chunk-rows',
      text: `select c.chunk_id, r.line, r.custom_id, r.prefix_key, r.prompt_chars, r.body
             from chunks c, unnest(c.lines) with ordinality as l (line, place)
             join lateral (select * from requests r where r.batch_id = c.batch_id and r.line = l.line) r on true
             where c.chunk_id = any ($1::uuid[])
               and not exists (select from results x where x.batch_id = c.batch_id and x.line = l.line)
             order by c.ordinal, l.place`,
      values: [ids],
      rowMode: 'array',
    });
    const { held, left } = await twinsOf(q, ids);
    for (const twin of left)
      rows.push([twin.chunkId, twin.line, twin.customId, twin.prefixKey, twin.promptChars, twin.body]);
    const past = await pastOf(q, ids);
    const chunks = new Map(live.map((chunk) => [chunk.chunk_id, { lease: leaseOf(chunk), rows: [] as WorkRow[] }]));
    const queuedAt = Date.now();
    for (const [chunkId, line, customId, prefixKey, promptChars, body] of rows) {
      const { lease, rows: into } = chunks.get(chunkId)!;
      const twins = held.get(`${chunkId} ${line}`) ?? [];
      lease.left += 1 + twins.length;
      const {
        tries = 0,
        rate_limited: rateLimited = 0,
        deaths = 0,
        attempts = 0,
      } = past.get(`${lease.batchId} ${line}`) ?? {};
      into.push({
        line,
        customId,
        prefixKey,
        promptChars,
        body,
        chunk: lease,
        tries,
        rateLimited,
        deaths,
        deathsAlone: 0,
        attempts,
        queuedAt,
        twins,
      });
    }
    return [...chunks.values()];
  });
}

const leaseOf = (chunk: TakenChunk): Lease => ({
  chunkId: chunk.chunk_id,
  batchId: chunk.batch_id,
  userId: chunk.user_id,
  model: chunk.model,
  endpoint: chunk.endpoint,
  context: isContextStrategy(chunk.context) ? chunk.context : null,
  epoch: chunk.epoch,
  left: 0,
});

/** Failed tries of the chunks' rows, by "batch line". */
async function pastOf(q: PoolClient, chunkIds: string[]): Promise<Map<string, Partial<PastRow>>> {
  const { rows } = await q.query<PastRow>({
    name: 'chunk-attempts',
    text: `select a.batch_id, a.line, count(*) filter (where a.code <> all ($2))::integer as tries,
             count(*) filter (where a.code = 'rate_limited')::integer as rate_limited,
             count(*) filter (where a.code = 'engine_died')::integer as deaths, count(*)::integer as attempts
           from chunks c join batches b using (batch_id)
             join attempts a on a.batch_id = c.batch_id and a.generation = b.generation and a.line = any (c.lines)
           where c.chunk_id = any ($1::uuid[]) group by a.batch_id, a.line`,
    values: [chunkIds, notCounted],
  });
  return new Map(rows.map((row) => [`${row.batch_id} ${row.line}`, row]));
}

/** Closes chunks whose rows all have their end. */
export async function closeChunks(db: Database, leases: Lease[]): Promise<void> {
  await db.asSystem((q) =>
    q.query({
      name: 'close-chunks',
      text: `update chunks c set state = 'done' from unnest($1::uuid[], $2::integer[]) as held (chunk_id, epoch)
             where c.chunk_id = held.chunk_id and c.epoch = held.epoch`,
      values: [leases.map((lease) => lease.chunkId), leases.map((lease) => lease.epoch)],
    }),
  );
}

/** Those of `leases` whose chunks another worker has taken since. */
export async function lostLeases(db: Database, leases: Lease[]): Promise<Lease[]> {
  const { rows } = await db.asSystem((q) =>
    q.query<{ chunk_id: string; epoch: number }>({
      name: 'lost-leases',
      text: `select held.chunk_id, held.epoch from unnest($1::uuid[], $2::integer[]) as held (chunk_id, epoch)
             join chunks c on c.chunk_id = held.chunk_id and c.epoch > held.epoch`,
      values: [leases.map((lease) => lease.chunkId), leases.map((lease) => lease.epoch)],
    }),
  );
  const lost = new Set(rows.map((row) => `${row.chunk_id} ${row.epoch}`));
  return leases.filter((lease) => lost.has(`${lease.chunkId} ${lease.epoch}`));
}

/** Chunks that a worker of this name still held when it ended without a word, by queue. */
export async function abandonedChunks(db: Database, workerId: string): Promise<Map<string, string[]>> {
  const { rows } = await db.asSystem((q) =>
    q.query<{ queue: string; chunk_id: string }>(
      `select queue, chunk_id from chunks where state = 'open' and worker_id = $1`,
      [workerId],
    ),
  );
  return new Map(
    [...Map.groupBy(rows, (row) => row.queue)].map(([queue, chunks]) => [queue, chunks.map((c) => c.chunk_id)]),
  );
}

/** Queues in which chunks wait, with the model each is for: highest priority first, then the nearest deadline. */
export async function openQueues(db: Database): Promise<{ queue: string; userId: string; model: string }[]> {
  const rows = await db.look<{ queue: string; user_id: string; model: string }>(
    `select c.queue, min(c.user_id) as user_id, min(c.model) as model from chunks c join batches b using (batch_id)
     where c.state = 'open' and b.status = 'in_progress' group by c.queue
     order by max(coalesce((b.metadata->>'${PRIORITY_KEY}')::integer, 0)) desc, min(b.expires_at), min(b.created_at)`,
  );
  return rows.map((row) => ({ queue: row.queue, userId: row.user_id, model: row.model }));
}
