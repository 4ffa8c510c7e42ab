/** Moves rows that a worker has not begun out of its chunks into new ones, for workers that idle. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import type { Log } from '../contracts/log.ts';
import type { Database } from '../db/database.ts';
import { chunkId } from './affinity.ts';
import { rowsPerSecond } from './hold-chunks.ts';
import type { Lease, WorkRow } from './leases.ts';
import { type ModelRun, rowsAtOnce } from './run-state.ts';

export interface SharingDeps {
  db: Database;
  workerId: string;
  /** How long (ms) a worker has to be idle, and how much work has to wait with another, before rows move. */
  shareMs: number;
  /** Told of chunks of which nothing is left after rows were handed over. */
  drained(leases: Lease[]): void;
  log: Log;
}

/** A worker that has room for so many rows. */
export interface Asking {
  workerId: string;
  rows: number;
}

/**
 * Rows for each of those who ask for `asking` rows, by a worker that holds `ready` and works on `atOnce`: first what they
 * can begin at once, since the holder cannot; of the rest, the share that lets all end at the same time.
 */
export function sharesOf(held: { ready: number; atOnce: number }, asking: number[]): number[] {
  const room = asking.reduce((sum, rows) => sum + rows, 0);
  const beyond = Math.max(0, held.ready - room);
  const total = Math.min(held.ready, room) + Math.floor((beyond * room) / (held.atOnce + room));
  let asked = 0;
  let given = 0;
  return asking.map((rows) => {
    asked += rows;
    const own = Math.round((total * asked) / room) - given;
    given += own;
    return own;
  });
}

/**
 * Hands rows of `run` over to those who ask, when what waits here is worth it. Rows that were tried before stay, since
 * their past is not all written yet. While the database decides, the rows are not in `run.ready`; on any doubt they come
 * back, and at worst run twice, of which one result is kept.
 */
export async function handOver(run: ModelRun, asking: Asking[], deps: SharingDeps): Promise<void> {
  const free = run.ready.filter((row) => row.attempts === 0 && row.deaths === 0);
  if (free.length < (rowsPerSecond(run) * deps.shareMs) / 1000) return;
  const shares = sharesOf(
    { ready: free.length, atOnce: rowsAtOnce(run) },
    asking.map((one) => one.rows),
  );
  let from = free.length - shares.reduce((sum, rows) => sum + rows, 0);
  if (from === free.length) return;
  const parts = asking.map(({ workerId }, at) => ({ workerId, rows: free.slice(from, (from += shares[at]!)) }));
  const out = new Set(parts.flatMap((part) => part.rows));
  run.ready = run.ready.filter((row) => !out.has(row));
  let moved = new Set<WorkRow>();
  try {
    moved = await deps.db.asSystem((q) => move(q, run, parts));
  } catch (error) {
    deps.log.debug({ problem: (error as Error).message }, 'rows were not handed over');
  }
  const held = (row: WorkRow) => run.jobs.get(row.chunk.chunkId)?.lease === row.chunk;
  run.ready.push(...[...out].filter((row) => !moved.has(row) && held(row)));
  if (moved.size > 0) await settle(run, moved, deps);
  run.pump();
}

/** The rows are others' now: their chunks here end without them, and the new ones are put into the queue. */
async function settle(run: ModelRun, moved: Set<WorkRow>, deps: SharingDeps): Promise<void> {
  const leases = new Set([...moved].map((row) => row.chunk));
  for (const row of moved) row.chunk.left -= 1 + row.twins.length;
  const drained = [...leases].filter((lease) => lease.left === 0);
  if (drained.length > 0) deps.drained(drained);
  deps.log.info({ model: run.endpoint.modelId, rows: moved.size }, 'rows were handed over to workers that idled');
  for (const batchId of new Set([...leases].map((lease) => lease.batchId))) await putJobs(run, batchId);
}

/** Tries to put the jobs in; where that fails, upkeep does it. */
const putTries = 5;

async function putJobs(run: ModelRun, batchId: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await run.deps.queue.fill(batchId);
      return;
    } catch (error) {
      if (tries < putTries) await sleep(run.deps.limits.probeMs);
      else
        return run.deps.log.warn({ batch: batchId, problem: (error as Error).message }, 'chunks are queued by upkeep');
    }
  }
}

interface Part {
  workerId: string;
  rows: WorkRow[];
}

/**
 * One transaction: those who ask are answered by one holder, chunks still held at their epoch lose the rows, and a chunk
 * for each who asks, and each batch, gets them. Gives the rows that moved. The batch is locked before its chunks, as
 * landing and the end of a batch do it.
 */
async function move(q: PoolClient, run: ModelRun, parts: Part[]): Promise<Set<WorkRow>> {
  const { rows: served } = await q.query<{ worker_id: string }>(
    `update idle_workers set given_at = now() where queue = $1 and worker_id = any ($2) and given_at is null returning worker_id`,
    [run.queueName, parts.map((part) => part.workerId)],
  );
  const given = parts.filter((part) => served.some((one) => one.worker_id === part.workerId));
  const left = await heldLines(q, given);
  const moved = new Set<WorkRow>();
  for (const { rows } of given) {
    const movable = rows.filter((row) => left.get(row.chunk.chunkId)?.delete(row.line));
    for (const row of movable) moved.add(row);
    for (const own of Map.groupBy(movable, (row) => row.chunk.batchId).values()) await addChunk(q, run.queueName, own);
  }
  const cut = new Set([...moved].map((row) => row.chunk.chunkId));
  await q.query(
    `update chunks c set lines = n.lines::integer[] from unnest($1::uuid[], $2::text[]) as n (chunk_id, lines)
     where c.chunk_id = n.chunk_id`,
    [[...cut], [...cut].map((id) => `{${[...left.get(id)!].join(',')}}`)],
  );
  return moved;
}

/** Lines of the chunks of `parts` that this worker still holds, by chunk; locked. */
async function heldLines(q: PoolClient, parts: Part[]): Promise<Map<string, Set<number>>> {
  const leases = [...new Set(parts.flatMap((part) => part.rows.map((row) => row.chunk)))];
  await q.query(
    `select from batches where batch_id = any ($1) and status = 'in_progress' order by batch_id for key share`,
    [leases.map((lease) => lease.batchId)],
  );
  const { rows } = await q.query<{ chunk_id: string; lines: number[] }>(
    `select c.chunk_id, c.lines from chunks c
       join unnest($1::uuid[], $2::integer[]) as held (chunk_id, epoch) on held.chunk_id = c.chunk_id and held.epoch = c.epoch
     where c.state = 'open' order by c.chunk_id for no key update of c`,
    [leases.map((lease) => lease.chunkId), leases.map((lease) => lease.epoch)],
  );
  return new Map(rows.map((row) => [row.chunk_id, new Set(row.lines)]));
}

/** The next chunk of the batch of `rows`, with them. A place that another took meanwhile fails by its id. */
async function addChunk(q: PoolClient, queue: string, rows: WorkRow[]): Promise<void> {
  const { batchId, userId, model } = rows[0]!.chunk;
  const { rows: last } = await q.query<{ next: number }>(
    'select max(ordinal) + 1 as next from chunks where batch_id = $1',
    [batchId],
  );
  const ordinal = last[0]!.next;
  await q.query(
    `insert into chunks (chunk_id, user_id, batch_id, model, queue, ordinal, lines) values ($1, $2, $3, $4, $5, $6, $7)`,
    [chunkId(batchId, ordinal), userId, batchId, model, queue, ordinal, rows.map((row) => row.line)],
  );
}
