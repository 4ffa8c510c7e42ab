/** The official Node client does all it can do with batches, files and uploads, and chats, against a running Assay. */

import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI, { NotFoundError, toFile } from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chatLine, chatLines, type OutputLine } from '../harness/batches.ts';
import { type CountingUpstream, startCountingUpstream, writeModelsFile } from '../harness/counting-upstream.ts';
import { answerTokens } from '../harness/counting-upstream-answers.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';

let folder: string;
let upstream: CountingUpstream;
let server: RunningAssay;
let client: OpenAI;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-contract-'));
  upstream = await startCountingUpstream();
  const models = await writeModelsFile(join(folder, 'models.yaml'), {
    counting: { url: upstream.url, concurrency: 8 },
  });
  server = await startAssay({ env: { ASSAY_MODELS: models } });
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'any-key' });
}, 180_000);

afterAll(async () => {
  await server?.remove();
  await upstream?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

async function upload(lines: string[], filename = 'input.jsonl') {
  return client.files.create({ file: await toFile(Buffer.from(`${lines.join('\n')}\n`), filename), purpose: 'batch' });
}

async function finish(id: string) {
  for (;;) {
    const batch = await client.batches.retrieve(id);
    if (['completed', 'failed', 'expired', 'cancelled'].includes(batch.status)) return batch;
    await sleep(100);
  }
}

async function download(fileId: string): Promise<OutputLine[]> {
  const text = await (await client.files.content(fileId)).text();
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('upload, create, poll, download', async () => {
  const file = await upload(chatLines(25, { model: 'counting', prefix: 'poll' }));
  expect(file).toMatchObject({ object: 'file', purpose: 'batch', filename: 'input.jsonl', status: 'processed' });
  const created = await client.batches.create({
    input_file_id: file.id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
    metadata: { purpose: 'contract', client: 'node' },
  });
  expect(created).toMatchObject({
    object: 'batch',
    status: 'validating',
    endpoint: '/v1/chat/completions',
    input_file_id: file.id,
    completion_window: '24h',
    metadata: { purpose: 'contract', client: 'node' },
  });
  expect(created.id).toMatch(/^batch_[0-9a-f]{32}$/);
  expect(created.expires_at! - created.created_at).toBe(86_400);

  const batch = await finish(created.id);
  expect(batch).toMatchObject({
    status: 'completed',
    model: 'counting',
    request_counts: { total: 25, completed: 25, failed: 0 },
    usage: {
      input_tokens: 25 * answerTokens.prompt,
      input_tokens_details: { cached_tokens: 25 * answerTokens.cached },
      output_tokens: 25 * answerTokens.completion,
      output_tokens_details: { reasoning_tokens: 25 * answerTokens.reasoning },
      total_tokens: 25 * (answerTokens.prompt + answerTokens.completion),
    },
  });
  expect(batch.error_file_id ?? null).toBeNull();
  for (const [before, after] of [
    [batch.created_at, batch.in_progress_at],
    [batch.in_progress_at, batch.finalizing_at],
    [batch.finalizing_at, batch.completed_at],
  ]) {
    expect(after).toBeGreaterThanOrEqual(before!);
  }
  const lines = await download(batch.output_file_id!);
  expect(lines.map((line) => line.custom_id)).toEqual(Array.from({ length: 25 }, (_, i) => `poll-${i}`));
  for (const line of lines) {
    expect(line.id).toMatch(/^batch_req_/);
    expect(line.error).toBeNull();
    expect(line.response).toMatchObject({
      status_code: 200,
      body: {
        object: 'chat.completion',
        choices: [
          { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: `echo ${line.custom_id}` } },
        ],
        usage: { prompt_tokens: answerTokens.prompt, completion_tokens: answerTokens.completion },
      },
    });
    expect(line.response!.request_id).toBeTruthy();
  }
  const output = await client.files.retrieve(batch.output_file_id!);
  expect(output).toMatchObject({ object: 'file', purpose: 'batch_output' });
  expect(output.bytes).toBe((await (await client.files.content(output.id)).arrayBuffer()).byteLength);
}, 60_000);

test.each([
  ['/v1/completions', 'prompt', (body: Record<string, unknown>) => (body.choices as { text: string }[])[0]!.text],
  [
    '/v1/embeddings',
    'input',
    (body: Record<string, unknown>) => (body.data as { embedding: number[] }[])[0]!.embedding,
  ],
  [
    '/v1/responses',
    'input',
    (body: Record<string, unknown>) => (body.output as { content: { text: string }[] }[])[0]!.content[0]!.text,
  ],
] as const)(
  'a batch of %s',
  async (endpoint, field, answerOf) => {
    const ids = ['a', 'b', 'c'].map((name) => `${endpoint}-${name}`);
    const lines = ids.map((id) =>
      JSON.stringify({
        custom_id: id,
        method: 'POST',
        url: endpoint,
        body: { model: 'counting', [field]: `[[${id}]]` },
      }),
    );
    const file = await upload(lines);
    const created = await client.batches.create({ input_file_id: file.id, endpoint, completion_window: '24h' });
    const batch = await finish(created.id);
    expect(batch).toMatchObject({ status: 'completed', request_counts: { total: 3, completed: 3, failed: 0 } });
    for (const line of await download(batch.output_file_id!)) {
      const expected = endpoint === '/v1/embeddings' ? [0.5, -0.25, 0.125, 1] : `echo ${line.custom_id}`;
      expect(answerOf(line.response!.body)).toEqual(expected);
    }
  },
  60_000,
);

test('lists of batches and files go through several pages, newest first', async () => {
  const made: string[] = [];
  for (let i = 0; i < 5; i++) {
    const file = await upload([chatLine(`page-${i}`, { model: 'counting' })]);
    made.unshift(
      (
        await client.batches.create({
          input_file_id: file.id,
          endpoint: '/v1/chat/completions',
          completion_window: '24h',
        })
      ).id,
    );
  }
  const first = await client.batches.list({ limit: 2 });
  expect(first.data.map((batch) => batch.id)).toEqual(made.slice(0, 2));
  expect(first.has_more).toBe(true);
  const paged: string[] = [];
  for await (const batch of client.batches.list({ limit: 2 })) paged.push(batch.id);
  expect(paged.slice(0, 5)).toEqual(made);
  expect(new Set(paged).size).toBe(paged.length);

  const files: string[] = [];
  for await (const file of client.files.list({ limit: 3, purpose: 'batch' })) files.push(file.id);
  expect(files.length).toBeGreaterThanOrEqual(5);
  expect(new Set(files).size).toBe(files.length);
  const oldest: string[] = [];
  for await (const file of client.files.list({ limit: 3, purpose: 'batch', order: 'asc' })) oldest.push(file.id);
  expect(oldest).toEqual(files.toReversed());
}, 60_000);

test('a cancelled batch keeps what is done', async () => {
  await upstream.behave(null, { kind: 'answer', delayMs: 200 });
  const file = await upload(chatLines(400, { model: 'counting', prefix: 'cancel' }));
  const created = await client.batches.create({
    input_file_id: file.id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
  });
  while (((await client.batches.retrieve(created.id)).request_counts?.completed ?? 0) < 8) await sleep(50);
  const cancelling = await client.batches.cancel(created.id);
  expect(['cancelling', 'cancelled']).toContain(cancelling.status);
  const batch = await finish(created.id);
  await upstream.behave(null, { kind: 'answer' });
  expect(batch.status).toBe('cancelled');
  expect(batch.cancelled_at).toBeGreaterThanOrEqual(batch.cancelling_at!);
  const done = await download(batch.output_file_id!);
  expect(done.length).toBe(batch.request_counts!.completed);
  expect(done.length).toBeGreaterThanOrEqual(8);
  expect(done.length).toBeLessThan(400);
  const errors = batch.error_file_id ? await download(batch.error_file_id) : [];
  for (const line of errors) expect(line.error?.code).toBe('batch_cancelled');
  expect(new Set([...done, ...errors].map((line) => line.custom_id)).size).toBe(done.length + errors.length);
}, 60_000);

test('files: retrieve, content, range, delete', async () => {
  const text = `${chatLine('one', { model: 'counting' })}\n`;
  const file = await client.files.create({
    file: await toFile(Buffer.from(text), 'nämé.jsonl'),
    purpose: 'batch',
    expires_after: { anchor: 'created_at', seconds: 3600 },
  });
  expect(file.filename).toBe('nämé.jsonl');
  expect(file.expires_at).toBe(file.created_at + 3600);
  expect(await client.files.retrieve(file.id)).toEqual(file);
  expect(await (await client.files.content(file.id)).text()).toBe(text);
  const range = await client.files.content(file.id, { headers: { range: 'bytes=0-9' } });
  expect([range.status, await range.text()]).toEqual([206, text.slice(0, 10)]);
  expect(await client.files.delete(file.id)).toEqual({ id: file.id, object: 'file', deleted: true });
  await expect(client.files.retrieve(file.id)).rejects.toThrow(NotFoundError);
}, 60_000);

test('an upload in parts becomes a file that a batch runs', async () => {
  const text = `${chatLines(3, { model: 'counting', prefix: 'parts' }).join('\n')}\n`;
  const bytes = Buffer.from(text);
  const started = await client.uploads.create({
    bytes: bytes.length,
    filename: 'parts.jsonl',
    mime_type: 'application/jsonl',
    purpose: 'batch',
  });
  expect(started).toMatchObject({ object: 'upload', status: 'pending', bytes: bytes.length });
  const cut = [bytes.subarray(0, 100), bytes.subarray(100)];
  const ids: string[] = [];
  for (const part of cut) {
    ids.push((await client.uploads.parts.create(started.id, { data: await toFile(part, 'part') })).id);
  }
  const done = await client.uploads.complete(started.id, {
    part_ids: ids,
    md5: createHash('md5').update(bytes).digest('hex'),
  });
  expect(done).toMatchObject({ status: 'completed', file: { object: 'file', bytes: bytes.length } });
  expect(await (await client.files.content(done.file!.id)).text()).toBe(text);
  const created = await client.batches.create({
    input_file_id: done.file!.id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
  });
  expect((await finish(created.id)).request_counts).toEqual({ total: 3, completed: 3, failed: 0 });

  const dropped = await client.uploads.create({
    bytes: 10,
    filename: 'x.jsonl',
    mime_type: 'application/jsonl',
    purpose: 'batch',
  });
  expect((await client.uploads.cancel(dropped.id)).status).toBe('cancelled');
}, 60_000);
