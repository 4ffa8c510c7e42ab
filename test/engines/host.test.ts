/** The engine host with real llama-servers and the smallest real model: start, share, make room, die, end with its parent. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import type { EngineEndpoint, EngineRequest } from '../../src/contracts/engine.ts';
import type { ModelSpec } from '../../src/contracts/models.ts';
import { builtInModels, testModels } from '../../src/engines/built-in.ts';
import { complete } from '../../src/engines/complete.ts';
import { health } from '../../src/engines/health.ts';
import { type EngineHost, type HostOptions, openHost } from '../../src/engines/host.ts';
import type { ModelRegistry } from '../../src/engines/registry.ts';
import { silentLog } from '../harness/database.ts';

/** A slow machine may take its time. */
const patient = { timeout: 60_000, interval: 20 };
const { config } = loadConfig({ folder: tmpdir() });
const SLOW = 300_000;

let folder: string;
let host: EngineHost;
const embedder: ModelSpec = { ...builtInModels[0]!, id: 'embedder', embeddings: true };
const remote: ModelSpec = {
  id: 'far',
  engine: 'openai',
  base_url: 'http://user:pw@127.0.0.1:9',
  api_key_env: 'FAR_KEY',
};

/** A registry of fixed models, so that no database is needed here. */
const registry = {
  find: async (_: string, id: string) => {
    const spec = [...builtInModels, ...testModels, embedder, remote].find((model) => model.id === id);
    if (spec === undefined) throw new Error(`no ${id}`);
    return { ...spec, scope: 'shared' as const };
  },
} as ModelRegistry;

const options = (more: Partial<HostOptions> = {}): HostOptions => ({
  registry,
  dataFolder: folder,
  cacheFolder: config.cache,
  maxLoadedModels: 1,
  remoteConcurrency: 64,
  llamaServer: config.llama_server ?? null,
  slots: 2,
  contextPerSlot: 512,
  startTimeoutMs: SLOW,
  restartMaxMs: 1000,
  hfToken: null,
  hfEndpoint: config.hf_endpoint,
  ollamaModels: '/nowhere',
  log: silentLog,
  ...more,
});

const ask = (endpoint: EngineEndpoint, more: Partial<EngineRequest> = {}) =>
  complete(endpoint, {
    path: '/v1/chat/completions',
    body: { messages: [{ role: 'user', content: 'What is the capital of France?' }], max_tokens: 8, temperature: 0 },
    lane: null,
    timeoutMs: SLOW,
    signal: new AbortController().signal,
    ...more,
  });

