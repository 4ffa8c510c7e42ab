/** Wires the batch room's functions into the one value that the HTTP surface is handed. */

import { createBatch } from './batches/create.ts';
import { cancelBatch, finishBatch } from './batches/end.ts';
import { openIntake } from './batches/intake-queue.ts';
import { batchMetrics } from './batches/metrics.ts';
import { batchOutput } from './batches/output.ts';
import { getBatch, listBatches } from './batches/read.ts';
import { listRequests } from './batches/requests.ts';
import { retryBatch } from './batches/retry.ts';
import { deriveOfBatch } from './compare/derive-results.ts';
import type { Config } from './config.ts';
import type { Log } from './contracts/log.ts';
import type { Database } from './db/database.ts';
import type { GpuGauge } from './engines/gpu/gauge.ts';
import type { EngineHost } from './engines/host.ts';
import { modelIdentity } from './engines/identity.ts';
import type { ModelRegistry } from './engines/registry.ts';
import { AssayError } from './errors.ts';
import { openFile } from './files/read.ts';
import type { FileStore } from './files/store.ts';
import type { BatchRoom } from './http/deps.ts';
import { laneOrder } from './prompts/lane-order.ts';
import { prefixBoundCounter } from './prompts/prefix-bound.ts';
import { prefixKey, promptText } from './prompts/prefix-key.ts';
import { textRuns } from './prompts/text-runs.ts';
import { cutChunks } from './scheduler/cut.ts';
import { groupingHelps } from './scheduler/grouping.ts';
import { type ChunkQueue, queueName } from './scheduler/queue.ts';
import type { RosterView } from './scheduler/roster-view.ts';
import { openWaits } from './scheduler/waits.ts';

/** The batch room, what upkeep needs of it, and how runs of the workbench make batches beyond the API's limits. */
export type Batches = BatchRoom & {
  takeIn(userId: string, batchId: string): void;
  createForRun: BatchRoom['create'];
};

/** Metadata that tells the batch of a run; set by the workbench alone. */
const runKey = 'assay_run_id';

export interface BatchRooms {
  config: Config;
  log: Log;
  db: Database;
  queue: ChunkQueue;
  store: FileStore;
  registry: ModelRegistry;
  host: EngineHost;
  worker: Pick<RosterView, 'report' | 'alive'> & { wake(): void };
  gauge: Pick<GpuGauge, 'gpusOf'>;
}

/** Gives the room, and a function that waits for the batch being taken in. */
export function openBatches(rooms: BatchRooms): { batches: Batches; stop(): Promise<void> } {
  const { config, db, worker } = rooms;
  const { schedule, run, intake } = openWay(rooms);
  const waits = openWaits({
    report: worker.report,
    alive: worker.alive,
    nobody: config.local_worker ? 'the worker is being started' : 'no worker takes part; start one with: assay worker',
    intakeProblem: intake.problem,
    engines: rooms.host.status,
  });
  const creating =
    (maxBytes: number): BatchRoom['create'] =>
    async (userId, body, repeat) => {
      const { batch, isNew } = await createBatch(db, {
        userId,
        body,
        repeat: { ...repeat, windowSeconds: config.repeat_window_seconds },
        maxBytes,
      });
      if (isNew) intake.want(userId, batch.id);
      return batch;
    };
  const batches: Batches = {
    async create(userId, body, repeat) {
      const value = body.metadata?.[runKey];
      if (value !== undefined) {
        const param = `metadata.${runKey}`;
        throw new AssayError(
          'invalid_parameter',
          { param, problem: 'is set by the workbench alone', value },
          { param },
        );
      }
      return creating(config.batch_max_bytes)(userId, body, repeat);
    },
    createForRun: creating(Number.MAX_SAFE_INTEGER),
    get: (userId, id) => getBatch(db, userId, id),
    list: (userId, query) => listBatches(db, userId, query),
    cancel: (userId, id) => cancelBatch(db, userId, id),
    async retry(userId, id) {
      const batch = await retryBatch(db, { userId, batchId: id }, schedule);
      await run(id);
      return batch;
    },
    metrics: (userId, id) =>
      batchMetrics(
        {
          db,
          now: (batchId) => worker.report()?.batches[batchId] ?? null,
          waiting: waits.of,
          gpus: rooms.gauge.gpusOf,
        },
        userId,
        id,
      ),
    requests: (userId, id, query) => listRequests(db, { userId, batchId: id }, query),
    output: (userId, fileId) => batchOutput(db, userId, fileId),
    takeIn: intake.want,
  };
  return { batches, stop: intake.stop };
}

/** Wires the way of a new batch: from its input file into rows and chunks, and to the workers. */
function openWay(rooms: BatchRooms) {
  const { config, log, db, queue, store, registry, worker } = rooms;
  const schedule: Parameters<typeof retryBatch>[2] = async (q, batch, rows) => {
    const model = await registry.find(batch.user_id, batch.model!);
    await cutChunks(
      q,
      {
        batchId: batch.batch_id,
        userId: batch.user_id,
        model: model.id,
        queue: queueName(model.scope === 'shared' ? '' : batch.user_id, model.id),
      },
      {
        ...rows,
        sizes: {
          seconds: config.chunk_seconds,
          minRows: config.chunk_min_rows,
          maxRows: config.chunk_max_rows,
          maxChars: config.chunk_max_chars,
        },
      },
    );
  };
  const run = async (batchId: string) => {
    await queue.fill(batchId);
    worker.wake();
  };
  const intake = openIntake({
    db,
    openInput: async (userId, fileId) => (await openFile(db, store, userId, fileId)).read(),
    checkModel: async (userId, model) => {
      const spec = await registry.find(userId, model);
      return {
        slots: spec.engine === 'llama-server' ? (spec.concurrency ?? config.llama_slots) : null,
        identity: () => modelIdentity(spec, { context: config.llama_context, ollamaModels: config.ollama_models }),
      };
    },
    promptText,
    prefixKey,
    boundCounter: prefixBoundCounter,
    laneOrder,
    textRuns,
    groupingHelps,
    dedupe: config.dedupe,
    schedule,
    limits: {
      maxRequests: ({ metadata }) =>
        metadata?.[runKey] === undefined
          ? config.batch_max_requests
          : Math.max(config.batch_max_requests, config.run_max_requests),
      lineMaxBytes: config.line_max_bytes,
    },
    async reused(userId, batchId) {
      await finishBatch(db, userId, batchId);
      deriveOfBatch(db, { userId, batchId }, log).catch((error: Error) =>
        log.warn({ batch: batchId, problem: error.message }, 'answers are read from results later'),
      );
    },
    taken: run,
    log,
  });
  return { schedule, run, intake };
}
