/** A whole server beside a stand-in for nvidia-smi: the card in a batch's metrics, at /metrics and over the socket; ceilings. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { loadConfig } from '../../../src/config.ts';
import type { BatchMetrics } from '../../../src/contracts/openai-batch.ts';
import type { LiveMessage } from '../../../src/contracts/workbench.ts';
import { type Database, openDatabase } from '../../../src/db/database.ts';
import { openCeilings } from '../../../src/engines/gpu/ceiling.ts';
import { type RunningServer, startServer } from '../../../src/main.ts';
import { chatLine, submit, waitFor, waitForBatch } from '../../harness/batches.ts';
import { type FreshDatabase, freshDatabase } from '../../harness/database.ts';
import { type FakeOpenAi, startFakeOpenAi } from '../../harness/fake-openai.ts';
import { nvidia } from './recorded.ts';
import { type StandIn, writeStandIn } from './stand-in.ts';

let folder: string;
let fresh: FreshDatabase;
let engine: FakeOpenAi;
let smi: StandIn;
let server: RunningServer;
let db: Database;
const card = 'NVIDIA GeForce RTX 4080 SUPER';
const MiB = 1024 * 1024;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-gpu-server-'));
  fresh = await freshDatabase('gpu_server');
  db = openDatabase({ url: fresh.url, max: 2 });
  // In flight long enough for a worker's report and a sample to meet.
  engine = await startFakeOpenAi(() => ({ do: 'answer', text: 'fine', delayMs: 3000 }));
  const recorded = JSON.stringify(nvidia['GeForce RTX 4080 SUPER, driver 595.71.05']);
  smi = await writeStandIn(folder, 'nvidia-smi', `for (;;) { say(${recorded}); await wait(50); }`);
  const { config } = loadConfig({
    folder,
    env: {},
    flags: { port: 0, data: join(folder, 'data'), database_url: fresh.url, nvidia_smi: smi.path, gpu_sample_ms: 100 },
  });
  server = await startServer({ config, log: pino({ level: 'silent' }) });
});
afterAll(async () => {
  await server?.stop();
  await engine?.close();
  await db?.close();
  await fresh?.drop();
  await rm(folder, { recursive: true, force: true });
});

async function ask<T>(method: string, path: string, body?: object): Promise<T> {
  const headers = { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' };
  const answer = await fetch(server.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  expect([path, answer.status]).toEqual([path, 200]);
  return (await answer.json()) as T;
}

test('a batch’s metrics tell of the card, with its peak while the batch ran; one that did not run has the server’s', async () => {
  await ask('POST', '/admin/models', { id: 'm', engine: 'openai', base_url: engine.url });
  const { id } = await submit(server, [chatLine('held', { model: 'm' })]);
  const found = await waitFor(
    () => ask<BatchMetrics>('GET', `/v1/batches/${id}/metrics`),
    ({ gpu }) => gpu[0]?.peak_of === 'batch',
    { timeoutMs: 30_000, what: 'a peak of the batch' },
  );
  expect(found.gpu).toMatchObject([
    {
      vendor: 'nvidia',
      index: 0,
      name: card,
      memory_used_bytes: 1474 * MiB,
      memory_total_bytes: 16_376 * MiB,
      memory_peak_bytes: 1474 * MiB,
      utilisation: 0.07,
      power_watts: 84.24,
      warning: false,
    },
  ]);
  await waitForBatch(server, id);
  expect((await ask<BatchMetrics>('GET', `/v1/batches/${id}/metrics`)).gpu[0]!.peak_of).toBe('batch');
  expect(await smi.starts()).toHaveLength(1);
});

test('/metrics tells of it', async () => {
  const answer = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${server.token}` } });
  expect(await answer.text()).toContain(
    `assay_gpu_memory_used_bytes{vendor="nvidia",gpu="0",name="${card}"} ${1474 * MiB}`,
  );
});

test('the live socket tells of it', async () => {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws/workbench`, {
    headers: { authorization: `Bearer ${server.token}` },
  });
  try {
    const told = new Promise<LiveMessage>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('open', () => socket.send(JSON.stringify({ type: 'subscribe' })));
      socket.on('message', (data) => {
        const message = JSON.parse(String(data)) as LiveMessage;
        if (message.type === 'gpu' && message.gpus.length > 0) resolve(message);
      });
    });
    expect(await told).toMatchObject({ gpus: [{ name: card, memory_total_bytes: 16_376 * MiB }] });
  } finally {
    socket.terminate();
  }
});

test('what was learned of a model is listed with it, and reset', async () => {
  const learned = { userId: 'local', id: 'm', scope: 'user' as const };
  const ceilings = openCeilings({ database: db, share: 0.9 });
  await ceilings.noteSafe(learned, card, 5000);
  await ceilings.noteFull(learned, card, 6000);
  const listed = async () => {
    const { data } = await ask<{ data: { id: string; ceilings: object[] }[] }>('GET', '/admin/models');
    expect(data.filter(({ id }) => id !== 'm').flatMap((model) => model.ceilings)).toEqual([]);
    return data.find(({ id }) => id === 'm')!.ceilings;
  };
  expect(await listed()).toEqual([{ card, safe_tokens: 5000, full_tokens: 6000, ceiling_tokens: 4500 }]);
  const reset = await ask('POST', '/admin/ceilings/reset', { model_id: 'm', card });
  expect(reset).toEqual({ model_id: 'm', forgotten: 1 });
  expect(await listed()).toEqual([]);
});
