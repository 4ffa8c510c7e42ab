/** vLLM against a fake of it: cached tokens where it tells, its metrics, and one started by a command line. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ModelSpec } from '../../../src/contracts/models.ts';
import { complete } from '../../../src/engines/complete.ts';
import { gaugeOf } from '../../../src/engines/gauge.ts';
import { type EngineHost, openHost } from '../../../src/engines/host.ts';
import type { ModelRegistry } from '../../../src/engines/registry.ts';
import { splitCommand } from '../../../src/engines/vllm/command-line.ts';
import { silentLog } from '../../harness/database.ts';
import { chunks, startFakeVllm } from '../../harness/fake-vllm.ts';
import { isAlive } from '../../harness/processes.ts';
import { askingOf, chat, failsLikeTheOthers, request } from '../asking.ts';

const patient = { timeout: 60_000, interval: 20 };
const described = { engine: 'vllm' as const, upstreamModel: 'org/model' };
const { open, ask, fake } = askingOf((behave) => startFakeVllm({ behave }), described);

describe('one that runs already', () => {
  test('is asked in OpenAI’s language; cached tokens where it tells them', async () => {
    const told = await ask(undefined);
    expect(fake().requests[0]?.path).toBe('/v1/chat/completions');
    expect(told.sent).toMatchObject({ model: 'org/model', stream: true, stream_options: { include_usage: true } });
    expect(told.body).toMatchObject({ model: 'my-model', choices: [{ message: { content: 'Hello' } }] });
    expect(told.usage).toEqual({ prompt: 7, completion: 3, cached: 4, reasoning: null });
  });

  test('without --enable-prompt-tokens-details what was cached is not known', async () => {
    const answer = await ask(() => ({ do: 'answer', pieces: chunks('x', null) }));
    expect(answer.usage).toEqual({ prompt: 7, completion: 3, cached: null, reasoning: null });
  });

  test('a prompt that is too long has OpenAI’s code', async () => {
    const message = 'This model’s maximum context length is 4096 tokens. However, you requested 5000 tokens.';
    const body = JSON.stringify({ error: { message, type: 'BadRequestError', param: null, code: 400 } });
    const answer = await ask(() => ({ do: 'status', status: 400, body }));
    expect(answer.body).toMatchObject({ error: { code: 'context_length_exceeded' } });
  });

  test('its metrics, over all engines of the server', async () => {
    expect(await gaugeOf(await open())).toEqual({
      running: 5,
      waiting: 4,
      kvUsed: 0.5,
      prefixQueries: 1000,
      prefixHits: 640,
      preemptions: 1,
      modelBytes: null,
      vramBytes: null,
      context: null,
    });
  });
});

describe('one that is started by its command', () => {
  let folder: string;
  let host: EngineHost;
  const script = join(import.meta.dirname, '../../harness/fake-vllm.ts');
  const command = `"${process.execPath}" '${script}' serve org/model --host 127.0.0.1 --port {port}`;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assay-vllm-'));
  });
  afterEach(() => host.stop());
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const openWith = (spec: Partial<ModelSpec>): EngineHost =>
    openHost({
      registry: {
        find: async () => ({ id: 'big', engine: 'vllm', command, ...spec, scope: 'shared' }),
      } as unknown as ModelRegistry,
      dataFolder: folder,
      cacheFolder: folder,
      maxLoadedModels: 1,
      remoteConcurrency: 64,
      llamaServer: null,
      slots: 2,
      contextPerSlot: 512,
      startTimeoutMs: 60_000,
      restartMaxMs: 1000,
      hfToken: null,
      hfEndpoint: '',
      ollamaModels: '/nowhere',
      log: silentLog,
    });

  test('answers with a key of its own, and is started anew when it dies', async () => {
    host = openWith({ rate_limits: { requests_per_minute: 600 } });
    const first = await host.acquire('local', 'big');
    expect(first).toMatchObject({
      engine: 'vllm',
      upstreamModel: 'org/model',
      contextTokens: 4096,
      concurrency: 64,
      slots: null,
      rateLimits: { requestsPerMinute: 600, tokensPerMinute: null },
    });
    expect((await complete(first, request())).status).toBe(200);
    expect((await complete({ ...first, headers: {} }, request())).status).toBe(401);
    const { pid } = host.status()[0]!;
    expect(host.status()).toMatchObject([{ id: 'big', engine: 'vllm', state: 'ready' }]);
    await expect(complete(first, request({ body: chat('die') }))).rejects.toMatchObject({ kind: 'connection_lost' });
    await expect.poll(() => host.died('big', first.generation), patient).toBe('was killed by SIGKILL');
    const second = await host.acquire('local', 'big');
    expect(second.generation).toBeGreaterThan(first.generation);
    expect((await complete(second, request())).status).toBe(200);
    const again = host.status()[0]!.pid!;
    expect(again).not.toBe(pid);
    await host.stop();
    await expect.poll(() => isAlive(again), patient).toBe(false);
  });

  test.each([
    [
      { command: `"${process.execPath}" "${script}" start --port {port}` },
      /vLLM ended with exit code 1: .*unknown command start/s,
    ],
    [{ command: '/no/such/vllm serve --port {port}' }, /vLLM ended with exit code 12[67]/],
    [{ command: '"vllm serve --port {port}' }, /its command: the quote " is not closed/],
    [{ model: 'other' }, /it serves no other; it serves: org\/model/],
  ])('%j is told', async (spec, message) => {
    host = openWith(spec);
    await expect(host.acquire('local', 'big')).rejects.toMatchObject({
      code: 'engine_unavailable',
      message: expect.stringMatching(message),
    });
  });
});

test.each([
  ['vllm serve  a/b --port {port}', ['vllm', 'serve', 'a/b', '--port', '{port}']],
  [`a "b c" 'd "e"' f\\ g "" --x='{"y": 1}' "\\"q\\""`, ['a', 'b c', 'd "e"', 'f g', '', '--x={"y": 1}', '"q"']],
  ['  ', []],
])('%j in words', (text, words) => {
  expect(splitCommand(text)).toEqual(words);
});

failsLikeTheOthers((behave) => startFakeVllm({ behave }), described);
