/** The engine over node-llama-cpp: a real process with the smallest real model, asked as llama-server is. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import type { EngineEndpoint, EngineRequest } from '../../src/contracts/engine.ts';
import { builtInModels } from '../../src/engines/built-in.ts';
import { complete } from '../../src/engines/complete.ts';
import { type EngineHost, openHost } from '../../src/engines/host.ts';
import { chooseLlamaServer } from '../../src/engines/llama-binary.ts';
import { schemaGrammar } from '../../src/engines/node-llama/grammar.ts';
import { readText } from '../../src/engines/node-llama/text.ts';
import type { ModelRegistry } from '../../src/engines/registry.ts';
import { silentLog } from '../harness/database.ts';

const { config } = loadConfig({ folder: tmpdir() });
const SLOW = 600_000;
const MODEL = 'smollm2-135m';

let folder: string;
let host: EngineHost;
let endpoint: EngineEndpoint;

/** An answer's JSON, looked into at any depth. */
// biome-ignore lint/suspicious/noExplicitAny: what is looked into is what is being tested
type Json = Record<string, any>;

const ask = (body: Json, more: Partial<EngineRequest> = {}) =>
  complete(endpoint, {
    path: '/v1/chat/completions',
    body: { temperature: 0, max_tokens: 12, ...body },
    lane: null,
    timeoutMs: SLOW,
    signal: new AbortController().signal,
    ...more,
  });
const say = (content: string) => ({ messages: [{ role: 'user', content }] });
const choice = (answer: { body: object }): Json => (answer.body as Json).choices[0];
const textOf = (answer: { body: object }): string => choice(answer).message.content;

