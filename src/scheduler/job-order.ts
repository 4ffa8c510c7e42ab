/**
 * Which chunk a queue hands out next: higher assay_priority first; among users of one queue in turns, each user's next
 * chunk before anyone's second; within one user the batch with the nearer deadline first.
 *
 * A turn is the chunk's place in its user's open work, written into the job's priority, which pg-boss orders by.
 * Places are numbered anew whenever a batch arrives, so that neither a long batch nor a stream of short ones starves
 * the others. Which chunk of its batch takes the turn is free (affinity.ts). pg-boss's groups do not do this: they only
 * limit how many jobs of one group run at once.
 */

import type { PgBoss } from 'pg-boss';
import { isPriority, PRIORITY_KEY } from '../contracts/priority.ts';
import type { Database } from '../db/database.ts';

/** An open chunk and the pg-boss priority of its job, an integer of 32 bits. */
export interface OrderedChunk {
  chunkId: string;
  batchId: string;
  ordinal: number;
  queue: string;
  priority: number;
}

/** Places of one user that are told apart; chunks beyond share the last place and run in the order they were made. */
const places = 10_000_000;

/** All open chunks, or those of the queues that hold chunks of `batchId`, in the order in which they should run. */
export async function orderedChunks(db: Database, batchId?: string): Promise<OrderedChunk[]> {
  const { rows } = await db.asSystem((q) =>
    q.query<[string, string, number, string, string | null, number]>({
      text: `select c.chunk_id, c.batch_id, c.ordinal, c.queue, b.metadata->>'${PRIORITY_KEY}',
               (row_number() over (partition by c.queue, c.user_id, b.metadata->>'${PRIORITY_KEY}'
                 order by b.expires_at, b.created_at, c.batch_id, c.ordinal))::integer as place
             from chunks c join batches b using (batch_id)
             where c.state = 'open'
               and ($1::text is null or c.queue in (select queue from chunks where batch_id = $1 and state = 'open'))
             order by place`,
      values: [batchId ?? null],
      rowMode: 'array',
    }),
  );
  return rows.map(([chunkId, batch, ordinal, queue, priority, place]) => ({
    chunkId,
    batchId: batch,
    ordinal,
    queue,
    priority: (isPriority(priority) ? Number(priority) : 0) * places - Math.min(place, places - 1),
  }));
}

/** Gives the waiting jobs of `queue` their new priorities; jobs that are held or ended keep theirs. */
export async function reorderJobs(boss: PgBoss, queue: string, chunks: OrderedChunk[]): Promise<void> {
  await boss.getDb().executeSql(
    `update pgboss.job j set priority = o.priority
     from unnest($2::uuid[], $3::integer[]) as o (id, priority)
     where j.name = $1 and j.id = o.id and j.state in ('created', 'retry') and j.priority <> o.priority`,
    [queue, chunks.map((chunk) => chunk.chunkId), chunks.map((chunk) => chunk.priority)],
  );
}
