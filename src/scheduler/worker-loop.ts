/** A worker: finds models with open chunks, runs each, and follows the ends of chunks and batches. */

import { setMaxListeners } from 'node:events';
import { escapeLiteral } from 'pg';
import type { EngineEndpoint } from '../contracts/engine.ts';
import type { LandedGroup, Landing } from '../contracts/landing.ts';
import type { Database } from '../db/database.ts';
import { openActivity } from './activity.ts';
import { finishJobs } from './hold-chunks.ts';
import { type LandingBuffer, openLanding } from './landing.ts';
import { abandonedChunks, closeChunks, type Lease, openQueues } from './leases.ts';
import {
  awaitRows,
  type ClosableQueue,
  closable,
  dropLost,
  dropStale,
  giveBackChunks,
  holdBack,
  type Leaves,
  openLeaves,
} from './leaving.ts';
import { runModel } from './model-run.ts';
import { type ChunkQueue, queueName } from './queue.ts';
import type { ModelRun, ModelRunDeps, RunLimits } from './run-state.ts';
import { openSharing, type Sharing } from './sharing.ts';
import type { RetryLimits } from './verdict.ts';
import { reportOf, type WorkerReport } from './worker-report.ts';

/** What every run is handed, and what a worker itself needs. */
type ForRuns = 'complete' | 'fit' | 'rateLimit' | 'capacity' | 'pressure' | 'health' | 'engineEnd' | 'workerId' | 'log';

export interface WorkerDeps extends Pick<ModelRunDeps, ForRuns> {
  db: Database;
  queue: ChunkQueue;
  land(group: LandedGroup): Promise<Landing>;
  /** Ends a batch whose rows all have landed. */
  finish(userId: string, batchId: string): Promise<void>;
  /** Rows in flight that an earlier run of the model found best on a card, or null; and keeps what a run finds. */
  bestConcurrency(userId: string, on: { model: string; card: string }): Promise<number | null>;
  keepConcurrency(userId: string, found: { model: string; card: string; rows: number }): Promise<void>;
  /** Keeps the speed that sizes the chunks of the model's next batches. */
  keepRate(userId: string, rate: { model: string; rowsPerSecond: number }): Promise<void>;
  acquire(userId: string, model: string): Promise<EngineEndpoint>;
  release(userId: string, model: string): void;
  limits: RetryLimits &
    RunLimits & {
      landMs: number;
      pollMs: number;
      /** How long a worker idles, and how much work waits with another, before rows are handed over. */
      shareMs: number;
      /** Chunks go back when their remote engine is down for so long: others may reach theirs. Absent: never. */
      yieldMs?: number;
    };
}

export interface Worker {
  report(): WorkerReport;
  /** Looks for work now. */
  wake(): void;
  /** Takes no more chunks, starts no more rows, and waits up to `ms` for those in flight; `stop` is to follow. */
  drain(ms: number): Promise<void>;
  /** Gives up rows in flight, commits what has landed, and ends. */
  stop(): Promise<void>;
}

interface State {
  deps: WorkerDeps;
  landing: LandingBuffer;
  sharing: Sharing;
  activity: ReturnType<typeof openActivity>;
  runs: Map<string, ModelRun>;
  source: ClosableQueue;
  leaves: Leaves;
  starting: Map<string, { model: string; reason: string }>;
  signals: Map<string, { controller: AbortController; userId: string; model: string; since: number; rows: number }>;
  storage: string | null;
  stop: AbortController;
}

/**
 * While a model runs, work for others is looked for every so many polls, and ended batches (a cancelled one is closed a
 * second later): each look holds up an engine that wants all processors.
 */
const [seekPolls, watchPolls] = [4, 2];

