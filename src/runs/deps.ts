/** What the room of runs is handed: the database, the files, the batches, the models, and how answers reach the grid. */

import type { PoolClient } from 'pg';
import type { Page } from '../contracts/lists.ts';
import type { Log } from '../contracts/log.ts';
import type { ModelSpec } from '../contracts/models.ts';
import type { Batch, BatchMetrics, CreateBatchBody } from '../contracts/openai-batch.ts';
import type { Database } from '../db/database.ts';
import type { FileStore } from '../files/store.ts';

/** An answer on its way into the grid. `ordinal` is the item's place in its version; null is unknown. */
export interface LandingAnswer {
  ordinal: number;
  ok: boolean;
  errorCode: string | null;
  content: string | null;
  finishReason: string | null;
  promptTokens: number | null;
  completionTokens: number | null;
  cachedTokens: number | null;
  latencyMs: number | null;
  firstTokenMs: number | null;
  scores: Record<string, number> | null;
}

/** A version of a dataset, as its owner. */
export interface VersionOf {
  userId: string;
  datasetId: string;
  versionId: string;
}

export interface RunLimits {
  /** Items of one run at most. */
  maxRequests: number;
  /** Largest input that a run makes for its batch, in bytes. */
  maxBytes: number;
  /** Longest line of a batch's input and of an imported file, in bytes. */
  lineMaxBytes: number;
  /** How long the server recognises a file or batch that is made again, in seconds. */
  repeatWindowSeconds: number;
  /** How long the input file of a run's batch is kept, in seconds. */
  inputFileSeconds: number;
  /** Completion window of a run's batch, as in OpenAI's `completion_window`. */
  completionWindow: string;
}

export interface RunDeps {
  db: Database;
  store: FileStore;
  batches: {
    /** Must take inputs of up to `limits.maxBytes` and `limits.maxRequests` lines. */
    create(
      userId: string,
      body: CreateBatchBody,
      repeat: { key: string | null; retryCount: number; arrivedAt: Date },
    ): Promise<Batch>;
    list(userId: string, query: { limit: number; metadata?: Record<string, string> }): Promise<Page<Batch>>;
    cancel(userId: string, id: string): Promise<Batch>;
    retry(userId: string, id: string): Promise<Batch>;
    metrics(userId: string, id: string): Promise<BatchMetrics>;
  };
  models: { find(userId: string, modelId: string): Promise<ModelSpec> };
  /** Writes answers of a run and recomputes the state of their items, inside the caller's transaction. */
  landAnswers(q: PoolClient, run: VersionOf & { runId: string; modelId: string }, rows: LandingAnswer[]): Promise<void>;
  /** Has answers made of the results that a run's batch has already, in the background. */
  deriveMissing(run: { userId: string; runId: string }): void;
  /**
   * Waits for the turn among the writers of answers, and keeps it until the transaction ends. A transaction that deletes
   * runs or answers takes its turn first, else it and a landing may wait for each other.
   */
  takeTurn(q: PoolClient): Promise<void>;
  /** Recomputes the state of items after the set of current runs has changed, inside the caller's transaction. */
  refreshItems(q: PoolClient, version: VersionOf, ordinals: number[]): Promise<void>;
  limits: RunLimits;
  log: Log;
}
