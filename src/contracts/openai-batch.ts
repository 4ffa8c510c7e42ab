/** OpenAI's batch object, the bodies and queries of /v1/batches, and what Assay tells about a batch beyond them. */

import { z } from 'zod';
import { batchEndpoints } from './engine.ts';
import { gpu } from './gpu.ts';
import { expiresAfter, pageAfter, pageLimit, unixSeconds } from './lists.ts';

export const batchStatuses = [
  'validating',
  'failed',
  'in_progress',
  'finalizing',
  'completed',
  'expired',
  'cancelling',
  'cancelled',
] as const;
export type BatchStatus = (typeof batchStatuses)[number];

/** States a batch does not leave by itself. */
export const finalStatuses: readonly BatchStatus[] = ['failed', 'completed', 'expired', 'cancelled'];

/** Whether PostgreSQL can keep a text as it is: its jsonb takes neither NUL nor half of a surrogate pair. */
export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();
const storable = { error: 'must not hold U+0000 or half of a surrogate pair' };

export const metadata = z
  .record(
    z.string().max(64, 'keys are at most 64 characters').refine(isStorable, storable),
    z.string().max(512, 'values are at most 512 characters').refine(isStorable, storable),
  )
  .refine((pairs) => Object.keys(pairs).length <= 16, 'at most 16 pairs');

const count = z.number().int();
const moment = unixSeconds.nullable();

export const batchError = z.object({
  code: z.string(),
  message: z.string(),
  param: z.string().nullable(),
  line: count.nullable(),
});
export type BatchError = z.output<typeof batchError>;

export const batchUsage = z.object({
  input_tokens: count,
  input_tokens_details: z.object({ cached_tokens: count }),
  output_tokens: count,
  output_tokens_details: z.object({ reasoning_tokens: count }),
  total_tokens: count,
});

export const batchObject = z
  .object({
    id: z.string(),
    object: z.literal('batch'),
    endpoint: z.string(),
    model: z.string().nullable(),
    errors: z.object({ object: z.literal('list'), data: z.array(batchError) }).nullable(),
    input_file_id: z.string(),
    completion_window: z.string(),
    status: z.enum(batchStatuses),
    output_file_id: z.string().nullable(),
    error_file_id: z.string().nullable(),
    created_at: unixSeconds,
    in_progress_at: moment,
    expires_at: moment,
    finalizing_at: moment,
    completed_at: moment,
    failed_at: moment,
    expired_at: moment,
    cancelling_at: moment,
    cancelled_at: moment,
    request_counts: z.object({ total: count, completed: count, failed: count }),
    usage: batchUsage.optional(),
    metadata: z.record(z.string(), z.string()).nullable(),
  })
  .meta({ description: 'A batch.' });
export type Batch = z.output<typeof batchObject>;

export const createBatchBody = z.object({
  input_file_id: z.string().min(1).max(200),
  endpoint: z.enum(batchEndpoints),
  /** "24h" as OpenAI's; any other <n>s, <n>m, <n>h or <n>d is Assay's own. */
  completion_window: z
    .string()
    .regex(
      /^[1-9]\d{0,5}[smhd]$/,
      'must be a number of seconds, minutes, hours or days, as "90s", "30m", "24h" or "7d"',
    ),
  metadata: metadata.nullish(),
  output_expires_after: expiresAfter.optional(),
});
export type CreateBatchBody = z.output<typeof createBatchBody>;

/** Seconds of a completion window that {@link createBatchBody} took. */
export function windowSeconds(window: string): number {
  const unit = { s: 1, m: 60, h: 3600, d: 86_400 }[window.at(-1) as 's' | 'm' | 'h' | 'd'];
  return Number(window.slice(0, -1)) * unit;
}

/** Filters by metadata come as `metadata[key]=value` and are read beside this schema. */
export const listBatchesQuery = z.looseObject({ after: pageAfter, limit: pageLimit(100, 20) });

export const requestStates = ['queued', 'completed', 'failed'] as const;

export const listRequestsQuery = z.object({
  /** Line of the last request already seen. */
  after: z.coerce.number().int().min(0).optional(),
  limit: pageLimit(1000, 100),
  state: z.enum(requestStates).optional(),
  error_code: z.string().min(1).max(100).optional(),
});
export type ListRequestsQuery = z.output<typeof listRequestsQuery>;

/** One try of a request that failed. */
export const attempt = z.looseObject({
  attempt: count,
  code: z.string(),
  status_code: count.nullable(),
  message: z.string(),
  started_at: z.number(),
  ended_at: z.number(),
});

/** One request of a batch: where it stands, what it cost. Tokens are null where the engine does not say. */
export const requestRow = z.looseObject({
  line: count,
  custom_id: z.string(),
  state: z.enum(requestStates),
  status_code: count.nullable(),
  error_code: z.string().nullable(),
  attempts: count,
  prompt_tokens: count.nullable(),
  completion_tokens: count.nullable(),
  cached_tokens: count.nullable(),
  reasoning_tokens: count.nullable(),
  queue_ms: count.nullable(),
  first_token_ms: count.nullable(),
  total_ms: count.nullable(),
  /** custom_id of the row whose answer this one got without a call of its own. */
  same_as: z.string().nullable(),
  /** The request of an earlier batch whose answer this one got. */
  reused_from: z.object({ batch_id: z.string(), custom_id: z.string() }).nullable(),
  /** What was left out of its prompt, when it did not fit the model's context. */
  trimmed: z.object({ strategy: z.string(), messages: count, tokens_before: count, tokens_after: count }).nullable(),
  attempts_history: z.array(attempt),
});
export type RequestRow = z.output<typeof requestRow>;

export const requestPage = z.object({
  object: z.literal('list'),
  data: z.array(requestRow),
  /** Line to send as `after` for the next page. */
  last_id: count.nullable(),
  has_more: z.boolean(),
});

/** Progress, speed and cost of a batch; `run_seconds` is first dispatch to last commit. */
export const batchMetrics = z.looseObject({
  status: z.enum(batchStatuses),
  run_seconds: z.number().nullable(),
  rows: z.looseObject({
    total: count,
    completed: count,
    failed: count,
    in_flight: count,
    queued: count,
    /** Of the completed, those that have the answer of an earlier batch. */
    reused: count,
  }),
  tokens: z.looseObject({ prompt: count, completion: count, cached: count.nullable(), reasoning: count }),
  prefix: z.looseObject({
    bound: z.number().nullable(),
    bound_per_slot: z.number().nullable(),
    saved: z.number().nullable(),
  }),
  rate: z.looseObject({ rows_per_s: z.number(), prompt_tokens_per_s: z.number(), completion_tokens_per_s: z.number() }),
  eta_seconds: z.number().nullable(),
  errors: z.array(z.looseObject({ code: z.string(), count })),
  /** Why nothing runs right now (an engine that is down, a full disk), and since when. */
  waiting: z.object({ reason: z.string(), since: z.number() }).nullable(),
  gpu: z.array(gpu),
  context: z.looseObject({ peak_tokens: count.nullable(), trimmed_rows: count }),
});
export type BatchMetrics = z.output<typeof batchMetrics>;