const pidOf = (id: string): number => host.status().find((engine) => engine.id === id)?.pid ?? 0;
function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-engines-'));
});
afterEach(async () => {
  await host?.stop();
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('supervised llama-server', () => {
  test('two who ask at once share one start; it answers, and only with its key', { timeout: SLOW }, async () => {
    host = openHost(options());
    const [one, two] = await Promise.all([host.acquire('local', 'smollm2-135m'), host.acquire('u2', 'smollm2-135m')]);
    expect(two).toBe(one);
    expect(one).toMatchObject({ generation: 1, slots: 2, concurrency: 2, contextTokens: 512, engine: 'llama-server' });
    expect(await health(one)).toBe(true);
    const answer = await ask(one, { lane: 1 });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      object: 'chat.completion',
      model: 'smollm2-135m',
      choices: [{ message: { role: 'assistant', content: expect.stringMatching(/\w/) } }],
      timings: { prompt_n: expect.any(Number) },
    });
    const { prompt, cached, completion } = answer.usage;
    expect(prompt).toBeGreaterThan(5);
    expect(completion).toBeGreaterThan(0);
    expect(cached! + (answer.body.timings as { prompt_n: number }).prompt_n).toBe(prompt);
    expect((await request(`${one.baseUrl}/props`)).statusCode).toBe(401);
    const again = await ask(one, { lane: 1 });
    expect(again.usage.cached).toBeGreaterThan(0);
    expect(existsSync(join(folder, 'logs', 'engines', 'smollm2-135m.log'))).toBe(true);
    expect(host.status()).toMatchObject([{ id: 'smollm2-135m', state: 'ready', user_id: null, last_error: null }]);
    const pid = pidOf('smollm2-135m');
    await host.stop();
    expect(isAlive(pid)).toBe(false);
    expect(host.died('smollm2-135m', 1)).toBeNull();
    expect(readdirSync(join(folder, 'engines'))).toEqual([]);
  });

  test('completions, a schema, several choices, and a prompt too long', { timeout: SLOW }, async () => {
    host = openHost(options());
    const endpoint = await host.acquire('local', 'smollm2-135m');
    const text = await ask(endpoint, { path: '/v1/completions', body: { prompt: 'One, two,', max_tokens: 4 } });
    expect(text.body).toMatchObject({ object: 'text_completion', choices: [{ text: expect.any(String) }] });
    const schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] };
    const formed = await ask(endpoint, {
      body: {
        messages: [{ role: 'user', content: 'Is water wet?' }],
        // Between any two signs of the object the grammar lets up to 22 spaces pass, one token each.
        max_tokens: 200,
        response_format: { type: 'json_schema', json_schema: { name: 'a', schema } },
      },
    });
    const choices = formed.body.choices as { message: { content: string } }[];
    expect(typeof JSON.parse(choices[0]!.message.content).ok).toBe('boolean');
    const two = await ask(endpoint, { body: { messages: [{ role: 'user', content: 'Hi' }], max_tokens: 4, n: 2 } });
    expect((two.body.choices as unknown[]).length).toBe(2);
    const long = await ask(endpoint, { body: { messages: [{ role: 'user', content: 'word '.repeat(2000) }] } });
    expect(long).toMatchObject({ status: 400, body: { error: { code: 'context_length_exceeded', n_ctx: 512 } } });
    expect((await ask(endpoint, { body: { messages: [] } })).status).toBe(400);
    const response = await ask(endpoint, { path: '/v1/responses', body: { input: 'Hello', max_output_tokens: 8 } });
    expect(response.body).toMatchObject({ object: 'response', model: 'smollm2-135m' });
    expect(response.usage.completion).toBeGreaterThan(0);
  });

  test('started for embeddings it gives vectors; started for answers it says at once that it gives none', {
    timeout: SLOW,
  }, async () => {
    host = openHost(options());
    const of = async (id: string) => {
      const endpoint = await host.acquire('local', id);
      const got = await ask(endpoint, { path: '/v1/embeddings', body: { input: ['gold', 'ore'] } });
      host.release('local', id);
      return got;
    };
    const { body } = await of('embedder');
    const vectors = (body as { data: { embedding: number[] }[] }).data.map((each) => each.embedding);
    expect(vectors.map((vector) => vector.length)).toEqual([576, 576]);
    expect(vectors[0]).not.toEqual(vectors[1]);
    expect((await of('smollm2-135m')).status).toBe(501);
  });

  test('an abandoned request frees its slot', { timeout: SLOW }, async () => {
    host = openHost(options());
    const endpoint = await host.acquire('local', 'smollm2-135m');
    const busy = async (): Promise<number> => {
      const { body } = await request(`${endpoint.baseUrl}/slots`, { headers: endpoint.headers });
      return ((await body.json()) as { is_processing: boolean }[]).filter((slot) => slot.is_processing).length;
    };
    const abort = new AbortController();
    const endless = { messages: [{ role: 'user', content: 'Count.' }], max_tokens: 400, ignore_eos: true };
    const asked = ask(endpoint, { signal: abort.signal, body: endless });
    await expect.poll(busy, { timeout: 30_000 }).toBe(1);
    abort.abort(new Error('not wanted any more'));
    await expect(asked).rejects.toThrow('not wanted any more');
    const started = performance.now();
    await expect.poll(busy, { timeout: 10_000, interval: 20 }).toBe(0);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test('killed, it is started anew with a higher generation, and says how it ended', { timeout: SLOW }, async () => {
    host = openHost(options());
    const first = await host.acquire('local', 'smollm2-135m');
    const broken = ask(first, {
      body: { messages: [{ role: 'user', content: 'Count.' }], max_tokens: 400, ignore_eos: true },
    });
    broken.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(host.died('smollm2-135m', first.generation)).toBeNull();
    process.kill(pidOf('smollm2-135m'), 'SIGKILL');
    await expect(broken).rejects.toMatchObject({ kind: 'connection_lost' });
    await expect.poll(() => host.died('smollm2-135m', first.generation), patient).toBe('was killed by SIGKILL');
    await expect(ask(first)).rejects.toMatchObject({ kind: 'unreachable' });
    expect(await health(first)).toBe(false);
    const second = await host.acquire('local', 'smollm2-135m');
    expect(second.generation).toBe(first.generation + 1);
    expect((await ask(second)).status).toBe(200);
  });

  test('one place: an idle model makes room, a held one does not', { timeout: SLOW }, async () => {
    host = openHost(options());
    await host.acquire('local', 'smollm2-135m');
    const pid = pidOf('smollm2-135m');
    await expect(host.acquire('local', 'gemma-3-270m')).rejects.toMatchObject({
      code: 'engine_busy',
      message: expect.stringContaining('smollm2-135m'),
    });
    host.release('local', 'smollm2-135m');
    const gemma = await host.acquire('local', 'gemma-3-270m');
    expect(isAlive(pid)).toBe(false);
    const text = await ask(gemma, { path: '/v1/completions', body: { prompt: 'The sky is', max_tokens: 3 } });
    expect(text.status).toBe(200);
  });

  test('a model file that is none says so, with the log', { timeout: SLOW }, async () => {
    const broken = { id: 'broken', engine: 'llama-server', source: `file:${import.meta.filename}` } as ModelSpec;
    const find = async () => ({ ...broken, scope: 'shared' as const });
    host = openHost(options({ registry: { find } as unknown as ModelRegistry }));
    await expect(host.acquire('local', 'broken')).rejects.toMatchObject({
      code: 'engine_unavailable',
      message: expect.stringMatching(/ended with exit code 1: .*failed.*broken\.log/s),
    });
    expect(host.status()).toMatchObject([{ state: 'failed', last_error: expect.stringContaining('exit code 1') }]);
  });

  test.skipIf(process.platform === 'win32')('it ends when its parent is killed', { timeout: SLOW }, async () => {
    const parent = await startParent();
    expect(isAlive(parent.enginePid)).toBe(true);
    parent.child.kill('SIGKILL');
    await expect.poll(() => isAlive(parent.enginePid), patient).toBe(false);
    host = openHost(options());
    expect((await ask(await host.acquire('local', 'smollm2-135m'))).status).toBe(200);
  });

  test.skipIf(process.platform !== 'linux')(
    'an engine left over by a killed server is ended',
    { timeout: SLOW },
    async () => {
      const left = spawn('sleep', ['600'], { stdio: 'ignore' });
      const { noteEngine } = await import('../../src/engines/orphans.ts');
      noteEngine(join(folder, 'engines'), 'smollm2-135m', left.pid!);
      const other = spawn('sleep', ['600'], { stdio: 'ignore' });
      noteEngine(join(folder, 'engines'), 'x', other.pid!);
      const file = join(folder, 'engines', `${other.pid}.engine.json`);
      const { writeFileSync } = await import('node:fs');
      writeFileSync(file, JSON.stringify({ pid: other.pid, started: '1', model: 'x' }));
      host = openHost(options());
      await expect.poll(() => isAlive(left.pid!), patient).toBe(false);
      expect(isAlive(other.pid!)).toBe(true);
      other.kill('SIGKILL');
      expect(readdirSync(join(folder, 'engines'))).toEqual([]);
    },
  );
});

