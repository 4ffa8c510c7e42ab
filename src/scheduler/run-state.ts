/** The state of one model's run, shared by the files that work it. */

import type { ContextStrategy, Trim } from '../contracts/context.ts';
import type { BatchEndpoint, Complete, EngineEndpoint } from '../contracts/engine.ts';
import type { Log } from '../contracts/log.ts';
import type { Database } from '../db/database.ts';
import type { Activity } from './activity.ts';
import type { Gate } from './gate.ts';
import type { LandingBuffer } from './landing.ts';
import type { Lanes } from './lanes.ts';
import type { Lease, WorkRow } from './leases.ts';
import type { Pace, RateLimit } from './pace.ts';
import type { ChunkQueue, HeldJob } from './queue.ts';
import type { Tuner } from './tuner.ts';
import type { RetryLimits } from './verdict.ts';

/** What a run is handed: the rooms' functions, never their configuration. */
export interface ModelRunDeps {
  db: Database;
  queue: ChunkQueue;
  complete: Complete;
  /** Makes a request fit its model's context. Throws context_length_exceeded when it cannot. */
  fit(
    request: { endpoint: EngineEndpoint; path: BatchEndpoint; body: Record<string, unknown> },
    strategy: ContextStrategy,
  ): Promise<{ body: Record<string, unknown>; trim: Trim | null }>;
  landing: LandingBuffer;
  activity: Activity;
  workerId: string;
  limits: RetryLimits & { landRows: number; probeMs: number; tuneWindowMs: number; tuneHoldMs: number };
  log: Log;
  /** Waits until the model's engine answers and gives its endpoint; throws when it cannot be had now. */
  acquire(): Promise<EngineEndpoint>;
  release(): void;
  /** A function that gives the share (0.1 to 1) of its rows in flight that a run may have, by the memory of its card. */
  pressure(endpoint: EngineEndpoint): () => number;
  /** What a model's service allows a minute, counted over all runs of this worker; null where it states nothing. */
  rateLimit(endpoint: EngineEndpoint): RateLimit | null;
  /** Whether the engine at `endpoint` answers. */
  health(endpoint: EngineEndpoint): Promise<boolean>;
  /** How the supervised engine of that generation ended; null while it lives or when it is remote. */
  engineEnd(endpoint: EngineEndpoint): Promise<string | null>;
  /** The signal that is aborted when the batch no longer runs. */
  signalOf(lease: Lease): AbortSignal;
  /** Rows in flight that an earlier run of the model found best, or null; and keeps what this one finds. */
  bestConcurrency(): Promise<number | null>;
  keepConcurrency(rows: number): Promise<void>;
}

/** The state of a run; `pump` starts what may start, and is called whenever something changed. */
export interface ModelRun {
  deps: ModelRunDeps;
  queueName: string;
  endpoint: EngineEndpoint;
  gate: Gate;
  /** Keeps to what the service allows a minute; null where it allows anything. */
  pace: Pace | null;
  /** Set while rows wait for the next minute. */
  paced: NodeJS.Timeout | null;
  /** Finds the best number of rows in flight; null where it is fixed. */
  tuner: Tuner | null;
  lanes: Lanes;
  ready: WorkRow[];
  /** Rows that were in flight when the engine died: each runs alone. */
  suspects: WorkRow[];
  /** Rows that wait for their next try. */
  resting: number;
  inFlight: number;
  alone: boolean;
  stopped: boolean;
  fetching: boolean;
  /** Chunks taken, by id. */
  jobs: Map<string, { job: HeldJob; lease: Lease | null }>;
  /** Mean rows of the chunks taken last. */
  chunkRows: number;
  /** When the last rows ended, in ms. */
  ended: number[];
  pump(): void;
  /** Tells the loop that nothing is left to do. */
  settle: () => void;
}

/** Rows the engine works on at the same time, at best. */
export const rowsAtOnce = (run: ModelRun): number => run.tuner?.limit() ?? run.endpoint.concurrency;