/** Asks without `complete`, which always streams. */
async function post(path: string, body: Json, headers = endpoint.headers): Promise<{ status: number; body: Json }> {
  const answer = await request(`${endpoint.baseUrl}${path}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    headersTimeout: SLOW,
  });
  return { status: answer.statusCode, body: (await answer.body.json()) as Json };
}

async function busySlots(): Promise<number> {
  const { body } = await request(`${endpoint.baseUrl}/slots`, { headers: endpoint.headers });
  return ((await body.json()) as { is_processing: boolean }[]).filter((slot) => slot.is_processing).length;
}

function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-node-llama-'));
  const find = async () => ({ ...builtInModels[0]!, scope: 'shared' as const });
  host = openHost({
    registry: { find } as unknown as ModelRegistry,
    dataFolder: folder,
    cacheFolder: config.cache,
    maxLoadedModels: 1,
    remoteConcurrency: 1,
    llamaServer: 'node-llama-cpp',
    slots: 4,
    contextPerSlot: 256,
    startTimeoutMs: SLOW,
    restartMaxMs: 1000,
    hfToken: null,
    hfEndpoint: config.hf_endpoint,
    ollamaModels: '/nowhere',
    log: silentLog,
  });
  endpoint = await host.acquire('local', MODEL);
}, SLOW);
afterAll(async () => {
  await host?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('the engine over node-llama-cpp', { timeout: SLOW }, () => {
  test('is what the host starts under its name, and takes requests with its key only', async () => {
    expect(await chooseLlamaServer('node-llama-cpp')).toEqual({ from: 'node-llama-cpp' });
    expect(endpoint).toMatchObject({ slots: 4, concurrency: 4, contextTokens: 256, engine: 'llama-server' });
    expect((await post('/tokenize', { content: 'Hi' }, {})).status).toBe(401);
    const { body } = await post('/tokenize', { content: 'Hello world<|im_end|>' });
    expect(body.tokens).toHaveLength(3);
    expect(existsSync(join(folder, 'logs', 'engines', `${MODEL}.log`))).toBe(true);
  });

  test('answers a chat by the template of the model, streamed and whole alike, and again the same', async () => {
    const chat = { messages: [{ role: 'system', content: 'Be brief.' }, ...say('Name a colour.').messages] };
    const { body } = await post('/apply-template', chat);
    expect(body.prompt).toBe(
      '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nName a colour.<|im_end|>\n<|im_start|>assistant\n',
    );
    const streamed = await ask(chat, { lane: 2 });
    expect(streamed).toMatchObject({ status: 200, body: { object: 'chat.completion', model: MODEL } });
    expect(streamed.firstTokenMs).toBeGreaterThan(0);
    expect(textOf(streamed).length).toBeGreaterThan(0);
    const whole = await post('/v1/chat/completions', { ...chat, temperature: 0, max_tokens: 12, id_slot: 2 });
    expect(whole.body).toMatchObject({ object: 'chat.completion', choices: [{ message: { role: 'assistant' } }] });
    const again = await ask(chat, { lane: 2 });
    expect(textOf(again)).toBe(textOf(whole));
    expect(again.usage).toMatchObject({
      prompt: streamed.usage.prompt,
      completion: whole.body.usage.completion_tokens,
    });
    const parts = {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        },
      ],
    };
    expect((await post('/apply-template', parts)).body.prompt).toContain('user\na\nb<|im_end|>');
  });

  test('a seed draws the same again, another seed differs somewhere', async () => {
    const drawn = async (seed: number) => {
      const wild = { prompt: 'Once', temperature: 1.5, top_k: 0, top_p: 1, min_p: 0, seed, max_tokens: 16 };
      return choice(await ask({ ...wild, cache_prompt: false }, { path: '/v1/completions', lane: 0 })).text;
    };
    expect(await drawn(7)).toBe(await drawn(7));
    expect(await drawn(8)).not.toBe(await drawn(7));
  });

  test('keeps to a JSON schema, and to JSON', async () => {
    const schema = {
      type: 'object',
      properties: { label: { enum: ['spam', 'ham'] }, score: { type: 'integer', minimum: 1, maximum: 5 } },
      required: ['label', 'score'],
    };
    const format = { type: 'json_schema', json_schema: { name: 'verdict', schema } };
    const answer = await ask({ ...say('Buy now!'), response_format: format, max_tokens: 60 });
    const verdict = JSON.parse(textOf(answer));
    expect(Object.keys(verdict)).toEqual(['label', 'score']);
    expect(['spam', 'ham']).toContain(verdict.label);
    expect([1, 2, 3, 4, 5]).toContain(verdict.score);
    expect(choice(answer).finish_reason).toBe('stop');
    const refused = { type: 'json_schema', json_schema: { schema: { type: 'string', pattern: '^a+$' } } };
    expect(await ask({ ...say('a'), response_format: refused })).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('"pattern"') } },
    });
  });

  test('ends at a stop text, which is left out, and at max_tokens', async () => {
    const free = await ask({ prompt: 'One, two, three, four,', max_tokens: 12 }, { path: '/v1/completions' });
    expect(choice(free)).toMatchObject({ finish_reason: 'length', text: expect.stringContaining('six') });
    expect(free.usage).toMatchObject({ completion: 12 });
    const body = { prompt: 'One, two, three, four,', max_tokens: 12, stop: ['zzz', ' six'] };
    const stopped = choice(await ask(body, { path: '/v1/completions' }));
    expect(stopped).toMatchObject({ finish_reason: 'stop', text: choice(free).text.split(' six')[0] });
    const two = await ask({ ...say('Hi'), n: 2, max_tokens: 3 });
    expect((two.body as Json).choices).toHaveLength(2);
  });

  test('a repeated prefix is read from the slot: by lane, and by what a slot holds', async () => {
    const long = `${'The quick brown fox jumps over the lazy dog. '.repeat(6)}Question: `;
    const first = await ask({ prompt: `${long}who?`, max_tokens: 2 }, { path: '/v1/completions', lane: 1 });
    const second = await ask({ prompt: `${long}where?`, max_tokens: 2 }, { path: '/v1/completions' });
    expect(second.usage.cached).toBeGreaterThan(50);
    expect(second.usage.cached).toBeLessThan(second.usage.prompt!);
    expect(second.usage.cached! + ((second.body as Json).timings.prompt_n as number)).toBe(second.usage.prompt);
    expect(first.usage.prompt).toBeGreaterThan(50);
    const other = await ask({ prompt: `${long}why?`, max_tokens: 2 }, { path: '/v1/completions', lane: 3 });
    expect(other.usage.cached).toBeLessThan(50);
    const plain = { prompt: `${long}where?`, max_tokens: 2, cache_prompt: false };
    expect((await ask(plain, { path: '/v1/completions', lane: 1 })).usage.cached).toBe(0);
  });

  test('a prompt too long is refused with the counts; an answer too long ends with length', async () => {
    const long = await ask(say('word '.repeat(400)));
    expect(long).toMatchObject({ status: 400, body: { error: { code: 'context_length_exceeded', n_ctx: 256 } } });
    expect((long.body as Json).error.n_prompt_tokens).toBeGreaterThan(400);
    const { body } = await post('/tokenize', { content: 'word '.repeat(240) });
    const full = await ask(
      { prompt: body.tokens.slice(0, 240), max_tokens: 100, ignore_eos: true },
      { path: '/v1/completions' },
    );
    expect(choice(full).finish_reason).toBe('length');
    expect(full.usage).toMatchObject({ prompt: 240, completion: 17 });
  });

  test('what it does not have is a 400 or 501 that says so', async () => {
    for (const more of [{ tools: [{ type: 'function' }] }, { logprobs: true }, { n: 9 }, { id_slot: 4 }]) {
      const { status, body } = await post('/v1/chat/completions', { ...say('Hi'), ...more });
      expect([status, body.error.message]).toEqual([400, expect.stringContaining(Object.keys(more)[0]!)]);
    }
    expect((await post('/v1/embeddings', { input: 'x' })).status).toBe(501);
    expect((await post('/v1/chat/completions', { messages: [] })).status).toBe(400);
  });

  test('an abandoned request frees its slot, while it generates and while it reads', async () => {
    for (const body of [say('Count.'), say('word '.repeat(200))]) {
      const abort = new AbortController();
      const asked = ask({ ...body, max_tokens: 200, ignore_eos: true, cache_prompt: false }, { signal: abort.signal });
      asked.catch(() => undefined);
      await expect.poll(busySlots, { timeout: 60_000, interval: 20 }).toBe(1);
      abort.abort(new Error('not wanted any more'));
      await expect(asked).rejects.toThrow('not wanted any more');
      await expect.poll(busySlots, { timeout: 60_000, interval: 20 }).toBe(0);
    }
    expect((await ask(say('Hi'), { lane: 0 })).status).toBe(200);
  });

  test('eight requests on four slots are all answered', async () => {
    const words = ['red', 'green', 'blue', 'white', 'black', 'pink', 'grey', 'gold'];
    const answers = await Promise.all(words.map((word) => ask({ ...say(`Say ${word}.`), max_tokens: 6 })));
    expect(answers.map(({ status }) => status)).toEqual(words.map(() => 200));
    expect(answers.every((answer) => textOf(answer).length > 0)).toBe(true);
    const mixed = await Promise.all([0, 0, 1, 1].map((lane) => ask({ ...say('Hi'), max_tokens: 4 }, { lane })));
    expect(mixed.every(({ status }) => status === 200)).toBe(true);
  });

  test('a model file that is none ends it with a word in the log', async () => {
    const broken = { id: 'broken', engine: 'llama-server', source: `file:${import.meta.filename}`, scope: 'shared' };
    const other = openHost({
      ...{ registry: { find: async () => broken } as unknown as ModelRegistry, dataFolder: folder, log: silentLog },
      ...{ cacheFolder: config.cache, maxLoadedModels: 1, remoteConcurrency: 1, llamaServer: 'node-llama-cpp' },
      ...{ slots: 1, contextPerSlot: 256, startTimeoutMs: SLOW, restartMaxMs: 1000, hfToken: null, hfEndpoint: '' },
      ollamaModels: '/nowhere',
    });
    await expect(other.acquire('local', 'broken')).rejects.toMatchObject({
      code: 'engine_unavailable',
      message: expect.stringMatching(/ended with exit code 1: .*failed to load.*broken\.log/s),
    });
    await other.stop();
  });

  test.skipIf(process.platform === 'win32')('ends when its parent is killed', async () => {
    const { child, enginePid } = await startParent();
    expect(isAlive(enginePid)).toBe(true);
    child.kill('SIGKILL');
    await expect.poll(() => isAlive(enginePid), { timeout: 60_000 }).toBe(false);
  });
});

async function startParent(): Promise<{ child: ChildProcess; enginePid: number }> {
  const program = join(import.meta.dirname, 'hold-engine.ts');
  const child = spawn(process.execPath, [program, join(folder, 'held'), config.cache], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ASSAY_LLAMA_SERVER: 'node-llama-cpp' },
  });
  const enginePid = await new Promise<number>((resolve, reject) => {
    child.stdout!.once('data', (data) => resolve(Number(String(data))));
    child.once('exit', (code) => reject(new Error(`the parent ended with ${code}`)));
  });
  return { child, enginePid };
}

describe('text from tokens', () => {
  const bytes = [...Buffer.from('aé🜚b')];
  const model = { detokenize: (tokens: number[]) => Buffer.from(tokens).toString('utf8') } as never;

  test('characters of several tokens come whole', () => {
    const reading = readText(model, [], []);
    expect(bytes.map((byte) => reading.add(byte))).toEqual(['a', '', 'é', '', '', '', '🜚', 'b']);
  });

  test('the beginning of a stop text is held back until it is decided', () => {
    const reading = readText(model, ['<end>'], []);
    const said = [...Buffer.from('x<e<end>')].map((byte) => reading.add(byte));
    expect(said.join('')).toBe('x<e');
    expect(reading.stopped()).toBe('<end>');
    expect(reading.rest()).toBe('');
    const cut = readText(model, ['<end>'], []);
    expect([...Buffer.from('x<en')].map((byte) => cut.add(byte)).join('') + cut.rest()).toBe('x<en');
  });
});

describe('grammars of schemas', () => {
  test('what cannot be kept is named', () => {
    expect(() => schemaGrammar({ type: 'string', pattern: 'a' })).toThrow('"pattern"');
    expect(() => schemaGrammar({ $ref: '#/$defs/none' })).toThrow('#/$defs/none');
    expect(() => schemaGrammar({ type: 'thing' })).toThrow('"thing"');
  });

  test('a definition may refer to itself', () => {
    const node = { type: 'object', properties: { next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } } };
    expect(schemaGrammar({ $ref: '#/$defs/node', $defs: { node } })).toContain('definition0 ::=');
  });
});
