/** Tokens counted by each engine's own tokenizer: fakes of the remote ones, llama-server for real. */

import { expect, test } from 'vitest';
import type { EngineEndpoint } from '../../src/contracts/engine.ts';
import { complete } from '../../src/engines/complete.ts';
import { openTokenCounter } from '../../src/engines/count-tokens.ts';
import { gaugeOf } from '../../src/engines/gauge.ts';
import { startFakeAnthropic } from '../harness/fake-anthropic.ts';
import type { FakeEngine } from '../harness/fake-engine.ts';
import { startFakeOllama } from '../harness/fake-ollama.ts';
import { startFakeVllm } from '../harness/fake-vllm.ts';
import { chat, endpointAt, request } from './asking.ts';
import { SLOW, withLlama } from './open-llama.ts';

const CHAT = '/v1/chat/completions';

async function withFake(
  starting: Promise<FakeEngine>,
  described: Partial<EngineEndpoint>,
  act: (endpoint: EngineEndpoint, fake: FakeEngine) => Promise<void>,
): Promise<void> {
  const fake = await starting;
  try {
    await act(endpointAt(fake.url, described), fake);
  } finally {
    await fake.close();
  }
}

test('vLLM counts a chat and a prompt, each body once while it is remembered', () =>
  withFake(startFakeVllm(), { engine: 'vllm', params: { temperature: 1 } }, async (endpoint, fake) => {
    const count = openTokenCounter(2);
    const tools = [{ type: 'function', function: { name: 'look' } }];
    const { messages } = chat('hello');
    const body = { messages, tools, temperature: 0 };
    const wanted = JSON.stringify(messages).length;
    expect(await count(endpoint, CHAT, body)).toBe(wanted);
    expect(fake.requests[0]).toMatchObject({ path: '/tokenize' });
    expect(fake.requests[0]?.body).toEqual({ model: 'vendor/real-name', messages, tools });
    expect(await count(endpoint, CHAT, { ...body, temperature: 0.7 })).toBe(wanted);
    expect(fake.requests).toHaveLength(1);
    expect(await count(endpoint, '/v1/completions', { prompt: 'abc' })).toBe(3);
    expect(await count(endpoint, '/v1/completions', { prompt: 'abcd' })).toBe(4);
    expect(await count(endpoint, CHAT, body)).toBe(wanted);
    expect(fake.requests).toHaveLength(4);
    expect(await count(endpoint, '/v1/completions', { prompt: ['a', 'b'] })).toBeNull();
    expect(await count(endpoint, '/v1/embeddings', { input: 'a' })).toBeNull();
  }));

test('Anthropic is asked for what makes up the prompt', () =>
  withFake(startFakeAnthropic(), { engine: 'anthropic', upstreamModel: 'claude-x' }, async (endpoint, fake) => {
    const body = { messages: [{ role: 'system', content: 'S' }, ...(chat().messages as object[])], max_tokens: 5 };
    const count = openTokenCounter();
    const messages = [{ role: 'user', content: 'hi' }];
    expect(await count(endpoint, CHAT, body)).toBe(JSON.stringify(messages).length);
    expect(fake.requests[0]).toMatchObject({ path: '/v1/messages/count_tokens' });
    expect(fake.requests[0]?.body).toEqual({ model: 'claude-x', system: 'S', messages });
    expect(await count(endpoint, CHAT, { ...body, n: 2 })).toBeNull();
  }));

test('where there is no way to tell, null', async () => {
  const count = openTokenCounter();
  await withFake(startFakeOllama(), { engine: 'ollama' }, async (endpoint, fake) => {
    expect(await count(endpoint, CHAT, chat())).toBeNull();
    expect(fake.requests).toHaveLength(0);
    // An OpenAI-compatible server that is no vLLM: it has no /tokenize.
    const other = { ...endpoint, engine: 'vllm' as const, baseUrl: `${fake.url}/none` };
    await withFake(
      startFakeOllama(() => ({ do: 'status', status: 404 })),
      { engine: 'vllm' },
      async (missing) => {
        expect(await count({ ...other, baseUrl: missing.baseUrl }, CHAT, chat())).toBeNull();
      },
    );
  });
});

test('an engine that could tell but does not answer is a failure', async () => {
  const count = openTokenCounter();
  let gone: EngineEndpoint | null = null;
  await withFake(startFakeVllm(), { engine: 'vllm' }, async (endpoint) => {
    gone = endpoint;
  });
  await expect(count(gone!, CHAT, chat())).rejects.toMatchObject({ kind: 'unreachable' });
  await withFake(
    startFakeOllama(() => ({ do: 'status', status: 500 })),
    { engine: 'vllm' },
    async (endpoint) => {
      await expect(count(endpoint, CHAT, chat())).rejects.toMatchObject({ kind: 'engine_error', status: 500 });
    },
  );
});

test('llama-server counts what it then says it read, and says what it does', { timeout: SLOW }, () =>
  withLlama(async (endpoint) => {
    const count = openTokenCounter();
    const messages = [
      { role: 'system', content: 'You are brief.' },
      { role: 'user', content: 'Grüße, 世界! <|im_end|> How are you?' },
    ];
    const said = await complete(endpoint, request({ body: { messages, max_tokens: 1 } }));
    expect(await count(endpoint, CHAT, { messages, max_tokens: 1 })).toBe(said.usage.prompt);
    const path = '/v1/completions' as const;
    const text = await complete(endpoint, request({ path, body: { prompt: 'The sky is', max_tokens: 1 } }));
    expect(await count(endpoint, path, { prompt: 'The sky is' })).toBe(text.usage.prompt);
    expect(await gaugeOf(endpoint)).toMatchObject({ running: 0, waiting: 0, kvUsed: null });
  }),
);
