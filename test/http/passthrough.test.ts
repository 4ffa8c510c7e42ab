/** Single requests through the engines: whole and streamed answers, the engine's faults, clients that go away. */

import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Behaviour, type FakeOpenAi, startFakeOpenAi } from '../harness/fake-openai.ts';
import { type StartedApp, startApp } from './start-app.ts';

let server: StartedApp;
let engine: FakeOpenAi;
let client: OpenAI;
let behaviour: Behaviour = { do: 'answer' };

beforeAll(async () => {
  engine = await startFakeOpenAi(() => behaviour);
  server = await startApp('http_pass', { limits: { requestTimeoutMs: 2000 } });
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'x', maxRetries: 0 });
  const added = await fetch(`${server.url}/admin/models`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id: 'org/far', engine: 'openai', base_url: engine.url }),
  });
  expect(added.status).toBe(200);
});
afterAll(async () => {
  await server.stop();
  await engine.close();
});

const messages = [{ role: 'user' as const, content: 'hello' }];

test('models are listed and found, also with a slash in their id', async () => {
  const ids: string[] = [];
  for await (const model of client.models.list()) ids.push(model.id);
  expect(ids).toContain('org/far');
  expect(await client.models.retrieve('org/far')).toMatchObject({ id: 'org/far', object: 'model' });
  const admin = (await (await fetch(`${server.url}/admin/models`)).json()) as { data: { id: string }[] };
  expect(admin.data.find((model) => model.id === 'org/far')).toMatchObject({ engine: 'openai', scope: 'user' });
});

test('a chat is answered whole', async () => {
  behaviour = { do: 'answer', text: 'hi there' };
  const answer = await client.chat.completions.create({ model: 'org/far', messages, user: 'm' });
  expect(answer.choices[0]!.message.content).toBe('hi there');
  const sent = engine.requests.at(-1)!;
  expect(sent.body).toMatchObject({ model: 'upstream-org/far', temperature: 0, messages });
  expect(sent.headers.authorization).toBe('Bearer upstream-secret');
  expect(server.held()).toBe(0);
});

test('completions, embeddings and responses pass too', async () => {
  behaviour = { do: 'answer', text: 'ok' };
  const completion = await client.completions.create({ model: 'org/far', prompt: 'x' });
  expect(completion.choices[0]!.text).toBe('ok');
  const embedding = await client.embeddings.create({ model: 'org/far', input: 'x', encoding_format: 'float' });
  expect(embedding.data[0]!.embedding).toEqual([0.5, -0.5]);
  expect((await client.responses.create({ model: 'org/far', input: 'x' })).output_text).toBe('ok');
});

test('a stream is handed on event by event', async () => {
  behaviour = { do: 'answer', text: 'streamed words' };
  const stream = await client.chat.completions.create({ model: 'org/far', messages, stream: true });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  expect(text).toBe('streamed words');
  await expect.poll(() => server.held()).toBe(0);
});

test('a client that goes away ends the work of the engine, streamed or not', async () => {
  behaviour = { do: 'hang' };
  for (const stream of [true, false]) {
    const before = engine.abandoned();
    const controller = new AbortController();
    const asking = client.chat.completions.create(
      { model: 'org/far', messages, stream },
      { signal: controller.signal },
    );
    const asked = engine.requests.length;
    asking.catch(() => {});
    await expect.poll(() => engine.requests.length).toBe(asked + 1);
    controller.abort();
    await expect(asking).rejects.toThrow();
    await expect.poll(() => engine.abandoned(), { timeout: 5000 }).toBe(before + 1);
    await expect.poll(() => server.held()).toBe(0);
  }
});

test.each([
  ['status 500', { do: 'status', status: 500 }, 502, 'engine_error'],
  ['429', { do: 'status', status: 429 }, 429, 'rate_limited'],
  ['a hang', { do: 'hang' }, 504, 'request_timeout'],
  ['garbage', { do: 'raw', body: '<html>', type: 'text/html' }, 502, 'engine_bad_answer'],
] as const)('an engine with %s is told as such', async (_name, behave, ...wanted) => {
  behaviour = behave;
  const error = await client.chat.completions.create({ model: 'org/far', messages }).catch((e) => e);
  expect([error.status, error.code]).toEqual(wanted);
  expect(server.held()).toBe(0);
});

test('a 4xx of the engine is passed through', async () => {
  behaviour = { do: 'status', status: 400, body: JSON.stringify({ error: { message: 'bad temperature', code: 'x' } }) };
  for (const stream of [true, false]) {
    const error = await client.chat.completions.create({ model: 'org/far', messages, stream }).catch((e) => e);
    expect([error.status, error.message]).toEqual([400, '400 bad temperature']);
  }
  await expect.poll(() => server.held()).toBe(0);
});

test('a key that the engine repeats is told to nobody', async () => {
  const error = { message: 'no such key: upstream-secret', code: 'invalid_api_key' };
  behaviour = { do: 'status', status: 401, body: JSON.stringify({ error }) };
  for (const stream of [true, false]) {
    const told = await client.chat.completions.create({ model: 'org/far', messages, stream }).catch((e) => e);
    expect([told.status, told.message]).toEqual([401, '401 no such key: [key]']);
  }
  await expect.poll(() => server.held()).toBe(0);
});

test('an unknown model names those there are; a removed one is gone', async () => {
  const error = await client.chat.completions.create({ model: 'nope', messages }).catch((e) => e);
  expect([error.status, error.code, error.param]).toEqual([404, 'model_not_found', 'model']);
  expect(error.message).toContain('org/far');
  const removed = await fetch(`${server.url}/admin/models/org/far`, { method: 'DELETE' });
  expect(await removed.json()).toEqual({ id: 'org/far', deleted: true });
  await expect(client.chat.completions.create({ model: 'org/far', messages })).rejects.toMatchObject({ status: 404 });
});