/** Begins by taking back what a killed worker of the same name still held. */
export async function startWorker(deps: WorkerDeps): Promise<Worker> {
  const state: State = {
    deps,
    landing: undefined as unknown as LandingBuffer,
    sharing: openSharing({ ...deps, ...deps.limits, drained: (leases) => void closeDone(state, leases) }),
    activity: openActivity(),
    runs: new Map(),
    source: closable(deps.queue),
    leaves: openLeaves(deps.limits.yieldMs),
    starting: new Map(),
    signals: new Map(),
    storage: null,
    stop: new AbortController(),
  };
  state.landing = openLanding({
    land: deps.land,
    workerId: deps.workerId,
    rows: deps.limits.landRows,
    ms: deps.limits.landMs,
    retryMs: deps.limits.probeMs,
    log: deps.log,
    landed: (group) => landed(state, group),
    waiting: (reason) => void (state.storage = reason),
  });
  setMaxListeners(0, state.stop.signal);
  for (const [queue, chunks] of await abandonedChunks(deps.db, deps.workerId)) await deps.queue.giveBack(queue, chunks);
  let polls = 0;
  const seek = repeat(deps, 1, async () => {
    polls += 1;
    if (state.runs.size === 0 || polls % seekPolls === 0) await seekWork(state);
  });
  const watch = repeat(deps, watchPolls, () => watchBatches(state));
  return {
    report: () => reportOf(state.activity.snapshot(), state),
    wake: () => void seekWork(state).catch(() => undefined),
    async drain(ms) {
      const late = Date.now() + ms;
      clearInterval(seek);
      for (const run of state.runs.values()) holdBack(run);
      state.source.close();
      await awaitRows(state.runs.values(), ms);
      await state.landing.drain(Math.max(0, late - Date.now()));
    },
    async stop() {
      clearInterval(seek);
      clearInterval(watch);
      const held = [...state.runs.values()];
      state.stop.abort(new Error('the worker stops'));
      for (const { controller } of state.signals.values()) controller.abort(new Error('the worker stops'));
      await state.landing.drain(2000);
      state.source.close();
      await state.source.settled();
      for (const run of held) await giveBackChunks(run).catch(() => undefined);
    },
  };
}

/** Calls `work` every so many `polls`, one call at a time; a database that does not answer is asked again at the next. */
function repeat(deps: WorkerDeps, polls: number, work: () => Promise<void>): NodeJS.Timeout {
  let busy = false;
  return setInterval(async () => {
    if (busy) return;
    busy = true;
    await work().catch((error: Error) => deps.log.debug({ problem: error.message }, 'looked for work in vain'));
    busy = false;
  }, polls * deps.limits.pollMs);
}

async function seekWork(state: State): Promise<void> {
  for (const open of await openQueues(state.deps.db)) {
    if (
      state.source.closed() ||
      state.stop.signal.aborted ||
      state.runs.has(open.queue) ||
      state.starting.has(open.queue)
    )
      continue;
    state.starting.set(open.queue, { model: open.model, reason: `the engine of ${open.model} is being started` });
    void work(state, open);
  }
}

async function work(state: State, open: { queue: string; userId: string; model: string }): Promise<void> {
  const { deps } = state;
  const leave = state.leaves.begin(open.queue);
  try {
    await runModel(
      {
        ...deps,
        queue: state.source.queue,
        landing: state.landing,
        sharing: state.sharing,
        activity: state.activity,
        acquire: () => deps.acquire(open.userId, open.model),
        release: () => deps.release(open.userId, open.model),
        signalOf: (lease) => signalOf(state, lease),
        owner: { userId: open.userId, shared: open.queue === queueName('', open.model) },
        bestConcurrency: (card) => deps.bestConcurrency(open.userId, { model: open.model, card }),
        keepConcurrency: (card, rows) => deps.keepConcurrency(open.userId, { model: open.model, card, rows }),
      },
      open.queue,
      {
        stop: AbortSignal.any([state.stop.signal, leave]),
        opened(run) {
          state.starting.delete(open.queue);
          state.runs.set(open.queue, run);
          if (state.source.closed()) holdBack(run);
        },
      },
    );
    const run = state.runs.get(open.queue)!;
    // Until its chunks are given back nobody begins the model anew.
    if (leave.aborted) state.starting.set(open.queue, { model: open.model, reason: 'chunks are given back' });
    state.runs.delete(open.queue);
    if (leave.aborted) {
      await state.source.settled();
      await giveBackChunks(run);
      throw leave.reason;
    }
  } catch (error) {
    state.runs.delete(open.queue);
    const reason = (error as Error).message;
    if (state.starting.get(open.queue)?.reason !== reason)
      deps.log.warn({ model: open.model, problem: reason }, 'a model waits');
    state.starting.set(open.queue, { model: open.model, reason });
    setTimeout(() => {
      if (!state.source.closed() && !state.stop.signal.aborted) void work(state, open);
    }, deps.limits.probeMs).unref();
  }
}

