/** Progress, speed and cost of a batch, with the time left reckoned from tokens rather than rows. */

import type { Gpu } from '../contracts/gpu.ts';
import { type BatchMetrics, finalStatuses } from '../contracts/openai-batch.ts';
import type { Database } from '../db/database.ts';
import type { BatchRow } from './batch-row.ts';
import { prefixHitsOf } from './prefix-counts.ts';
import { selectBatch } from './read.ts';

/** What the workers say about a batch right now. */
export interface BatchNow {
  in_flight: number;
  rows_per_s: number;
  prompt_tokens_per_s: number;
  completion_tokens_per_s: number;
}

export interface MetricsDeps {
  db: Database;
  /** Null when no worker has rows of the batch. */
  now(batchId: string): BatchNow | null;
  /** Why nothing runs for the batch, with unix seconds since when; null when something does. */
  waiting(batch: {
    batchId: string;
    userId: string;
    model: string | null;
    status: string;
  }): { reason: string; since: number } | null;
  /** The GPUs of this machine, with their peaks while the batch ran; none when absent. */
  gpus?(batchId: string): Gpu[];
}

export async function batchMetrics(deps: MetricsDeps, userId: string, batchId: string): Promise<BatchMetrics> {
  const { batch, errors, trimmedRows } = await deps.db.asUser(userId, async (q) => {
    const row = await selectBatch(q, batchId);
    const failures = await q.query<{ code: string; count: number }>(
      `select coalesce(error_code, 'failed') as code, count(*)::integer as count from results where batch_id = $1 and not ok
       group by 1 order by 2 desc`,
      [batchId],
    );
    const trimmed = await q.query<{ rows: number }>('select count(*)::integer as rows from trims where batch_id = $1', [
      batchId,
    ]);
    return { batch: row, errors: failures.rows, trimmedRows: trimmed.rows[0]!.rows };
  });
  const ended = finalStatuses.includes(batch.status);
  const now = ended ? null : deps.now(batchId);
  const overall = overallRate(batch);
  const done = batch.completed + batch.failed;
  const inFlight = now?.in_flight ?? 0;
  const rate = now ?? overall;
  return {
    status: batch.status,
    run_seconds: overall.seconds,
    rows: {
      total: batch.total,
      completed: batch.completed,
      failed: batch.failed,
      in_flight: inFlight,
      queued: Math.max(0, batch.total - done - inFlight),
      reused: batch.reused,
    },
    tokens: {
      prompt: Number(batch.prompt_tokens),
      completion: Number(batch.completion_tokens),
      cached: cached(batch),
      reasoning: Number(batch.reasoning_tokens),
    },
    prefix: {
      bound: batch.prefix_bound,
      bound_per_slot: batch.prefix_bound_per_slot,
      saved: saved(batch),
    },
    rate: {
      rows_per_s: rate.rows_per_s,
      prompt_tokens_per_s: rate.prompt_tokens_per_s,
      completion_tokens_per_s: rate.completion_tokens_per_s,
    },
    rate_overall: {
      rows_per_s: overall.rows_per_s,
      prompt_tokens_per_s: overall.prompt_tokens_per_s,
      completion_tokens_per_s: overall.completion_tokens_per_s,
    },
    eta_seconds: ended ? 0 : eta(batch, rate),
    errors,
    waiting: ended ? null : deps.waiting({ batchId, userId, model: batch.model, status: batch.status }),
    gpu: deps.gpus?.(batchId) ?? [],
    context: { peak_tokens: batch.peak_tokens, trimmed_rows: trimmedRows },
  };
}

/** Cached tokens; by the engine's counters where no answer told of any. Null where these do not tell either. */
function cached(batch: BatchRow): number | null {
  // A twin's are known to be none, whatever the engine tells.
  const untold = batch.cached_unknown_rows > 0 && Number(batch.cached_tokens) === 0;
  return untold ? prefixHitsOf(batch) : Number(batch.cached_tokens);
}

function saved(batch: BatchRow): number | null {
  const tokens = cached(batch);
  const prompt = Number(batch.prompt_tokens);
  return tokens === null || prompt === 0 ? null : tokens / prompt;
}

function overallRate(batch: BatchRow) {
  const seconds =
    batch.first_dispatch_at === null || batch.last_commit_at === null
      ? null
      : Math.max(0.001, (batch.last_commit_at.getTime() - batch.first_dispatch_at.getTime()) / 1000);
  const per = (count: number) => (seconds === null ? 0 : count / seconds);
  return {
    seconds,
    rows_per_s: per(batch.completed + batch.failed - batch.reused),
    prompt_tokens_per_s: per(Number(batch.prompt_tokens)),
    completion_tokens_per_s: per(Number(batch.completion_tokens)),
  };
}

/** Prompt tokens left (by characters, at the tokens a character measured so far) and answers of mean length, at the present rate. */
function eta(
  batch: BatchRow,
  rate: { rows_per_s: number; prompt_tokens_per_s: number; completion_tokens_per_s: number },
): number | null {
  // What was taken over from earlier batches says nothing of how long the rest takes.
  const done = batch.completed + batch.failed - batch.reused;
  const left = batch.total - batch.completed - batch.failed;
  if (batch.total === 0) return null;
  if (left === 0) return 0;
  if (done === 0) return null;
  const tokensPerSecond = rate.prompt_tokens_per_s + rate.completion_tokens_per_s;
  const charsDone = Number(batch.prompt_chars_done);
  if (tokensPerSecond === 0 || charsDone === 0)
    return rate.rows_per_s === 0 ? null : Math.round(left / rate.rows_per_s);
  const promptLeft = (Number(batch.prompt_chars) - charsDone) * (Number(batch.prompt_tokens) / charsDone);
  const completionLeft = left * (Number(batch.completion_tokens) / done);
  return Math.max(0, Math.round((promptLeft + completionLeft) / tokensPerSecond));
}
