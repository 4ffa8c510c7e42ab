/** Judges of providers on a whole server: nothing runs without a key, calls are the provider's own, no key is told anywhere. */

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import pg from 'pg';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { type RunningServer, startServer } from '../../src/main.ts';
import { command } from '../cli/command.ts';
import { waitFor } from '../harness/batches.ts';
import { type FreshDatabase, freshDatabase } from '../harness/database.ts';
import { messageEvents, startFakeAnthropic, textBlock } from '../harness/fake-anthropic.ts';
import type { FakeEngine } from '../harness/fake-engine.ts';
import { type FakeOpenAi, startFakeOpenAi } from '../harness/fake-openai.ts';
import { ask, form, type User } from './two-users.ts';

const jwtSecret = 'a secret of at least thirty-two characters';
const judges = {
  'openai/gpt-4o-mini': { variable: 'OPENAI_API_KEY', key: 'sk-proj-0penai0penai0penai' },
  'anthropic/claude-haiku-4-5': { variable: 'ANTHROPIC_API_KEY', key: 'sk-ant-api03-anthr0pic' },
  'hf/Qwen/Qwen3-8B': { variable: 'HF_TOKEN', key: 'hf_huggingfacehuggingface' },
};
type Judge = keyof typeof judges;
const ids = Object.keys(judges) as Judge[];
const keys = Object.values(judges).map(({ key }) => key);
const before = Object.values(judges).map(({ variable }) => [variable, process.env[variable]] as const);
const setKeys = (set: boolean) => {
  for (const { variable, key } of Object.values(judges)) {
    if (set) process.env[variable] = key;
    else delete process.env[variable];
  }
};

const names = ['helpfulness', 'accuracy', 'clarity', 'safety', 'completeness'];
const verdict = JSON.stringify({
  reasoning: 'Read.',
  scores: Object.fromEntries(names.map((name) => [name, 8])),
  confidence: 0.9,
});

let folder: string;
let fresh: FreshDatabase;
let server: RunningServer;
let openai: FakeOpenAi;
let hub: FakeOpenAi;
let anthropic: FakeEngine;
let run: string;
let dataset: string;
const log: string[] = [];
const everything: string[] = [];
const operator = (): User => ({ url: server.url, token: server.token });

/** Asks as who runs the server, and keeps all that is answered. */
async function asked(method: string, path: string, body?: object | FormData) {
  const answer = await ask(operator(), method, path, body);
  everything.push(answer.text);
  return answer;
}

beforeAll(async () => {
  setKeys(false);
  folder = await mkdtemp(join(tmpdir(), 'assay-providers-'));
  fresh = await freshDatabase('judge_providers');
  // As services do: an error repeats the key it was sent.
  openai = await startFakeOpenAi(({ marker, headers }) =>
    marker.includes('refused')
      ? {
          do: 'status',
          status: 400,
          body: JSON.stringify({ error: { message: `Bad request with ${headers.authorization}`, code: 'bad' } }),
        }
      : // The judge without a price is heard first: what a later one costs makes no known sum of an unknown one.
        { do: 'answer', text: verdict, delayMs: 600 },
  );
  hub = await startFakeOpenAi(({ marker, headers }) => {
    if (marker.includes('hang')) return { do: 'hang' };
    if (!marker.includes('locked')) return { do: 'answer', text: verdict };
    return { do: 'status', status: 401, body: `Invalid credentials: ${headers.authorization}` };
  });
  anthropic = await startFakeAnthropic(({ headers, body }) =>
    JSON.stringify(body).includes('refused')
      ? { do: 'status', status: 400, body: `{"error": {"message": "no: ${String(headers['x-api-key'])}"}}` }
      : { do: 'answer', pieces: messageEvents([textBlock(verdict)], { stop_reason: 'end_turn' }) },
  );
  const { config } = loadConfig({
    folder,
    env: {},
    flags: {
      port: 0,
      data: join(folder, 'data'),
      database_url: fresh.url,
      jwt_secret: jwtSecret,
      openai_base_url: `${openai.url}/v1`,
      anthropic_base_url: anthropic.url,
      hf_base_url: hub.url,
      judge_poll_ms: 100,
    },
  });
  server = await startServer({ config, log: pino({ level: 'trace' }, { write: (line: string) => log.push(line) }) });
  const items = [0, 1].map((n) => JSON.stringify({ custom_id: `q-${n}`, prompt: `Question ${n}` })).join('\n');
  dataset = (await asked('POST', '/admin/datasets/upload', form('file', items))).body.id;
  const answers = [0, 1].map((n) => JSON.stringify({ custom_id: `q-${n}`, content: `Answer ${n}` })).join('\n');
  const imported = form('file', answers, { dataset_id: dataset, model_id: 'm' });
  run = (await asked('POST', '/admin/benchmarks/import', imported)).body.id;
});

afterAll(async () => {
  await server?.stop();
  await Promise.all([openai?.close(), hub?.close(), anthropic?.close()]);
  await fresh?.drop();
  await rm(folder, { recursive: true, force: true });
  for (const [variable, value] of before) {
    if (value === undefined) delete process.env[variable];
    else process.env[variable] = value;
  }
});

