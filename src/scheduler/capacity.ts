/** What a run is told of the memory that its engine and its card have for rows in flight. */

import type { BatchEndpoint, EngineEndpoint } from '../contracts/engine.ts';

/** What an engine says of its load; each null where it does not say. */
export interface EngineLoad {
  /** Requests that wait in the engine for a place. */
  waiting: number | null;
  /** Share of the KV cache in use, 0 to 1. */
  kvUsed: number | null;
  /** Since the engine's start: prompt tokens looked up in the prefix cache, those found, and requests put back. */
  prefixQueries: number | null;
  prefixHits: number | null;
  preemptions: number | null;
}

/** The cards beside an engine, as far as they limit one model. */
export interface CardWatch {
  /** Their names; empty while none is seen. */
  name(): string;
  /** Tokens of this model that may be in flight there; null while nothing is known to limit it. */
  ceiling(): number | null;
  /** So many tokens are in flight now: with what the cards hold now, that is learned from. Told about once a second. */
  holds(tokensInFlight: number): void;
  /** The engine ran out of memory with so many in flight. */
  outOfMemory(tokensInFlight: number): void;
}

/** What the engines' room tells of the memory behind a model. */
export interface Capacity {
  /** Tokens that all rows in flight may hold together, where the engine is known to have one cache for all; else null. */
  sharedTokens(endpoint: EngineEndpoint): number | null;
  /** The engine's cache has overflowed, so it is one for all rows: finds out its size. Null when it does not tell. */
  learnShared(endpoint: EngineEndpoint): Promise<number | null>;
  /** Exact tokens of a prompt; null where the engine cannot tell. Throws when it does not answer. */
  countTokens(endpoint: EngineEndpoint, path: BatchEndpoint, body: Record<string, unknown>): Promise<number | null>;
  /** Reads the load; null when the engine does not answer. Absent for engines that tell nothing that is of use here. */
  load(endpoint: EngineEndpoint): (() => Promise<EngineLoad | null>) | null;
  /** Null where the engine runs elsewhere. */
  card(endpoint: EngineEndpoint, model: { userId: string; shared: boolean }): CardWatch | null;
  /** Adds what an engine's counters rose by while it served this batch alone. */
  keepPrefix(batch: { userId: string; batchId: string }, rose: { queries: number; hits: number }): Promise<void>;
}