describe('remote engines', () => {
  test('an endpoint at once, with the key of the environment; a missing key is named', async () => {
    host = openHost(options());
    delete process.env.FAR_KEY;
    await expect(host.acquire('local', 'far')).rejects.toMatchObject({
      code: 'engine_unavailable',
      message: expect.stringContaining('FAR_KEY'),
    });
    process.env.FAR_KEY = 'sk-very-secret';
    const endpoint = await host.acquire('local', 'far');
    expect(endpoint).toMatchObject({
      generation: 0,
      concurrency: 64,
      headers: { authorization: 'Bearer sk-very-secret' },
    });
    expect(host.status()).toMatchObject([{ id: 'far', state: 'remote', base_url: 'http://127.0.0.1:9' }]);
    expect(JSON.stringify(host.status())).not.toMatch(/secret|pw/);
    expect(await health(endpoint)).toBe(false);
  });
});

test('a llama-server that is set but is none is named', async () => {
  host = openHost(options({ llamaServer: '/no/such/llama-server' }));
  await expect(host.acquire('local', 'smollm2-135m')).rejects.toMatchObject({
    code: 'engine_not_found',
    message: expect.stringContaining('/no/such/llama-server'),
  });
});

/** A process that holds an engine and can be killed. */
async function startParent(): Promise<{ child: ChildProcess; enginePid: number }> {
  const script = join(import.meta.dirname, 'hold-engine.ts');
  const child = spawn(process.execPath, [script, folder, config.cache], { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = await new Promise<number>((resolve, reject) => {
    child.stdout!.once('data', (text: Buffer) => resolve(Number(text.toString().trim())));
    child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
  });
  return { child, enginePid: pid };
}
