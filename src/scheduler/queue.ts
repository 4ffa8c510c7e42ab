/** The queue of chunks on pg-boss: one queue for each model, one job for each chunk, heartbeats for dead workers. */

import { createHash } from 'node:crypto';
import { PgBoss } from 'pg-boss';
import type { Log } from '../contracts/log.ts';
import type { Database } from '../db/database.ts';
import { takeNear, type Walk } from './affinity.ts';
import { orderedChunks, reorderJobs } from './job-order.ts';

/** What a job carries, beside its batch as its group: the chunk, which is its own id too, and its place in the batch. */
export interface ChunkJob {
  chunk_id: string;
  ordinal: number;
}

/** A job this worker holds. `retryCount` names the claim, so that a late word from an earlier one is ignored. */
export interface HeldJob {
  id: string;
  retryCount: number;
}

export interface ChunkQueue {
  /** Puts jobs for open chunks that have none, all of them or those of one batch; safe to repeat. */
  fill(batchId?: string): Promise<number>;
  /**
   * Takes up to `count` jobs of `queue`, those whose turn it is; of the batch whose turn it is, the chunk that `walk`
   * comes to next.
   */
  take(queue: string, count: number, walk?: Walk): Promise<HeldJob[]>;
  /** Tells that the jobs are still worked on. */
  beat(queue: string, jobs: HeldJob[]): Promise<void>;
  done(queue: string, jobs: HeldJob[]): Promise<void>;
  /** Gives jobs back so that another worker takes them at once. */
  giveBack(queue: string, ids: string[]): Promise<void>;
  stop(): Promise<void>;
}

/** pg-boss's longest expiry: the heartbeat ends a dead worker's claim long before. */
const day = 86_400;
/** Claims of one job before pg-boss gives it up; `fill` would then put it in anew. */
const claims = 1_000_000;

/** Name of a model's queue: pg-boss allows fewer characters in it than a model id may have. */
export function queueName(scope: string, model: string): string {
  return `chunks-${createHash('sha256').update(`${scope}\0${model}`).digest('hex').slice(0, 24)}`;
}

/**
 * Starts pg-boss on the database at `url`. With `supervise` this process looks after lost heartbeats too; one process
 * that does is enough.
 */
export async function openQueue(options: {
  url: string;
  db: Database;
  supervise: boolean;
  heartbeatSeconds: number;
  log: Log;
}): Promise<ChunkQueue> {
  const boss = new PgBoss({
    connectionString: options.url,
    max: 2,
    supervise: options.supervise,
    schedule: false,
    monitorIntervalSeconds: 2,
    superviseIntervalSeconds: 2,
    application_name: 'assay-queue',
  });
  boss.on('error', (error) =>
    options.log.warn({ problem: (error as Error).message }, 'queue: database did not answer'),
  );
  await boss.start();
  const known = new Set<string>();
  const ensure = async (queue: string) => {
    if (known.has(queue)) return;
    await boss.createQueue(queue, {
      retryLimit: claims,
      retryDelay: 0,
      expireInSeconds: day - 1,
      heartbeatSeconds: options.heartbeatSeconds,
      deleteAfterSeconds: 3600,
      retentionSeconds: 365 * day,
    });
    known.add(queue);
  };
  return {
    fill: (batchId) => fill({ boss, db: options.db, ensure }, batchId),
    async take(queue, count, walk) {
      await ensure(queue);
      if (walk !== undefined) return takeSome(() => takeNear({ boss, db: options.db, queue }, walk), count);
      const jobs = await boss.fetch<ChunkJob>(queue, { batchSize: count, includeMetadata: true });
      return jobs.map((job) => ({ id: job.id, retryCount: job.retryCount }));
    },
    beat: async (queue, jobs) => void (await boss.touch(queue, jobs)),
    done: async (queue, jobs) => void (await boss.complete(queue, jobs)),
    async giveBack(queue, ids) {
      await ensure(queue);
      await boss.fail(queue, ids);
    },
    stop: () => boss.stop({ graceful: false, close: true }),
  };
}

/** Those taken before the database failed are kept: nobody else would know of them. */
async function takeSome(take: () => Promise<HeldJob | null>, count: number): Promise<HeldJob[]> {
  const jobs: HeldJob[] = [];
  while (jobs.length < count) {
    const job = await take().catch((error: unknown) => {
      if (jobs.length === 0) throw error;
      return null;
    });
    if (job === null) break;
    jobs.push(job);
  }
  return jobs;
}

/** Jobs put in with one statement. */
const fillJobs = 1000;

async function fill(
  on: { boss: PgBoss; db: Database; ensure(queue: string): Promise<void> },
  batchId?: string,
): Promise<number> {
  const open = await orderedChunks(on.db, batchId);
  let put = 0;
  for (const [queue, chunks] of Map.groupBy(open, (chunk) => chunk.queue)) {
    await on.ensure(queue);
    const own = batchId === undefined ? chunks : chunks.filter((chunk) => chunk.batchId === batchId);
    for (let at = 0; at < own.length; at += fillJobs) {
      const part = own.slice(at, at + fillJobs);
      if (batchId === undefined) {
        await forgetEnded(
          on.boss,
          queue,
          part.map((chunk) => chunk.chunkId),
        );
      }
      // A chunk that has a job already keeps it: pg-boss leaves out ids that are there.
      const added = await on.boss.insert(
        queue,
        part.map(({ chunkId, batchId: group, ordinal, priority }) => ({
          id: chunkId,
          data: { chunk_id: chunkId, ordinal } satisfies ChunkJob,
          priority,
          group: { id: group },
        })),
        { returnId: true },
      );
      put += added?.length ?? 0;
    }
    // Others wait here too: the new batch takes its turns among theirs.
    if (own.length < chunks.length) await reorderJobs(on.boss, queue, chunks);
  }
  return put;
}

/** Ended jobs of open chunks would keep new ones out. Live ones stay, whatever happens to them meanwhile. */
async function forgetEnded(boss: PgBoss, queue: string, ids: string[]): Promise<void> {
  await boss
    .getDb()
    .executeSql(
      `delete from pgboss.job where name = $1 and id = any ($2::uuid[]) and state in ('completed', 'cancelled', 'failed')`,
      [queue, ids],
    );
}
