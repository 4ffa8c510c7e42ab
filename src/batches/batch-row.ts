/** A row of the table batches, and OpenAI's Batch object made from it. */

import type { Batch } from '../contracts/openai-batch.ts';

export type BatchStatus = Batch['status'];

/** One fault of a batch's input, as OpenAI lists it. */
export interface BatchFault {
  code: string;
  message: string;
  param: string | null;
  line: number | null;
}

/** A row as the driver gives it; bigint columns come as text. */
export interface BatchRow {
  batch_id: string;
  user_id: string;
  endpoint: string;
  model: string | null;
  input_file_id: string;
  completion_window: string;
  status: BatchStatus;
  output_file_id: string;
  error_file_id: string;
  created_at: Date;
  in_progress_at: Date | null;
  expires_at: Date;
  finalizing_at: Date | null;
  completed_at: Date | null;
  failed_at: Date | null;
  expired_at: Date | null;
  cancelling_at: Date | null;
  cancelled_at: Date | null;
  total: number;
  completed: number;
  failed: number;
  /** Of the completed, those answered from earlier batches. */
  reused: number;
  output_bytes: string;
  error_bytes: string;
  prompt_tokens: string;
  completion_tokens: string;
  cached_tokens: string;
  cached_unknown_rows: number;
  reasoning_tokens: string;
  prompt_chars: string;
  prompt_chars_done: string;
  peak_tokens: number | null;
  first_dispatch_at: Date | null;
  last_commit_at: Date | null;
  prefix_bound: number | null;
  prefix_bound_per_slot: number | null;
  prefix_queries: string | null;
  prefix_hits: string | null;
  output_expires_seconds: number | null;
  metadata: Record<string, string> | null;
  errors: BatchFault[] | null;
  generation: number;
}

const seconds = (time: Date | null): number | null => (time === null ? null : Math.floor(time.getTime() / 1000));

/** OpenAI's Batch object. The files are named as soon as they hold a line, so that they can be read while the batch runs. */
export function toBatch(row: BatchRow): Batch {
  const input = Number(row.prompt_tokens);
  const output = Number(row.completion_tokens);
  return {
    id: row.batch_id,
    object: 'batch',
    endpoint: row.endpoint,
    model: row.model,
    errors: row.errors === null ? null : { object: 'list', data: row.errors },
    input_file_id: row.input_file_id,
    completion_window: row.completion_window,
    status: row.status,
    output_file_id: row.completed > 0 ? row.output_file_id : null,
    error_file_id: row.failed > 0 ? row.error_file_id : null,
    created_at: seconds(row.created_at)!,
    in_progress_at: seconds(row.in_progress_at),
    expires_at: seconds(row.expires_at),
    finalizing_at: seconds(row.finalizing_at),
    completed_at: seconds(row.completed_at),
    failed_at: seconds(row.failed_at),
    expired_at: seconds(row.expired_at),
    cancelling_at: seconds(row.cancelling_at),
    cancelled_at: seconds(row.cancelled_at),
    request_counts: { total: row.total, completed: row.completed, failed: row.failed },
    metadata: row.metadata,
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: Number(row.cached_tokens) },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: Number(row.reasoning_tokens) },
      total_tokens: input + output,
    },
  };
}
