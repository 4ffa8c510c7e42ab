/** What goes wrong in a batch shows as OpenAI's does: faults of the input, failed rows, expiry, repeats of a POST. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Batch } from '../../src/contracts/openai-batch.ts';
import {
  ask,
  chatLine,
  chatLines,
  createBatch,
  getJson,
  HttpError,
  readLines,
  submit,
  uploadInput,
  waitForBatch,
} from '../harness/batches.ts';
import { type CountingUpstream, startCountingUpstream, writeModelsFile } from '../harness/counting-upstream.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';

let folder: string;
let upstream: CountingUpstream;
let server: RunningAssay;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-contract-'));
  upstream = await startCountingUpstream();
  const models = await writeModelsFile(join(folder, 'models.yaml'), {
    counting: { url: upstream.url, concurrency: 8 },
  });
  server = await startAssay({ env: { ASSAY_MODELS: models } });
}, 180_000);

afterAll(async () => {
  await server?.remove();
  await upstream?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

test('faults of the input fail the batch with code, line and parameter, before any row is sent', async () => {
  const good = chatLine('good', { model: 'counting' });
  const row = (more: object) => JSON.stringify({ ...JSON.parse(good), ...more });
  const lines = [
    good,
    '{"custom_id": "broken"',
    good,
    row({ custom_id: 'url', url: '/v1/embeddings' }),
    row({ custom_id: 'model', body: { model: 'other', messages: [{ role: 'user', content: 'x' }] } }),
    row({ custom_id: 'no-method', method: undefined }),
    row({ custom_id: 'no-messages', body: { model: 'counting' } }),
    row({ custom_id: 7 }),
  ];
  const batch = await waitForBatch(server, (await submit(server, lines)).id);
  expect(batch).toMatchObject({ status: 'failed', output_file_id: null, error_file_id: null });
  expect(batch.request_counts.completed).toBe(0);
  expect(batch.failed_at).toBeGreaterThanOrEqual(batch.created_at);
  expect(batch.errors!.object).toBe('list');
  expect(batch.errors!.data.map((e) => [e.line, e.code, e.param])).toEqual([
    [2, 'invalid_json_line', null],
    [3, 'duplicate_custom_id', 'custom_id'],
    [4, 'url_mismatch', 'url'],
    [5, 'model_mismatch', 'body.model'],
    [6, 'missing_required_field', 'method'],
    [7, 'missing_required_field', 'body.messages'],
    [8, 'invalid_field', 'custom_id'],
  ]);
  for (const error of batch.errors!.data) expect(error.message.length).toBeGreaterThan(20);
  expect((await upstream.markers()).good).toBeUndefined();
});

test('an unknown model fails the batch and names the models there are', async () => {
  const batch = await waitForBatch(server, (await submit(server, [chatLine('a', { model: 'nobody' })])).id);
  expect(batch.status).toBe('failed');
  expect(batch.errors!.data).toMatchObject([{ code: 'model_not_found', line: 1, param: 'body.model' }]);
  expect(batch.errors!.data[0]!.message).toContain('counting');
});

test('rows answered with an HTTP error go to the error file; all failed is still completed without an output file', async () => {
  for (let i = 0; i < 4; i++) await upstream.behave(`bad-${i}`, { kind: 'status', status: 400 });
  const created = await submit(server, chatLines(4, { model: 'counting', prefix: 'bad' }));
  const batch = await waitForBatch(server, created.id);
  expect(batch).toMatchObject({
    status: 'completed',
    output_file_id: null,
    request_counts: { total: 4, completed: 0, failed: 4 },
  });
  const lines = await readLines(server, batch.error_file_id);
  expect(lines.map((line) => line.custom_id)).toEqual(['bad-0', 'bad-1', 'bad-2', 'bad-3']);
  for (const line of lines) {
    expect(line.error).toBeNull();
    expect(line.response).toMatchObject({ status_code: 400, body: { error: { message: 'status 400' } } });
    expect((await upstream.sends(line.custom_id)).length).toBe(1);
  }
});

test('a batch expires at the end of its window: done rows kept, the others batch_expired', async () => {
  for (let i = 5; i < 10; i++) await upstream.behave(`late-${i}`, { kind: 'hang' });
  const lines = chatLines(20, { model: 'counting', prefix: 'late' });
  const created = await submit(server, lines, { completion_window: '3s' });
  expect(created.expires_at! - created.created_at).toBe(3);
  const batch = await waitForBatch(server, created.id);
  expect(batch.status).toBe('expired');
  expect(batch.expired_at).toBeGreaterThanOrEqual(batch.expires_at!);
  const done = await readLines(server, batch.output_file_id);
  const late = await readLines(server, batch.error_file_id);
  expect(done.length).toBe(15);
  expect(late.map((line) => line.custom_id)).toEqual(['late-5', 'late-6', 'late-7', 'late-8', 'late-9']);
  for (const line of late) {
    expect(line.response).toBeNull();
    expect(line.error).toMatchObject({ code: 'batch_expired' });
  }
  expect(batch.request_counts).toEqual({ total: 20, completed: 15, failed: 5 });
});

test('output_expires_after sets the expiry of the output and error files', async () => {
  await upstream.behave('out-1', { kind: 'status', status: 400 });
  const created = await submit(server, chatLines(2, { model: 'counting', prefix: 'out' }), {
    output_expires_after: { anchor: 'created_at', seconds: 7200 },
  });
  const batch = await waitForBatch(server, created.id);
  for (const id of [batch.output_file_id, batch.error_file_id]) {
    const file = await getJson<{ created_at: number; expires_at: number }>(server, `/v1/files/${id}`);
    expect(file.expires_at - file.created_at).toBe(7200);
  }
});

test('the output can be read while the batch runs', async () => {
  for (let i = 10; i < 20; i++) await upstream.behave(`part-${i}`, { kind: 'answer', delayMs: 4000 });
  const created = await submit(server, chatLines(20, { model: 'counting', prefix: 'part' }));
  let running: Batch;
  do {
    await sleep(50);
    running = await getJson<Batch>(server, `/v1/batches/${created.id}`);
  } while (running.request_counts.completed < 10);
  expect(running.status).toBe('in_progress');
  const answer = await ask(server, `/v1/files/${running.output_file_id}/content`);
  expect(answer.headers.get('x-incomplete')).toBe('true');
  const ids = (await answer.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).custom_id);
  expect(ids).toEqual(Array.from({ length: 10 }, (_, i) => `part-${i}`));
  const batch = await waitForBatch(server, created.id);
  const whole = await ask(server, `/v1/files/${batch.output_file_id}/content`);
  expect(whole.headers.get('x-incomplete')).toBeNull();
  expect((await whole.text()).trimEnd().split('\n').length).toBe(20);
});

test.each([
  [{ metadata: { ['k'.repeat(65)]: 'v' } }, 'metadata'],
  [{ metadata: { k: 'v'.repeat(513) } }, 'metadata'],
  [{ endpoint: '/v1/moderations' }, 'endpoint'],
  [{ completion_window: 'soon' }, 'completion_window'],
  [{ input_file_id: undefined }, 'input_file_id'],
  [{ output_expires_after: { anchor: 'created_at', seconds: 5 } }, 'output_expires_after'],
])('a create with %j is a 400 that names %s', async (more, param) => {
  const file = await uploadInput(server, `${chatLine('x', { model: 'counting' })}\n`);
  const error = (await createBatch(server, file, more).catch((thrown) => thrown)) as HttpError;
  expect(error).toBeInstanceOf(HttpError);
  expect(error.status).toBe(400);
  const body = JSON.parse(error.body);
  expect(body.error).toMatchObject({ type: 'invalid_request_error', message: expect.any(String) });
  expect(body.error.param).toContain(param);
});

async function createWith(headers: Record<string, string>, fileId: string): Promise<Batch> {
  const body = JSON.stringify({ input_file_id: fileId, endpoint: '/v1/chat/completions', completion_window: '24h' });
  const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body };
  return (await (await ask(server, '/v1/batches', init)).json()) as Batch;
}

test('a POST that the official clients repeat after a time-out makes no second batch', async () => {
  const file = await uploadInput(server, `${chatLine('again', { model: 'counting' })}\n`);
  const first = await createWith({ 'x-stainless-retry-count': '0' }, file);
  const again = await createWith({ 'x-stainless-retry-count': '1' }, file);
  expect(again.id).toBe(first.id);
  const meant = await createWith({ 'x-stainless-retry-count': '0' }, file);
  expect(meant.id).not.toBe(first.id);
});

test('a POST with the same Idempotency-Key returns the first batch; with another body it is refused', async () => {
  const file = await uploadInput(server, `${chatLine('key', { model: 'counting' })}\n`);
  const other = await uploadInput(server, `${chatLine('key-2', { model: 'counting' })}\n`);
  const first = await createWith({ 'idempotency-key': 'k-1' }, file);
  expect((await createWith({ 'idempotency-key': 'k-1' }, file)).id).toBe(first.id);
  const refused = await createWith({ 'idempotency-key': 'k-1' }, other).catch((thrown) => thrown);
  expect(refused).toBeInstanceOf(HttpError);
  expect(JSON.parse(refused.body).error.code).toBe('idempotency_key_reused');
});

test('an upload repeated by a client makes no second file', async () => {
  const send = async (retry: string): Promise<string> => {
    const form = new FormData();
    form.set('purpose', 'batch');
    form.set('file', new Blob(['{"same": "body"}\n']), 'same.jsonl');
    const init = { method: 'POST', body: form, headers: { 'x-stainless-retry-count': retry } };
    return ((await (await ask(server, '/v1/files', init)).json()) as { id: string }).id;
  };
  const first = await send('0');
  expect(await send('1')).toBe(first);
  expect(await send('0')).not.toBe(first);
});
