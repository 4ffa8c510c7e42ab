/** The state of one model's run, shared by the files that work it. */

import type { ContextStrategy, Trim } from '../contracts/context.ts';
import type { BatchEndpoint, Complete, EngineEndpoint } from '../contracts/engine.ts';
import type { Log } from '../contracts/log.ts';
import type { Database } from '../db/database.ts';
import type { Activity } from './activity.ts';
import type { Admission } from './admission.ts';
import type { Capacity, CardWatch } from './capacity.ts';
import type { Gate } from './gate.ts';
import type { LandingBuffer } from './landing.ts';
import type { Lanes } from './lanes.ts';
import type { Lease, WorkRow } from './leases.ts';
import type { Pace, RateLimit } from './pace.ts';
import type { PrefixSaved } from './prefix-saved.ts';
import type { ChunkQueue, HeldJob } from './queue.ts';
import type { Recalls } from './recalls.ts';
import type { Tuner } from './tuner.ts';
import type { RetryLimits } from './verdict.ts';

/** Units: ms, tokens; `kvHighShare` is a share of an engine's cache. */
export interface RunLimits {
  landRows: number;
  probeMs: number;
  tuneWindowMs: number;
  tuneHoldMs: number;
  /** Share of its cache in use from which on an engine with waiting requests gets no more. */
  kvHighShare: number;
  /** How often an engine is asked for its load. */
  loadMs: number;
  /** Tokens expected of an answer before any was seen. */
  answerTokens: number;
}

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
  /** What a run does with the other workers at the tail of the work. */
  sharing: {
    /** Called when the run got nothing from its queue: says that it has room, when others hold rows of the queue. */
    ask(run: ModelRun): Promise<void>;
    /** Whether others had room and no rows when it was last looked: what is left in the queue is theirs then. */
    othersIdle(queue: string): boolean;
  };
  activity: Activity;
  workerId: string;
  limits: RetryLimits & RunLimits;
  log: Log;
  /** Waits until the model's engine answers and gives its endpoint; throws when it cannot be had now. */
  acquire(): Promise<EngineEndpoint>;
  release(): void;
  /** What the engine and its card have room for. */
  capacity: Capacity;
  /** Who asks for the model, and whether all users share it. */
  owner: { userId: string; shared: boolean };
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
  /** Rows in flight that an earlier run of the model found best on that card, or null; and keeps what this one finds. */
  bestConcurrency(card: string): Promise<number | null>;
  keepConcurrency(card: string, rows: number): Promise<void>;
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
  /** Keeps the tokens in flight within what the engine and its card hold. */
  admission: Admission;
  /** The cards beside the engine; null where it runs elsewhere. */
  card: CardWatch | null;
  /** Counts what the engine's prefix cache saved; null where its counters are not told. */
  saved: PrefixSaved | null;
  /** The engine's cache is nearly full and requests wait in it. */
  crowded: boolean;
  /** The size of the engine's cache is being asked for: nothing starts meanwhile. */
  learning: boolean;
  recalls: Recalls;
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
