/** The state of one model's run, shared by the files that work it. */

import type { Complete, EngineEndpoint } from '../contracts/engine.ts';
import type { Log } from '../contracts/log.ts';
import type { Database } from '../db/database.ts';
import type { Activity } from './activity.ts';
import type { Gate } from './gate.ts';
import type { LandingBuffer } from './landing.ts';
import type { Lanes } from './lanes.ts';
import type { Lease, WorkRow } from './leases.ts';
import type { ChunkQueue, HeldJob } from './queue.ts';
import type { RetryLimits } from './verdict.ts';

/** What a run is handed: the rooms' functions, never their configuration. */
export interface ModelRunDeps {
  db: Database;
  queue: ChunkQueue;
  complete: Complete;
  landing: LandingBuffer;
  activity: Activity;
  workerId: string;
  limits: RetryLimits & { landRows: number; probeMs: number };
  log: Log;
  /** Waits until the model's engine answers and gives its endpoint; throws when it cannot be had now. */
  acquire(): Promise<EngineEndpoint>;
  release(): void;
  /** Whether the engine at `endpoint` answers. */
  health(endpoint: EngineEndpoint): Promise<boolean>;
  /** How the supervised engine of that generation ended; null while it lives or when it is remote. */
  engineEnd(endpoint: EngineEndpoint): Promise<string | null>;
  /** The signal that is aborted when the batch no longer runs. */
  signalOf(lease: Lease): AbortSignal;
}

/** The state of a run; `pump` starts what may start, and is called whenever something changed. */
export interface ModelRun {
  deps: ModelRunDeps;
  queueName: string;
  endpoint: EngineEndpoint;
  gate: Gate;
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
