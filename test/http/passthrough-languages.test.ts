/** Single requests to engines with a language of their own: a client of OpenAI's notices nothing of it. */

import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeAnthropic } from '../harness/fake-anthropic.ts';
import type { Behaviour, FakeEngine } from '../harness/fake-engine.ts';
import { startFakeOllama } from '../harness/fake-ollama.ts';
import { type StartedApp, startApp } from './start-app.ts';

let server: StartedApp;
let client: OpenAI;
let behaviour: Behaviour = { do: 'answer' };
const engines: FakeEngine[] = [];

beforeAll(async () => {
  server = await startApp('http_languages', { limits: { requestTimeoutMs: 5000 } });
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'x', maxRetries: 0 });
  for (const [engine, start] of [
    ['anthropic', startFakeAnthropic],
    ['ollama', startFakeOllama],
  ] as const) {
    const fake = await start(() => behaviour);
    engines.push(fake);
    const added = await fetch(`${server.url}/admin/models`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: engine, engine, base_url: fake.url }),
    });
    expect(added.status).toBe(200);
  }
});
afterAll(async () => {
  await server.stop();
  await Promise.all(engines.map((engine) => engine.close()));
});

const messages = [{ role: 'user' as const, content: 'hello' }];

async function readAll(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

describe.each([
  ['anthropic', 'Hello there', { prompt_tokens: 11, completion_tokens: 9 }],
  ['ollama', 'Hello', { prompt_tokens: 11, completion_tokens: 18 }],
])('%s', (model, text, usage) => {
  test('whole and streamed', async () => {
    behaviour = { do: 'answer' };
    const whole = await client.chat.completions.create({ model, messages });
    expect(whole).toMatchObject({ model, usage, choices: [{ message: { content: text } }] });
    let said = '';
    const seen = new Set<string>();
    let last: OpenAI.Chat.ChatCompletionChunk | null = null;
    for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
      said += chunk.choices[0]?.delta.content ?? '';
      seen.add(`${chunk.id} ${chunk.object} ${chunk.model} ${chunk.created}`);
      last = chunk;
    }
    expect(said).toBe(text);
    expect(last).toMatchObject({ model, usage, choices: [{ finish_reason: 'stop' }] });
    expect([...seen]).toEqual([expect.stringMatching(/^\S+ chat\.completion\.chunk \S+ \d+$/)]);
    await expect.poll(() => server.held()).toBe(0);
  });

  test('what cannot be said, a 4xx, and an error in the stream', async () => {
    const refused = await client.chat.completions.create({ model, messages, n: 2, stream: true }).catch((e) => e);
    expect([refused.status, refused.param]).toEqual([400, 'n']);
    behaviour = { do: 'status', status: 404 };
    const missing = await client.chat.completions.create({ model, messages, stream: true }).catch((e) => e);
    expect([missing.status, missing.message]).toEqual([404, '404 status 404']);
    behaviour = { do: 'error-event', error: { type: 'api_error', message: 'broken' } };
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    await expect(readAll(stream)).rejects.toThrow('broken');
    await expect.poll(() => server.held()).toBe(0);
  });

  test('a stream that is torn is not one that ended', async () => {
    behaviour = { do: 'torn' };
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    await expect(readAll(stream)).rejects.toThrow();
    await expect.poll(() => server.held()).toBe(0);
  });
});