/** Requests of each provider so far. */
const requestsBy = () => [openai, hub, anthropic].map(({ requests }) => requests.length);
const sent = () => requestsBy().reduce((sum, count) => sum + count, 0);

async function rows(sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: fresh.url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe.each(ids)('without its key, %s', (id) => {
  const { variable } = judges[id];

  test('is refused on every way over HTTP before anything runs, with the variable named', async () => {
    setKeys(false);
    const item = { input: 'Q', answer: 'A' };
    const ways: [path: string, body: object][] = [
      ['/api/evaluation/estimate', { benchmark_id: run, mode: 'batch', judge_model: id }],
      ['/api/evaluation/runs', { benchmark_id: run, mode: 'single', judge_model: id }],
      ['/api/evaluation/runs', { benchmark_id: run, mode: 'batch', judge_models: ['smollm2-135m', id] }],
      ['/api/evaluation/judge', { judge_model: id, items: [item] }],
      ['/admin/benchmarks/run', { dataset_id: dataset, model_id: id, llm_judge: { enabled: true, judge_model: id } }],
      ['/v1/chat/completions', { model: id, messages: [{ role: 'user', content: 'Hi' }] }],
    ];
    for (const [path, body] of ways) {
      const { status, body: answered } = await asked('POST', path, body);
      expect([path, status, answered.error.code]).toEqual([path, 503, 'engine_unavailable']);
      expect(answered.error.message).toContain(`environment variable ${variable}`);
    }
    expect(sent()).toBe(0);
    expect(await rows('select 1 from judge_runs union all select 1 from batches')).toEqual([]);
  });

  test('is refused by the command line with the same words', async () => {
    setKeys(false);
    const place = { data: join(folder, 'data'), cwd: folder };
    const ended = await command(place, ['judge', run, '--judge', id, '--mode', 'single']);
    expect(ended.code).not.toBe(0);
    expect(`${ended.out}${ended.err}`).toContain(`environment variable ${variable}`);
    expect(`${ended.out}${ended.err}`).not.toMatch(/\n\s+at /);
  });
});

test('with their keys, judges of all providers judge a run, each asked in its own way; the estimate shows dated prices', async () => {
  setKeys(true);
  const body = { benchmark_id: run, mode: 'single', judge_models: ids };
  const { body: estimate } = await asked('POST', '/api/evaluation/estimate', body);
  // One of the three has no price, so the cost is unknown and not a part of it.
  expect(estimate).toMatchObject({ calls: 6, cost: null, price_as_of: '2026-05-27' });
  const priced = (await asked('POST', '/api/evaluation/estimate', { ...body, judge_models: ids.slice(0, 2) })).body;
  expect(priced.cost).toBeGreaterThan(0);
  const before = requestsBy();
  const { body: begun } = await asked('POST', '/api/evaluation/runs', body);
  const { body: ended } = await waitFor(
    () => asked('GET', `/api/evaluation/runs/${begun.id}`),
    (got) => got.body.status !== 'running',
    { timeoutMs: 60_000, what: 'the judge run' },
  );
  expect(ended).toMatchObject({ status: 'completed', judged: 2, failed: 0, passed: 2, problem: null, cost: null });
  expect(requestsBy()).toEqual(before.map((count) => count + 2));
  const [first] = openai.requests;
  expect(first).toMatchObject({
    path: '/v1/chat/completions',
    headers: { authorization: `Bearer ${judges['openai/gpt-4o-mini'].key}` },
    body: { model: 'gpt-4o-mini', temperature: 0, max_completion_tokens: expect.any(Number) },
  });
  expect(first!.body).not.toHaveProperty('max_tokens');
  expect(hub.requests[0]).toMatchObject({
    path: '/v1/chat/completions',
    headers: { authorization: `Bearer ${judges['hf/Qwen/Qwen3-8B'].key}` },
    body: { model: 'Qwen/Qwen3-8B' },
  });
  expect(anthropic.requests[0]).toMatchObject({
    path: '/v1/messages',
    headers: { 'x-api-key': judges['anthropic/claude-haiku-4-5'].key },
    body: { model: 'claude-haiku-4-5' },
  });
});

test('at once and passed through they answer too; what a service says of the key is not passed on', async () => {
  setKeys(true);
  for (const id of ids) {
    const { body } = await asked('POST', '/api/evaluation/judge', {
      judge_model: id,
      items: [{ input: 'Q', answer: 'A' }],
    });
    expect(body.data[0]).toMatchObject({ score: 8, pass: true, error: null });
    const messages = [{ role: 'user', content: 'Hi' }];
    expect((await asked('POST', '/v1/chat/completions', { model: id, messages })).status).toBe(200);
  }
  const items = [{ input: 'Q', answer: 'refused' }];
  for (const id of ids.slice(0, 2)) {
    const { body } = await asked('POST', '/api/evaluation/judge', { judge_model: id, items });
    expect(body.data[0].error).toBe('call_failed');
    expect(body.data[0].error_detail).toContain('[key]');
  }
  const locked = { judge_model: 'hf/Qwen/Qwen3-8B', items: [{ input: 'Q', answer: 'locked' }] };
  const { status, body } = await asked('POST', '/api/evaluation/judge', locked);
  expect([status, body.error.code]).toEqual([502, 'engine_error']);
  await hub.refuse();
  const away = await asked('POST', '/api/evaluation/judge', locked);
  expect([away.status, away.body.error.code]).toEqual([503, 'engine_unavailable']);
  await hub.listen();
});

test('a client that goes ends the calls made for it', async () => {
  setKeys(true);
  const gone = new AbortController();
  const items = ['one', 'two'].map((input) => ({ input, answer: 'hang' }));
  const before = hub.requests.length;
  const asking = fetch(`${server.url}/api/evaluation/judge`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ judge_model: 'hf/Qwen/Qwen3-8B', items }),
    signal: gone.signal,
  });
  const ended = expect(asking).rejects.toThrow();
  await expect.poll(() => hub.requests.length, { timeout: 20_000 }).toBe(before + 2);
  const abandoned = hub.abandoned();
  gone.abort();
  await ended;
  await expect.poll(() => hub.abandoned(), { timeout: 20_000 }).toBe(abandoned + 2);
});

