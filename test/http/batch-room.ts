/** The batch room without a queue and a worker: batches are made, read and ended, but nothing takes them in. */

import { createBatch } from '../../src/batches/create.ts';
import { cancelBatch } from '../../src/batches/end.ts';
import { batchMetrics } from '../../src/batches/metrics.ts';
import { batchOutput } from '../../src/batches/output.ts';
import { getBatch, listBatches } from '../../src/batches/read.ts';
import { listRequests } from '../../src/batches/requests.ts';
import { retryBatch } from '../../src/batches/retry.ts';
import type { Database } from '../../src/db/database.ts';
import type { BatchRoom } from '../../src/http/deps.ts';

export function batchRoom(db: Database): BatchRoom {
  return {
    create: async (userId, body, repeat) => {
      const made = await createBatch(db, {
        userId,
        body,
        repeat: { ...repeat, windowSeconds: 60 },
        maxBytes: 1_000_000,
      });
      return made.batch;
    },
    get: (userId, id) => getBatch(db, userId, id),
    list: (userId, query) => listBatches(db, userId, query),
    cancel: (userId, id) => cancelBatch(db, userId, id),
    retry: (userId, id) => retryBatch(db, { userId, batchId: id }, async () => {}),
    metrics: (userId, id) => batchMetrics({ db, now: () => null, waiting: () => null }, userId, id),
    requests: (userId, id, query) => listRequests(db, { userId, batchId: id }, query),
    output: (userId, fileId) => batchOutput(db, userId, fileId),
  };
}
