/** Does at regular times what no request asks for: ends batches that are due, removes what has expired, refills the queue. */

import { forgetDeleted, sweepBatches } from './batches/sweep.ts';
import type { Log } from './contracts/log.ts';
import type { Database } from './db/database.ts';
import { expire } from './files/expire.ts';
import { forgetRepeats } from './files/repeat.ts';
import type { FileStore } from './files/store.ts';
import type { ChunkQueue } from './scheduler/queue.ts';

export interface UpkeepDeps {
  db: Database;
  store: FileStore;
  queue: ChunkQueue;
  takeIn(userId: string, batchId: string): void;
  /** Told of each batch that upkeep ended. */
  ended(userId: string, batchId: string): Promise<unknown>;
  repeatWindowSeconds: number;
  everyMs: number;
  log: Log;
}

/** Turns between two looks at what changes slowly: deleted outputs, chunks without a job, old keys. */
const slowEvery = 30;

/** Gives a function that ends the upkeep and waits for a turn in progress. */
export function startUpkeep(deps: UpkeepDeps): () => Promise<void> {
  const { db, store, log } = deps;
  let busy: Promise<void> | null = null;
  let turn = 0;
  const once = async () => {
    await sweepBatches({ db, takeIn: deps.takeIn, ended: deps.ended });
    await expire(db, store);
    if (turn++ % slowEvery !== 0) return;
    await forgetDeleted(db);
    await db.asSystem((q) => forgetRepeats(q, deps.repeatWindowSeconds));
    const put = await deps.queue.fill();
    if (put > 0) log.warn({ chunks: put }, 'chunks without a job were queued again');
  };
  const timer = setInterval(() => {
    busy ??= once()
      .catch((error: Error) => log.warn({ problem: error.message }, 'upkeep failed; it is done at the next turn'))
      .finally(() => (busy = null));
  }, deps.everyMs);
  return async () => {
    clearInterval(timer);
    await busy;
  };
}