function signalOf(state: State, lease: Lease): AbortSignal {
  let known = state.signals.get(lease.batchId);
  if (known === undefined) {
    known = { controller: new AbortController(), userId: lease.userId, model: lease.model, since: Date.now(), rows: 0 };
    setMaxListeners(0, known.controller.signal);
    state.signals.set(lease.batchId, known);
  }
  return known.controller.signal;
}

function landed(state: State, group: { batchId: string; userId: string; leases: Lease[]; landing: Landing }): void {
  state.storage = null;
  const batch = state.signals.get(group.batchId);
  if (batch !== undefined) batch.rows += group.landing.written;
  const done: Lease[] = [];
  for (const lease of group.leases) {
    lease.left -= 1;
    if (lease.left === 0) done.push(lease);
  }
  if (!group.landing.live) drop(state, group.batchId);
  else if (group.landing.written < group.leases.length) void dropLost(state.deps, state.runs.values());
  if (done.length > 0) void closeDone(state, done);
  if (group.landing.finished) void finishBatch(state, { ...group, batch });
  for (const run of state.runs.values()) run.pump();
}

async function closeDone(state: State, done: Lease[]): Promise<void> {
  try {
    await closeChunks(state.deps.db, done);
    const ids = done.map((lease) => lease.chunkId);
    for (const run of state.runs.values()) await finishJobs(run, ids);
  } catch (error) {
    state.deps.log.warn({ problem: (error as Error).message }, 'finished chunks are closed later');
    setTimeout(() => void closeDone(state, done), state.deps.limits.probeMs).unref();
  }
}

async function finishBatch(
  state: State,
  end: { userId: string; batchId: string; batch: { model: string; since: number; rows: number } | undefined },
): Promise<void> {
  const { deps } = state;
  try {
    await deps.finish(end.userId, end.batchId);
    if (end.batch !== undefined && end.batch.rows > 0) {
      const seconds = Math.max(0.001, (Date.now() - end.batch.since) / 1000);
      await deps.keepRate(end.userId, { model: end.batch.model, rowsPerSecond: end.batch.rows / seconds });
    }
  } catch (error) {
    deps.log.warn({ batch: end.batchId, problem: (error as Error).message }, 'the batch is ended at the next look');
  }
  state.signals.delete(end.batchId);
  state.activity.forget(end.batchId);
}

/** Aborts what runs for batches that were cancelled, expired or ended elsewhere. */
async function watchBatches(state: State): Promise<void> {
  state.leaves.look(state.runs);
  dropStale(state.runs.values());
  const ids = [...state.signals.keys()];
  if (ids.length === 0) return;
  const rows = await state.deps.db.look<{ batch_id: string }>(
    `select batch_id from batches
     where batch_id in (${ids.map(escapeLiteral).join(', ')}) and status in ('in_progress', 'finalizing')`,
  );
  const live = new Set(rows.map((row) => row.batch_id));
  for (const id of ids) if (!live.has(id)) drop(state, id);
  await state.sharing.look(state.runs);
}

function drop(state: State, batchId: string): void {
  state.signals.get(batchId)?.controller.abort(new Error('the batch no longer runs'));
  for (const run of state.runs.values()) {
    run.ready = run.ready.filter((row) => row.chunk.batchId !== batchId);
    run.suspects = run.suspects.filter((row) => row.chunk.batchId !== batchId);
    const dropped = [...run.jobs].filter(([, held]) => held.lease?.batchId === batchId).map(([chunkId]) => chunkId);
    void finishJobs(run, dropped).catch(() => undefined);
    run.pump();
  }
  state.signals.delete(batchId);
  state.activity.forget(batchId);
}
