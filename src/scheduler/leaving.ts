/** How a worker lets go of work: rows that may not start any more, chunks it gives back, chunks that others took from it. */

import type { Log } from '../contracts/log.ts';
import type { Database } from '../db/database.ts';
import { openWalk } from './affinity.ts';
import { engineDown } from './breaker.ts';
import { lostLeases, type WorkRow } from './leases.ts';
import type { ChunkQueue } from './queue.ts';
import type { ModelRun } from './run-state.ts';

/** A queue from which nothing is taken once it is closed. */
export interface ClosableQueue {
  queue: ChunkQueue;
  closed(): boolean;
  close(): void;
  /** Resolves when those who were taking know what they hold; a database that hangs is not waited for. */
  settled(): Promise<void>;
}

/** Longest wait for an answer of the queue before chunks are given back. */
const settleMs = 1000;

/** `queue` as one worker takes from it: each batch in the order of its own walk. */
export function closable(queue: ChunkQueue): ClosableQueue {
  const walk = openWalk();
  const takings = new Set<Promise<unknown>>();
  let closed = false;
  return {
    queue: {
      ...queue,
      async take(name, count) {
        if (closed) return [];
        const taking = queue.take(name, count, walk);
        takings.add(taking);
        const forget = () => void takings.delete(taking);
        taking.then(forget, forget);
        return taking;
      },
    },
    closed: () => closed,
    close() {
      closed = true;
    },
    async settled() {
      const late = new Promise((resolve) => setTimeout(resolve, settleMs).unref());
      await Promise.race([Promise.allSettled(takings), late]);
      // The takers go on first.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** Starts no further row of the run; those in flight go on. */
export function holdBack(run: ModelRun): void {
  run.gate = { ...run.gate, limit: () => 0, reason: () => 'the worker is being stopped' };
}

/** Resolves when no row of the runs is in flight, or after `ms`. */
export async function awaitRows(runs: Iterable<ModelRun>, ms: number): Promise<void> {
  const all = [...runs];
  const late = Date.now() + ms;
  while (all.some((run) => run.inFlight > 0) && Date.now() < late) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Gives the run's chunks back, so that another worker takes them at once. */
export async function giveBackChunks(run: ModelRun): Promise<void> {
  const ids = [...run.jobs.keys()];
  if (ids.length > 0) await run.deps.queue.giveBack(run.queueName, ids);
}

/** Ends single runs while the worker goes on. */
export interface Leaves {
  /** The signal by which the run of `queue` that now begins is ended. */
  begin(queue: string): AbortSignal;
  /** Ends runs whose remote engine has been down for long; the signal's reason is an error that says so. */
  look(runs: Map<string, ModelRun>): void;
}

/** `yieldMs`: time for which a remote engine may be down; undefined for any. */
export function openLeaves(yieldMs: number | undefined): Leaves {
  const begun = new Map<string, { controller: AbortController; since: number | null }>();
  return {
    begin(queue) {
      const controller = new AbortController();
      begun.set(queue, { controller, since: null });
      return controller.signal;
    },
    look(runs) {
      if (yieldMs === undefined) return;
      for (const [queue, run] of runs) {
        const leave = begun.get(queue)!;
        const reason = run.endpoint.generation === 0 ? run.gate.reason() : null;
        if (reason?.startsWith(engineDown) !== true) leave.since = null;
        else leave.since ??= Date.now();
        if (leave.since === null || Date.now() - leave.since < yieldMs) continue;
        leave.controller.abort(new Error(reason!));
      }
    },
  };
}

/**
 * Forgets rows by whose lease their chunk is not held any more: after a sleep of the machine the queue may give a worker
 * its own chunk again.
 */
export function dropStale(runs: Iterable<ModelRun>): void {
  for (const run of runs) {
    const held = (row: WorkRow) => run.jobs.get(row.chunk.chunkId)?.lease === row.chunk;
    if (!run.ready.every(held)) run.ready = run.ready.filter(held);
    if (!run.suspects.every(held)) run.suspects = run.suspects.filter(held);
  }
}

/**
 * Lets go of chunks that another worker has: what this one does with their rows is not written. Where the database does
 * not answer, that is found out later.
 */
export async function dropLost(by: { db: Database; log: Log }, runs: Iterable<ModelRun>): Promise<void> {
  for (const run of runs) {
    const held = [...run.jobs.values()].flatMap(({ lease }) => lease ?? []);
    const lost = new Set(held.length === 0 ? [] : await lostLeases(by.db, held).catch(() => []));
    if (lost.size === 0) continue;
    for (const lease of lost) if (run.jobs.get(lease.chunkId)?.lease === lease) run.jobs.delete(lease.chunkId);
    dropStale([run]);
    by.log.warn({ model: run.endpoint.modelId, chunks: lost.size }, 'chunks have gone to another worker');
    run.pump();
  }
}
