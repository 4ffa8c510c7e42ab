/** What crosses between the scheduler and the results: ended rows and failed tries, and what became of them. */

import type { Trim } from './context.ts';

/** A row that has its end: answered, or failed for good. */
export interface LandedRow {
  line: number;
  chunkId: string;
  epoch: number;
  customId: string;
  ok: boolean;
  statusCode: number | null;
  errorCode: string | null;
  /** The whole line of the output or error file, without a line end. */
  output: string;
  promptTokens: number | null;
  completionTokens: number | null;
  cachedTokens: number | null;
  reasoningTokens: number | null;
  promptChars: number;
  queueMs: number | null;
  firstTokenMs: number | null;
  totalMs: number | null;
  attempts: number;
  /** What was left out of its prompt; null when all of it was sent. */
  trim: Trim | null;
}

/** A try that failed. */
export interface LandedAttempt {
  line: number;
  attempt: number;
  code: string;
  statusCode: number | null;
  message: string;
  startedAt: Date;
  endedAt: Date;
}

export interface LandedGroup {
  userId: string;
  batchId: string;
  workerId: string;
  /** When the first row of the group was sent to its engine. */
  dispatchedAt: Date;
  rows: LandedRow[];
  attempts: LandedAttempt[];
}

export interface Landing {
  /** Rows written; fewer than given when a chunk has another owner now or the batch has ended. */
  written: number;
  /** All rows of the batch have their end now. */
  finished: boolean;
  /** False when the batch no longer takes results. */
  live: boolean;
}
