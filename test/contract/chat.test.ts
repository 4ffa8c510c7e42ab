/** Chat, completions, embeddings and models pass through to the engine for the official Node client, streamed or not. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI, { NotFoundError } from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
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
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'any-key', maxRetries: 0 });
}, 180_000);

afterAll(async () => {
  await server?.remove();
  await upstream?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

test('a chat completion', async () => {
  const answer = await client.chat.completions.create({
    model: 'counting',
    messages: [{ role: 'user', content: '[[chat]]' }],
  });
  expect(answer.choices[0]!.message.content).toBe('echo chat');
  expect(answer.choices[0]!.finish_reason).toBe('stop');
  expect(answer.usage).toMatchObject({
    prompt_tokens: answerTokens.prompt,
    prompt_tokens_details: { cached_tokens: answerTokens.cached },
  });
});

test('a streamed chat completion', async () => {
  const stream = await client.chat.completions.create({
    model: 'counting',
    messages: [{ role: 'user', content: '[[stream]]' }],
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = '';
  let finish: string | null = null;
  let prompt = 0;
  for await (const chunk of stream) {
    expect(chunk.object).toBe('chat.completion.chunk');
    text += chunk.choices[0]?.delta.content ?? '';
    finish = chunk.choices[0]?.finish_reason ?? finish;
    prompt = chunk.usage?.prompt_tokens ?? prompt;
  }
  expect([text, finish, prompt]).toEqual(['echo stream', 'stop', answerTokens.prompt]);
});

test('a text completion and an embedding', async () => {
  const text = await client.completions.create({ model: 'counting', prompt: '[[text]]' });
  expect(text.choices[0]!.text).toBe('echo text');
  const vector = await client.embeddings.create({ model: 'counting', input: '[[vector]]', encoding_format: 'float' });
  expect(vector.data[0]!.embedding).toEqual([0.5, -0.25, 0.125, 1]);
});

test('models are listed', async () => {
  const ids: string[] = [];
  for await (const model of client.models.list()) {
    expect(model.object).toBe('model');
    ids.push(model.id);
  }
  expect(ids).toContain('counting');
  expect(ids).toContain('smollm2-135m');
});

test('an unknown model is a 404 that names the models there are', async () => {
  const asked = client.chat.completions.create({ model: 'no-such', messages: [{ role: 'user', content: 'hi' }] });
  const error = await asked.catch((thrown) => thrown);
  expect(error).toBeInstanceOf(NotFoundError);
  expect(error).toMatchObject({ status: 404, code: 'model_not_found' });
  expect(error.message).toContain('no-such');
  expect(error.message).toContain('counting');
});

test('an error of the engine keeps its status', async () => {
  await upstream.behave('teapot', { kind: 'status', status: 422 });
  const asked = client.chat.completions.create({
    model: 'counting',
    messages: [{ role: 'user', content: '[[teapot]]' }],
  });
  await expect(asked).rejects.toMatchObject({ status: 422 });
});
