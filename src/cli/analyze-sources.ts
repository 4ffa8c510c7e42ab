/** Reads a run for analysis: from a batch output file on disk, or from a server, page by page. */

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Batch, BatchMetrics, RequestRow } from '../contracts/openai-batch.ts';
import { AssayError } from '../errors.ts';
import { readLines } from '../files/lines.ts';
import { type Answer, readAnswer } from './analyze-answer.ts';
import { addAnswer, addRow, newTally, type RunRow, type Tally } from './analyze-summary.ts';
import type { Client } from './client.ts';

/** Rows asked for at a time. */
const PAGE_ROWS = 1000;

/**
 * Adds up the lines of a batch's output or error file; times are not in such a file.
 * @throws AssayError input_unreadable, input_invalid with the line.
 */
export async function tallyFile(file: string, maxLineBytes: number): Promise<Tally> {
  const tally = newTally({ target: file, kind: 'file', model: null, endpoint: null, status: null, runSeconds: null });
  await checkFile(file);
  for await (const { line, answer } of answersOf(createReadStream(file), { name: file, maxLineBytes })) {
    addRow(tally, rowOfAnswer(answer, line));
    addAnswer(tally, answer);
  }
  const { succeeded, failed } = tally.counts;
  if (succeeded + failed === 0) throw new AssayError('input_invalid', { file, line: 1, problem: 'the file is empty' });
  tally.notes.push('An output file holds no times: give the batch id instead to see latency and throughput.');
  return tally;
}

/**
 * Adds up a batch of the server: rows with tokens and times, then the answers and error messages from its files.
 * @throws AssayError server_answered (an unknown batch), server_unreachable.
 */
export async function tallyBatch(id: string, client: Client, maxLineBytes: number): Promise<Tally> {
  const path = `/v1/batches/${encodeURIComponent(id)}`;
  const batch = await client.ask<Batch & { model?: string | null }>(path);
  const metrics = await client.ask<BatchMetrics>(`${path}/metrics`);
  const tally = newTally({
    target: id,
    kind: 'batch',
    model: batch.model ?? null,
    endpoint: batch.endpoint,
    status: batch.status,
    runSeconds: metrics.run_seconds,
  });
  let after: number | undefined;
  for (;;) {
    const page = await client.ask<RowPage>(`${path}/requests`, { query: { limit: PAGE_ROWS, after } });
    for (const row of page.data) addRow(tally, rowOfPage(row));
    const last = page.last_id ?? page.data.at(-1)?.line;
    if (!page.has_more || last === undefined) break;
    after = last;
  }
  for (const fileId of [batch.output_file_id, batch.error_file_id]) {
    if (fileId) await tallyContent(tally, fileId, { client, maxLineBytes });
  }
  if (!batch.output_file_id)
    tally.notes.push('The batch has no output file (yet): finish reasons and decisions are not known.');
  if (tally.counts.pending > 0)
    tally.notes.push('The batch is not finished: rows that are pending are left out of the figures.');
  return tally;
}

interface RowPage {
  data: RequestRow[];
  has_more: boolean;
  last_id: number | null;
}

async function tallyContent(tally: Tally, fileId: string, by: { client: Client; maxLineBytes: number }): Promise<void> {
  const content = await by.client.content(`/v1/files/${fileId}/content`);
  for await (const { answer } of answersOf(content, { name: fileId, maxLineBytes: by.maxLineBytes })) {
    addAnswer(tally, answer);
  }
}

async function* answersOf(
  source: AsyncIterable<Buffer>,
  from: { name: string; maxLineBytes: number },
): AsyncGenerator<{ line: number; answer: Answer }> {
  const wrong = (line: number, problem: string) =>
    new AssayError('input_invalid', { file: from.name, line, problem }, { line });
  for await (const group of readLines(source, { maxBytes: from.maxLineBytes })) {
    for (const { line, text, fault } of group) {
      if (fault) throw wrong(line, fault.message.replace(/\.$/, ''));
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch {
        throw wrong(line, 'not valid JSON; a batch output file (JSONL) is wanted');
      }
      const answer = readAnswer(value);
      if (answer === null) {
        throw wrong(line, 'not a line of a batch output file: custom_id and response or error are wanted');
      }
      yield { line, answer };
    }
  }
}

function rowOfAnswer(answer: Answer, line: number): RunRow {
  return {
    ...answer,
    line,
    state: answer.ok ? 'succeeded' : 'failed',
    attempts: null,
    queueMs: null,
    firstTokenMs: null,
    totalMs: null,
  };
}

function rowOfPage(row: RequestRow): RunRow {
  const failed = row.error_code !== null || (row.status_code ?? 0) >= 400;
  return {
    customId: row.custom_id,
    line: row.line,
    state: failed ? 'failed' : row.status_code === null ? 'pending' : 'succeeded',
    statusCode: row.status_code,
    errorCode: row.error_code,
    attempts: row.attempts,
    promptTokens: row.prompt_tokens,
    completionTokens: row.completion_tokens,
    cachedTokens: row.cached_tokens,
    reasoningTokens: row.reasoning_tokens,
    queueMs: row.queue_ms,
    firstTokenMs: row.first_token_ms,
    totalMs: row.total_ms,
  };
}

async function checkFile(file: string): Promise<void> {
  const found = await stat(file).catch(() => null);
  if (found?.isFile()) return;
  const problem = found
    ? 'this is not a file'
    : 'this is neither a batch id (batch_…) nor a file; list the batches with: assay status';
  throw new AssayError('input_unreadable', { file, problem });
}
