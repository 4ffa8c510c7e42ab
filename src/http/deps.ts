/** What the HTTP surface is handed by main.ts: rooms as values and functions, never the config. */

import type { Readable } from 'node:stream';
import type { FastifyBaseLogger } from 'fastify';
import type { Registry } from 'prom-client';
import type { Complete, EngineEndpoint } from '../contracts/engine.ts';
import type { Page } from '../contracts/lists.ts';
import type { ModelSpec } from '../contracts/models.ts';
import type { Batch, BatchMetrics, CreateBatchBody, ListRequestsQuery, RequestRow } from '../contracts/openai-batch.ts';
import type { WorkerObject } from '../contracts/workers.ts';
import type { Database } from '../db/database.ts';
import type { Ceilings } from '../engines/gpu/ceiling.ts';
import type { ByteRange, FileStore } from '../files/store.ts';
import type { WorkbenchDeps } from './workbench-deps.ts';

/** A virtual file: the output or error file of a batch, streamed from its results. */
export interface VirtualFile {
  filename: string;
  /** Bytes it holds now. */
  bytes: number;
  /** False while the batch may still add lines. */
  complete: boolean;
  /** Bytes `start` to `end`, both included. */
  read(range: ByteRange): Readable;
}

/** The batch room as the routes see it. Every function throws not_found for what the user does not own. */
export interface BatchRoom {
  /** `repeat.arrivedAt` is when the request began to arrive, see files/repeat.ts. */
  create(
    userId: string,
    body: CreateBatchBody,
    repeat: { key: string | null; retryCount: number; arrivedAt: Date },
  ): Promise<Batch>;
  get(userId: string, id: string): Promise<Batch>;
  list(
    userId: string,
    query: { after?: string; limit: number; metadata?: Record<string, string> },
  ): Promise<Page<Batch>>;
  cancel(userId: string, id: string): Promise<Batch>;
  /** Runs the failed rows of an ended batch again. */
  retry(userId: string, id: string): Promise<Batch>;
  metrics(userId: string, id: string): Promise<BatchMetrics>;
  requests(
    userId: string,
    id: string,
    query: ListRequestsQuery,
  ): Promise<Page<RequestRow> & { last_id: number | null }>;
  /** The virtual file of this id; null when no batch of the user has it. */
  output(userId: string, fileId: string): Promise<VirtualFile | null>;
}

/** The registered models. `find` throws model_not_found, naming those there are. */
export interface ModelRoom {
  find(userId: string, modelId: string): Promise<ModelSpec & { scope: 'shared' | 'user' }>;
  list(userId: string): Promise<(ModelSpec & { scope: 'shared' | 'user' })[]>;
  add(userId: string, spec: ModelSpec): Promise<ModelSpec & { scope: 'shared' | 'user' }>;
  remove(userId: string, id: string): Promise<unknown>;
}

/** The engines, for requests that are passed through. */
export interface EngineRoom {
  /** Starts what is needed and waits until it is healthy. Throws engine_unavailable, engine_busy. */
  acquire(userId: string, modelId: string): Promise<EngineEndpoint>;
  release(userId: string, modelId: string): void;
  complete: Complete;
}

/** How callers are told apart, and from where they may come. */
export interface AuthOptions {
  /** Address the server is bound to. */
  host: string;
  /** Always counts as the local user (the token in the data folder's hold file). */
  localToken: string;
  jwtSecret?: string | undefined;
  jwksUrl?: string | undefined;
  jwtIssuer?: string | undefined;
  jwtAudience?: string | undefined;
}

export interface HttpLimits {
  fileMaxBytes: number;
  uploadMaxBytes: number;
  uploadPartMaxBytes: number;
  uploadExpiresSeconds: number;
  repeatWindowSeconds: number;
  /** Largest file of a dataset, and of answers made elsewhere. */
  datasetMaxBytes: number;
  /** Bytes that may wait for a client of the live socket. */
  liveBufferBytes: number;
  /** Largest JSON body. */
  bodyMaxBytes: number;
  /** Longest time for one answer of an engine that is passed through. */
  requestTimeoutMs: number;
  /** How often a batch is looked at for the clients of its event stream. */
  eventsPollMs: number;
  /** How often an event stream without news sends a comment, so that proxies keep it open. */
  eventsHeartbeatMs: number;
  /** How long running requests may go on after the server was told to close. */
  closeGraceMs: number;
}

export interface HttpDeps {
  db: Database;
  store: FileStore;
  log: FastifyBaseLogger;
  auth: AuthOptions;
  limits: HttpLimits;
  batches: BatchRoom;
  models: ModelRoom;
  /** What was learned of models on GPUs. */
  ceilings: Pick<Ceilings, 'list' | 'reset'>;
  engines: EngineRoom;
  /** Workers that were seen of late. */
  workers(): WorkerObject[];
  /** Absent where only the batch API is served. */
  workbench?: WorkbenchDeps;
  /** Folder of the built web client; null when there is none. */
  webFolder?: string | null;
  /** Whether everything needed to take work is up; what is not, in words. */
  readiness(): Promise<{ ready: boolean; problems: string[] }>;
  /** Where the numbers of /metrics are registered; the HTTP room adds its own. */
  registry: Registry;
}
