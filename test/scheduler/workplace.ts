/** A database with its queue, and workers on it whose engine is a function of the test. */

import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { finishBatch } from '../../src/batches/end.ts';
import type { Complete, EngineAnswer, EngineEndpoint } from '../../src/contracts/engine.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { land } from '../../src/results/land.ts';
import { bestConcurrency, keepConcurrency, keepRate } from '../../src/scheduler/cut.ts';
import { type ChunkQueue, openQueue } from '../../src/scheduler/queue.ts';
import { startWorker, type Worker, type WorkerDeps } from '../../src/scheduler/worker-loop.ts';
import { type BatchOptions, type Bench, openBench, query, readBatch, startBatch } from '../batches/seed.ts';
import { silentLog } from '../harness/database.ts';
import { boundless } from './boundless.ts';

export interface Workplace extends Bench {
  /** As a worker has it: pipelined. */
  workerDb: Database;
  queue: ChunkQueue;
  /** The database as its owner: the queue's own tables are not the rooms' to read. */
  owner: Pool;
  workers: Worker[];
}

export async function openWorkplace(name: string, options: { supervise?: boolean } = {}): Promise<Workplace> {
  const bench = await openBench(name);
  const queue = await openQueue({
    url: bench.url,
    db: bench.db,
    supervise: options.supervise ?? false,
    heartbeatSeconds: 10,
    log: silentLog,
  });
  const workers: Worker[] = [];
  const workerDb = openDatabase({ url: bench.url, max: 6, pipelined: true });
  const owner = new Pool({ connectionString: bench.url, max: 1 });
  // The database is dropped under connections that are still closing.
  owner.on('connect', (client) => void client.on('error', () => undefined));
  owner.on('error', () => undefined);
  const end = async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
    await queue.stop();
    await owner.end();
    await workerDb.close();
    await bench.end();
  };
  return { ...bench, workerDb, queue, owner, workers, end };
}

export const endpoint = (more: Partial<EngineEndpoint> = {}): EngineEndpoint => ({
  modelId: 'm',
  engine: 'openai',
  baseUrl: 'http://engine.invalid',
  upstreamModel: 'm',
  headers: {},
  concurrency: 8,
  slots: null,
  contextTokens: null,
  params: {},
  generation: 0,
  ...more,
});

const limits: WorkerDeps['limits'] = {
  maxAttempts: 3,
  rateLimitMaxAttempts: 10,
  baseMs: 5,
  maxMs: 20,
  timeoutMs: 1000,
  landRows: 20,
  landMs: 5,
  probeMs: 20,
  pollMs: 30,
  shareMs: 100,
  tuneWindowMs: 100,
  tuneHoldMs: 10_000,
  kvHighShare: 0.95,
  loadMs: 100,
  answerTokens: 512,
};

/** Starts a worker; it is stopped with the workplace. */
export async function work(
  place: Workplace,
  options: Partial<Omit<WorkerDeps, 'limits'>> & {
    complete: Complete;
    limits?: Partial<WorkerDeps['limits']>;
    on?: EngineEndpoint;
  },
): Promise<Worker> {
  const { on = endpoint(), limits: some, ...deps } = options;
  const db = place.workerDb;
  const worker = await startWorker({
    db,
    queue: place.queue,
    rateLimit: () => null,
    pressure: () => () => 1,
    capacity: boundless,
    fit: async ({ body }) => ({ body, trim: null }),
    land: (group) => land(db, group),
    finish: (userId, batchId) => finishBatch(db, userId, batchId),
    bestConcurrency: (userId, on) => db.asUser(userId, (q) => bestConcurrency(q, on)),
    keepConcurrency: (userId, found) => db.asUser(userId, (q) => keepConcurrency(q, userId, found)),
    keepRate: (userId, rate) => db.asUser(userId, (q) => keepRate(q, userId, rate)),
    acquire: async () => on,
    release: () => undefined,
    health: async () => true,
    engineEnd: async () => null,
    workerId: 'worker-a',
    log: silentLog,
    ...deps,
    limits: { ...limits, ...some },
  });
  place.workers.push(worker);
  return worker;
}

/** A batch in progress whose chunks are in the queue. */
export async function queueBatch(place: Workplace, content: string[], options: BatchOptions = {}): Promise<string> {
  const { id } = await startBatch(place, content, options);
  await place.queue.fill(id);
  return id;
}

/** The custom_id that a line of `seed.ts` carries in its prompt. */
export const nameIn = (body: Record<string, unknown>): string =>
  (body.messages as { content: string }[])[0]!.content.replace('Say ', '');

export const answer = (more: Partial<EngineAnswer> = {}): EngineAnswer => ({
  status: 200,
  requestId: 'req-1',
  body: { choices: [] },
  usage: { prompt: 10, completion: 5, cached: 4, reasoning: 0 },
  firstTokenMs: 1,
  totalMs: 2,
  ...more,
});

/** Answers every row after `ms`. */
export const answerAfter =
  (ms: number, more: Partial<EngineAnswer> = {}): Complete =>
  async () => {
    await sleep(ms);
    return answer(more);
  };

/** Waits for what `seen` gives to be truthy. */
export async function until<T>(seen: () => T | Promise<T>, what: string, ms = 20_000): Promise<NonNullable<T>> {
  for (const late = Date.now() + ms; ; await sleep(10)) {
    const value = await seen();
    if (value) return value as NonNullable<T>;
    if (Date.now() > late) throw new Error(`not within ${ms} ms: ${what}`);
  }
}

export const untilStatus = (place: Bench, batchId: string, status: string) =>
  until(async () => {
    const batch = await readBatch(place, batchId);
    return batch.status === status ? batch : null;
  }, `${batchId} ${status}`);

/** How many results each custom_id of a batch has, and how they ended. */
export async function endsOf(place: Bench, batchId: string): Promise<Record<string, string>> {
  const rows = await query<{ custom_id: string; code: string }>(
    place,
    `select custom_id, case when ok then 'ok' else error_code end as code from results where batch_id = $1 order by line`,
    [batchId],
  );
  return Object.fromEntries(rows.map((row) => [row.custom_id, row.code]));
}

/** Failed tries of a batch as "custom_id attempt code status". */
export async function triesOf(place: Bench, batchId: string): Promise<string[]> {
  const rows = await query<{ text: string }>(
    place,
    `select concat_ws(' ', r.custom_id, a.attempt, a.code, a.status_code) as text from attempts a join requests r using (batch_id, line)
     where batch_id = $1 order by line, attempt`,
    [batchId],
  );
  return rows.map((row) => row.text);
}

/** Jobs of a batch by state. */
export async function jobsOf(place: Workplace, batchId: string): Promise<Record<string, number>> {
  const { rows } = await place.owner.query<{ state: string; jobs: number }>(
    `select j.state::text as state, count(*)::integer as jobs from chunks c join pgboss.job j on j.id = c.chunk_id where c.batch_id = $1 group by 1`,
    [batchId],
  );
  return Object.fromEntries(rows.map((row) => [row.state, row.jobs]));
}
