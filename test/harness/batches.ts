/** Plain HTTP steps that many tests and benchmarks share: make an input, upload it, create a batch, wait for it, read its lines. */

import { openAsBlob } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch, BatchMetrics, RequestRow } from '../../src/contracts/openai-batch.ts';
import { finalStatuses } from '../../src/contracts/openai-batch.ts';

/** Where a server is; `url` is read anew for each request, since it changes with a restart. */
export interface Where {
  readonly url: string;
  readonly token?: string;
}

/** A line of an output or error file. */
export interface OutputLine {
  id: string;
  custom_id: string;
  response: { status_code: number; request_id: string; body: Record<string, unknown> } | null;
  error: { code: string; message: string } | null;
}

export interface RowOptions {
  model: string;
  /** Added to the prompt. */
  text?: string;
  body?: Record<string, unknown>;
}

/** One chat line whose prompt names its own custom_id as the marker of a counting upstream. */
export function chatLine(customId: string, options: RowOptions): string {
  const content = `[[${customId}]] ${options.text ?? 'Answer with the marker.'}`;
  const body = { model: options.model, messages: [{ role: 'user', content }], ...options.body };
  return JSON.stringify({ custom_id: customId, method: 'POST', url: '/v1/chat/completions', body });
}

/** `count` chat lines named `<prefix>-<number>`. */
export function chatLines(count: number, options: RowOptions & { prefix?: string }): string[] {
  return Array.from({ length: count }, (_, i) => chatLine(`${options.prefix ?? 'row'}-${i}`, options));
}

/** Writes `count` chat lines to a file, without holding them in memory. */
export async function writeChatFile(
  file: string,
  count: number,
  options: RowOptions & { prefix?: string },
): Promise<void> {
  const handle = await open(file, 'w');
  for (let from = 0; from < count; from += 10_000) {
    const lines: string[] = [];
    for (let i = from; i < Math.min(from + 10_000, count); i++) {
      lines.push(chatLine(`${options.prefix ?? 'row'}-${i}`, options));
    }
    await handle.write(`${lines.join('\n')}\n`);
  }
  await handle.close();
}

/** An answer of another status than 2xx. */
export class HttpError extends Error {
  readonly status: number;
  readonly body: string;
  constructor(status: number, body: string) {
    super(`${status}: ${body.slice(0, 500)}`);
    this.status = status;
    this.body = body;
  }
}

/** Asks the server; throws {@link HttpError}. */
export async function ask(where: Where, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (where.token) headers.set('authorization', `Bearer ${where.token}`);
  const answer = await fetch(`${where.url}${path}`, { ...init, headers });
  if (!answer.ok) throw new HttpError(answer.status, await answer.text());
  return answer;
}

/** GET as JSON. */
export async function getJson<T>(where: Where, path: string): Promise<T> {
  return (await (await ask(where, path)).json()) as T;
}

/** POST of JSON, answered as JSON. */
export async function postJson<T>(where: Where, path: string, body: unknown = {}): Promise<T> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  return (await (await ask(where, path, init)).json()) as T;
}

/** Uploads content (text, bytes, or the file at a path) for a batch; gives the file's id. */
export async function uploadInput(where: Where, content: string | Uint8Array | { path: string }): Promise<string> {
  const blob =
    typeof content === 'object' && 'path' in content
      ? await openAsBlob(content.path)
      : new Blob([content as string | Uint8Array<ArrayBuffer>]);
  const form = new FormData();
  form.set('purpose', 'batch');
  form.set('file', blob, 'input.jsonl');
  const answer = await ask(where, '/v1/files', { method: 'POST', body: form });
  return ((await answer.json()) as { id: string }).id;
}

/** Creates a batch of an uploaded file; `more` is laid over the body. */
export function createBatch(where: Where, fileId: string, more: Record<string, unknown> = {}): Promise<Batch> {
  const body = { input_file_id: fileId, endpoint: '/v1/chat/completions', completion_window: '24h', ...more };
  return postJson<Batch>(where, '/v1/batches', body);
}

/** Uploads lines and creates a batch of them. */
export async function submit(where: Where, lines: string[], more: Record<string, unknown> = {}): Promise<Batch> {
  return createBatch(where, await uploadInput(where, `${lines.join('\n')}\n`), more);
}

export const getBatch = (where: Where, id: string): Promise<Batch> => getJson<Batch>(where, `/v1/batches/${id}`);

export const getMetrics = (where: Where, id: string): Promise<BatchMetrics> =>
  getJson<BatchMetrics>(where, `/v1/batches/${id}/metrics`);

/** Polls until `done` holds; a server that is away or without its database is asked again. Throws after `timeoutMs`. */
export async function waitFor<T>(
  read: () => Promise<T>,
  done: (value: T) => boolean,
  options: { timeoutMs: number; everyMs?: number; what: string },
): Promise<T> {
  const deadline = performance.now() + options.timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await read();
      if (done(value)) return value;
      last = value;
    } catch (error) {
      const gone = !(error instanceof HttpError) || error.status >= 500;
      if (!gone) throw error;
      last = String(error);
    }
    if (performance.now() > deadline) {
      throw new Error(`${options.what}: not within ${options.timeoutMs} ms; last seen: ${JSON.stringify(last)}`);
    }
    await sleep(options.everyMs ?? 100);
  }
}

/** Waits until a batch is in one of its final states. */
export function waitForBatch(where: Where, id: string, timeoutMs = 60_000): Promise<Batch> {
  return waitFor(
    () => getBatch(where, id),
    (batch) => finalStatuses.includes(batch.status),
    { timeoutMs, what: `end of ${id}` },
  );
}

/** The lines of an output or error file; none when the batch has no such file. */
export async function readLines(where: Where, fileId: string | null): Promise<OutputLine[]> {
  if (fileId === null) return [];
  const text = await (await ask(where, `/v1/files/${fileId}/content`)).text();
  return text === ''
    ? []
    : text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as OutputLine);
}

/** All rows of GET /v1/batches/{id}/requests, page by page. */
export async function readRows(where: Where, id: string): Promise<RequestRow[]> {
  const rows: RequestRow[] = [];
  let after = '';
  for (;;) {
    const page = await getJson<{ data: RequestRow[]; has_more: boolean; last_id: number | null }>(
      where,
      `/v1/batches/${id}/requests?limit=1000${after}`,
    );
    rows.push(...page.data);
    if (!page.has_more) return rows;
    after = `&after=${page.last_id}`;
  }
}
