/** Endpoints of models that run elsewhere: addresses, keys of the environment, limits; and routers below a path. */

import { afterEach, expect, test } from 'vitest';
import { modelSpec } from '../../src/contracts/models.ts';
import { complete } from '../../src/engines/complete.ts';
import { remoteEndpoint } from '../../src/engines/remote.ts';
import { type FakeOpenAi, startFakeOpenAi } from '../harness/fake-openai.ts';
import { request } from './asking.ts';

const limits = { remoteConcurrency: 64, remoteConcurrencyMax: 512 };
const at = (spec: object) => remoteEndpoint(modelSpec.parse({ id: 'm', ...spec }), limits);

let fake: FakeOpenAi | null = null;
afterEach(async () => {
  await fake?.close();
  fake = null;
  delete process.env.TEST_ROUTER_KEY;
});

test('a router below a path, its key from the environment', async () => {
  fake = await startFakeOpenAi();
  process.env.TEST_ROUTER_KEY = 'hf_secret\n';
  const endpoint = at({
    engine: 'openai',
    base_url: `${fake.url}/api/v1`,
    model: 'org/m:fast',
    api_key_env: 'TEST_ROUTER_KEY',
  });
  expect((await complete(endpoint, request())).status).toBe(200);
  expect(fake.requests[0]).toMatchObject({
    path: '/api/v1/chat/completions',
    body: { model: 'org/m:fast' },
    headers: { authorization: 'Bearer hf_secret' },
  });
});

test('Anthropic has an address of its own, and its own headers', () => {
  process.env.TEST_ROUTER_KEY = 'sk-ant';
  expect(at({ engine: 'anthropic', api_key_env: 'TEST_ROUTER_KEY' })).toMatchObject({
    engine: 'anthropic',
    baseUrl: 'https://api.anthropic.com',
    headers: { 'anthropic-version': '2023-06-01', 'x-api-key': 'sk-ant' },
  });
  expect(at({ engine: 'anthropic', base_url: 'http://gateway' }).baseUrl).toBe('http://gateway');
});

test('limits and concurrency as stated, or what the server takes', () => {
  const base = { engine: 'ollama', base_url: 'http://h' };
  expect(at(base)).toMatchObject({ concurrency: 64, maxConcurrency: 512, rateLimits: null, contextTokens: null });
  const stated = at({ ...base, concurrency: 2, context: 8192, rate_limits: { tokens_per_minute: 9 } });
  expect(stated).toMatchObject({
    concurrency: 2,
    contextTokens: 8192,
    rateLimits: { requestsPerMinute: null, tokensPerMinute: 9 },
  });
  expect(stated.maxConcurrency).toBeUndefined();
});

test('a key that is not set is named, and nothing else', () => {
  expect(() => at({ engine: 'anthropic', api_key_env: 'TEST_ROUTER_KEY' })).toThrow(/TEST_ROUTER_KEY.*is not set/);
});