test('a judge run whose calls all fail keeps no key; nor does any log, table, file, answer or error text', async () => {
  setKeys(true);
  const instructions = 'Every answer here is refused or locked.';
  const rubric = { name: 'Failing', instructions, criteria: [{ name: 'a', description: 'refused locked' }] };
  const answers = [0, 1].map((n) => JSON.stringify({ custom_id: `q-${n}`, content: 'refused locked' })).join('\n');
  const imported = form('file', answers, { dataset_id: dataset, model_id: 'failing' });
  const failing = (await asked('POST', '/admin/benchmarks/import', imported)).body.id;
  const rubric_id = (await asked('POST', '/api/evaluation/rubrics', rubric)).body.id;
  for (const id of ids) {
    const body = { benchmark_id: failing, mode: 'single', judge_model: id, rubric_id };
    const { body: begun } = await asked('POST', '/api/evaluation/runs', body);
    const { body: ended } = await waitFor(
      () => asked('GET', `/api/evaluation/runs/${begun.id}`),
      (got) => got.body.status !== 'running',
      { timeoutMs: 60_000, what: 'the failing judge run' },
    );
    expect([id, ended.status, ended.failed]).toEqual([id, 'completed', 2]);
    await asked('GET', `/api/evaluation/judgments?judge_run_id=${begun.id}`);
    await asked('GET', `/api/evaluation/runs/${begun.id}/files/failures.jsonl`);
    for (const batch of ended.batch_ids) await asked('GET', `/v1/batches/${batch}/requests`);
  }
  for (const path of ['/admin/models', '/admin/settings', '/api/evaluation/judge', '/metrics', '/admin/workers'])
    await asked('GET', path);
  const tables = await rows(`select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema')`);
  const kept: string[] = [];
  for (const { name } of tables)
    kept.push(...(await rows(`select t::text as row from ${name} t`)).map(({ row }) => `${name} ${row}`));
  const files = await readdir(join(folder, 'data'), { recursive: true, withFileTypes: true });
  for (const file of files.filter((one) => one.isFile()))
    kept.push(`${file.name} ${await readFile(join(file.parentPath, file.name), 'latin1')}`);
  // What is looked through is what was written: the runs are in it, the log, and the errors of the services.
  expect(kept.some((text) => text.includes('anthropic/claude-haiku-4-5'))).toBe(true);
  expect(kept.some((text) => text.includes('[key]'))).toBe(true);
  expect(log.length).toBeGreaterThan(5);
  for (const key of keys) {
    expect(kept.filter((text) => text.includes(key))).toEqual([]);
    expect(everything.filter((text) => text.includes(key))).toEqual([]);
    expect(log.filter((line) => line.includes(key))).toEqual([]);
  }
});

test('no other user spends the money of who runs the server', async () => {
  setKeys(true);
  const signing = new SignJWT({ sub: 'bob' }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h');
  const bob = { url: server.url, token: await signing.sign(new TextEncoder().encode(jwtSecret)) };
  const asks = sent();
  for (const id of ids) {
    for (const [path, body] of [
      ['/api/evaluation/judge', { judge_model: id, items: [{ input: 'Q', answer: 'A' }] }],
      ['/v1/chat/completions', { model: id, messages: [{ role: 'user', content: 'Hi' }] }],
    ] as const) {
      const refused = await ask(bob, 'POST', path, body);
      expect([path, refused.status, refused.body.error.code]).toEqual([path, 404, 'model_not_found']);
      expect(refused.body.error.message).toContain('for who runs the server');
    }
  }
  expect(sent()).toBe(asks);
  const { body } = await ask(bob, 'GET', '/api/evaluation/judge');
  expect(body.judges.filter(({ provider }: { provider: string | null }) => provider !== null)).toEqual([]);
});
