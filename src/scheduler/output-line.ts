/** Builds the line of a batch's output or error file from what became of a row (OpenAI's batch output format). */

import { randomUUID } from 'node:crypto';
import type { Trim } from '../contracts/context.ts';
import type { EngineAnswer } from '../contracts/engine.ts';
import type { LandedRow } from '../contracts/landing.ts';
import type { AssayError } from '../errors.ts';
import type { WorkRow } from './leases.ts';

/** An id as those of a batch's output lines. */
export const newRequestId = (): string => `batch_req_${randomUUID().replaceAll('-', '')}`;

/** The end of a row that its engine answered; a 4xx goes to the error file with its body, as OpenAI's does. */
export function answeredRow(
  row: WorkRow,
  answer: EngineAnswer,
  sent: { sentAt: number; trim: Trim | null },
): LandedRow {
  const ok = answer.status < 400;
  const response = `{"status_code":${answer.status},"request_id":${JSON.stringify(answer.requestId)},"body":${JSON.stringify(answer.body)}}`;
  const error = ok ? null : (answer.body.error as { code?: unknown; type?: unknown } | undefined);
  return {
    ...identity(row),
    ok,
    statusCode: answer.status,
    errorCode: ok ? null : String(error?.code ?? error?.type ?? `http_${answer.status}`),
    output: line(row, response, 'null'),
    promptTokens: answer.usage.prompt,
    completionTokens: answer.usage.completion,
    cachedTokens: answer.usage.cached,
    reasoningTokens: answer.usage.reasoning,
    queueMs: sent.sentAt - row.queuedAt,
    firstTokenMs: answer.firstTokenMs === null ? null : Math.round(answer.firstTokenMs),
    totalMs: Math.round(answer.totalMs),
    attempts: row.attempts + 1,
    trim: sent.trim,
  };
}

/** The end of a row that failed for good without a final answer. */
export function failedRow(row: WorkRow, error: AssayError, last: { status: number | null; sentAt: number }): LandedRow {
  const message = { code: error.code, message: error.message };
  const body = { error: { message: error.message, type: error.type, param: error.param, code: error.code } };
  const answered = last.status !== null;
  return {
    ...identity(row),
    ok: false,
    statusCode: last.status,
    errorCode: error.code,
    output: answered
      ? line(
          row,
          `{"status_code":${last.status},"request_id":"${newRequestId()}","body":${JSON.stringify(body)}}`,
          'null',
        )
      : line(row, 'null', JSON.stringify(message)),
    promptTokens: null,
    completionTokens: null,
    cachedTokens: null,
    reasoningTokens: null,
    queueMs: last.sentAt - row.queuedAt,
    firstTokenMs: null,
    totalMs: Date.now() - last.sentAt,
    attempts: row.attempts,
    trim: null,
  };
}

const identity = (row: WorkRow) => ({
  line: row.line,
  chunkId: row.chunk.chunkId,
  epoch: row.chunk.epoch,
  customId: row.customId,
  promptChars: row.promptChars,
});

function line(row: WorkRow, response: string, error: string): string {
  return `{"id":"${newRequestId()}","custom_id":${JSON.stringify(row.customId)},"response":${response},"error":${error}}`;
}
