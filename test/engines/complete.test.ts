/** `complete` against a fake remote engine: answers put together, and each way to fail told apart. */

import { afterEach, describe, expect, test } from 'vitest';
import type { BatchEndpoint, EngineEndpoint, EngineFailure } from '../../src/contracts/engine.ts';
import { complete, completeWithin } from '../../src/engines/complete.ts';
import { type Behaviour, type FakeOpenAi, type FakeRequest, startFakeOpenAi } from '../harness/fake-openai.ts';

/** A slow machine may take its time. */
const patient = { timeout: 60_000, interval: 20 };
let fake: FakeOpenAi | null = null;
afterEach(async () => {
  await fake?.close();
  fake = null;
});

function endpointAt(baseUrl: string, more: Partial<EngineEndpoint> = {}): EngineEndpoint {
  return {
    modelId: 'my-model',
    engine: 'openai',
    baseUrl,
    upstreamModel: 'vendor/real-name',
    headers: { authorization: 'Bearer secret' },
    concurrency: 4,
    slots: null,
    contextTokens: null,
    params: {},
    generation: 0,
    ...more,
  };
}

interface Ask {
  path?: BatchEndpoint;
  body?: Record<string, unknown>;
  endpoint?: Partial<EngineEndpoint>;
  timeoutMs?: number;
  signal?: AbortSignal;
  lane?: number;
}

async function ask(behave: (request: FakeRequest) => Behaviour, more: Ask = {}) {
  fake ??= await startFakeOpenAi(behave);
  return complete(endpointAt(fake.url, more.endpoint), {
    path: more.path ?? '/v1/chat/completions',
    body: more.body ?? { model: 'my-model', messages: [{ role: 'user', content: 'hi' }] },
    lane: more.lane ?? null,
    timeoutMs: more.timeoutMs ?? 30_000,
    signal: more.signal ?? new AbortController().signal,
  });
}

const failure = (behave: (request: FakeRequest) => Behaviour, more: Ask = {}): Promise<EngineFailure> =>
  ask(behave, more).then(
    (answer) => expect.fail(`answered ${answer.status} ${JSON.stringify(answer.body)}`),
    (error: EngineFailure) => error,
  );

const chunk = (choices: unknown[], more: Record<string, unknown> = {}): Record<string, unknown> => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  created: 5,
  model: 'vendor/real-name',
  choices,
  ...more,
});

describe('answers', () => {
  test('a streamed chat answer looks like an unstreamed one, under the name the batch used', async () => {
    const answer = await ask(() => ({ do: 'answer', text: 'Grüße, 世界' }));
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      id: 'fake-1',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'my-model',
      choices: [
        { index: 0, message: { role: 'assistant', content: 'Grüße, 世界' }, logprobs: null, finish_reason: 'stop' },
      ],
      usage: expect.objectContaining({ total_tokens: 10 }),
    });
    expect(answer.usage).toEqual({ prompt: 7, completion: 3, cached: 4, reasoning: null });
    expect(answer.requestId).toBe('fake-1');
    expect(answer.firstTokenMs).toBeGreaterThan(0);
    expect(answer.totalMs).toBeGreaterThanOrEqual(answer.firstTokenMs!);
  });

  test('what is sent: the row over the params, the upstream name, our streaming fields, the headers, no lane', async () => {
    const body = {
      model: 'my-model',
      stream: false,
      stream_options: { x: 1 },
      top_p: 0.5,
      messages: [{ content: 'a' }],
    };
    await ask(() => ({ do: 'answer' }), { body, lane: 2, endpoint: { params: { temperature: 0, top_p: 1 } } });
    expect(fake?.requests[0]?.body).toEqual({
      model: 'vendor/real-name',
      temperature: 0,
      top_p: 0.5,
      messages: [{ content: 'a' }],
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(fake?.requests[0]?.headers.authorization).toBe('Bearer secret');
  });

  test('llama-server is told the slot', async () => {
    await ask(() => ({ do: 'answer' }), { lane: 2, endpoint: { engine: 'llama-server' } });
    expect(fake?.requests[0]?.body.id_slot).toBe(2);
  });

  test('an upstream that answers JSON in spite of stream:true is taken at its word', async () => {
    const answer = await ask(() => ({ do: 'answer', text: 'whole', json: true }));
    expect(answer.body.choices).toMatchObject([{ message: { content: 'whole' } }]);
    expect(answer.firstTokenMs).toBeNull();
  });

  test.each([
    ['/v1/completions', { prompt: 'p' }, { object: 'text_completion', choices: [{ text: 'answer to p' }] }],
    ['/v1/responses', { input: 'p' }, { object: 'response', status: 'completed' }],
    ['/v1/embeddings', { input: 'p' }, { data: [{ embedding: [0.5, -0.5] }] }],
  ] as const)('%s', async (path, body, wanted) => {
    const answer = await ask(() => ({ do: 'answer' }), { path, body });
    expect(answer.body).toMatchObject({ ...wanted, model: 'my-model' });
    expect(answer.usage.prompt).toBe(7);
    expect(answer.usage.reasoning).toBe(path === '/v1/responses' ? 2 : null);
    expect(fake?.requests[0]?.body.stream).toBe(path === '/v1/embeddings' ? undefined : true);
    expect(fake?.requests[0]?.path).toBe(path);
  });

  test('tool calls, several choices out of order, reasoning, refusal, logprobs and timings', async () => {
    const call = (index: number, more: object) => ({ delta: { tool_calls: [{ index, ...more }] }, index: 1 });
    const events = [
      chunk([{ index: 1, delta: { role: 'assistant', content: null } }]),
      chunk([call(1, { id: 'b', type: 'function', function: { name: 'second', arguments: '' } })]),
      chunk([call(0, { id: 'a', type: 'function', function: { name: 'first', arguments: '{"x"' } })]),
      chunk([call(0, { function: { arguments: ':1}' } })]),
      chunk([call(1, { function: { arguments: '{}' } })]),
      chunk([
        { index: 0, delta: { role: 'assistant', reasoning_content: 'hm' }, logprobs: { content: [{ token: 'a' }] } },
      ]),
      chunk([{ index: 0, delta: { reasoning_content: 'mm', refusal: 'no' }, logprobs: { content: [{ token: 'b' }] } }]),
      chunk([{ index: 0, delta: {}, finish_reason: 'stop', stop_reason: 7 }]),
      chunk([{ index: 1, delta: {}, finish_reason: 'tool_calls' }], { system_fingerprint: 'fp' }),
      chunk([], { usage: { prompt_tokens: 9, completion_tokens: 1 }, timings: { cache_n: 6, prompt_n: 3 } }),
    ];
    const answer = await ask(() => ({ do: 'answer', events }));
    expect(answer.body.choices).toEqual([
      {
        index: 0,
        message: { role: 'assistant', content: null, reasoning_content: 'hmmm', refusal: 'no' },
        logprobs: { content: [{ token: 'a' }, { token: 'b' }] },
        finish_reason: 'stop',
        stop_reason: 7,
      },
      {
        index: 1,
        message: {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'a', type: 'function', function: { name: 'first', arguments: '{"x":1}' } },
            { id: 'b', type: 'function', function: { name: 'second', arguments: '{}' } },
          ],
        },
        logprobs: null,
        finish_reason: 'tool_calls',
      },
    ]);
    expect(answer.body).toMatchObject({ system_fingerprint: 'fp', timings: { cache_n: 6 } });
    expect(answer.usage).toEqual({ prompt: 9, completion: 1, cached: 6, reasoning: null });
  });

  test.each([400, 401, 403, 404, 413, 415, 422, 501])('a %i is final', async (status) => {
    const body = JSON.stringify({ error: { message: 'wrong', type: 't', param: 'p', code: 'c' } });
    const answer = await ask(() => ({ do: 'status', status, body }));
    expect(answer).toMatchObject({ status, body: { error: { message: 'wrong', type: 't', param: 'p', code: 'c' } } });
  });

  test('a final error keeps OpenAI’s shape whatever the engine wrote', async () => {
    const page = await ask(() => ({ do: 'status', status: 403, body: '<html><h1>Forbidden</h1></html>' }));
    expect(page.body.error).toEqual({ message: 'Forbidden', type: 'invalid_request_error', param: null, code: null });
    await fake?.close();
    fake = null;
    const error = { code: 400, message: 'too long', type: 'exceed_context_size_error', n_prompt_tokens: 9, n_ctx: 5 };
    const long = await ask(() => ({ do: 'status', status: 400, body: JSON.stringify({ error }) }));
    expect(long.body.error).toMatchObject({
      code: 'context_length_exceeded',
      n_prompt_tokens: 9,
      n_ctx: 5,
      param: null,
    });
  });

  test('a text to embed that is larger than the context is final, though llama-server says so with a 500', async () => {
    const message = 'input (2101 tokens) is too large to process. increase the physical batch size';
    const body = JSON.stringify({ error: { code: 500, message, type: 'server_error' } });
    const answer = await ask(() => ({ do: 'status', status: 500, body }));
    expect(answer).toMatchObject({ status: 500, body: { error: { code: 'context_length_exceeded', message } } });
  });

  test('llama-server never sees an empty list of messages, which it answers with invented text', async () => {
    const answer = await ask(() => ({ do: 'answer' }), {
      endpoint: { engine: 'llama-server' },
      body: { messages: [] },
    });
    expect(answer).toMatchObject({ status: 400, body: { error: { param: 'messages' } } });
    expect(fake?.requests).toHaveLength(0);
  });
});

describe('failures', () => {
  test('429 with Retry-After in seconds, as a date, in ms', async () => {
    const headers: Record<string, string>[] = [
      { 'retry-after': '2' },
      { 'retry-after': new Date(Date.now() + 10_000).toUTCString() },
      { 'retry-after-ms': '150', 'retry-after': '9' },
    ];
    const waits: (number | null)[] = [];
    for (let i = 0; i < 3; i += 1) {
      const error = await failure((r) => ({ do: 'status', status: 429, headers: headers[r.before]! }));
      expect(error).toMatchObject({ name: 'EngineFailure', kind: 'rate_limited', status: 429 });
      waits.push(error.retryAfterMs);
    }
    expect(waits[0]).toBe(2000);
    expect(waits[1]).toBeGreaterThan(7_000);
    expect(waits[1]).toBeLessThanOrEqual(10_000);
    expect(waits[2]).toBe(150);
  });

  test.each([
    [500, 'engine_error'],
    [502, 'engine_error'],
    [408, 'engine_error'],
    [409, 'engine_error'],
    [503, 'unreachable'],
    [529, 'rate_limited'],
    [302, 'bad_answer'],
  ])('%i is %s', async (status, kind) => {
    const error = await failure(() => ({ do: 'status', status, headers: { 'retry-after': '1' } }));
    expect(error).toMatchObject({ kind, status, retryAfterMs: 1000 });
  });

  test.each([
    [{ do: 'torn' }, 'connection_lost'],
    [{ do: 'drop' }, 'connection_lost'],
    [{ do: 'no-end' }, 'bad_answer'],
    [{ do: 'raw', body: '<html>Welcome</html>' }, 'bad_answer'],
    [{ do: 'raw', body: '{"choices": [{"ind', type: 'application/json' }, 'bad_answer'],
    [{ do: 'raw', body: '{"hello": 1}', type: 'application/json' }, 'bad_answer'],
    [{ do: 'raw', body: 'null', type: 'application/json' }, 'bad_answer'],
    [{ do: 'raw', body: 'data: {"id": tor\n\n', type: 'text/event-stream' }, 'bad_answer'],
    [{ do: 'raw', body: 'data: [DONE]\n\n', type: 'text/event-stream' }, 'bad_answer'],
    [{ do: 'raw', body: '', type: 'text/event-stream' }, 'bad_answer'],
    [{ do: 'error-event', error: { code: 500, message: 'Context size has been exceeded.' } }, 'overflowed'],
    [{ do: 'error-event', error: { code: 429, message: 'slow down' } }, 'rate_limited'],
    [{ do: 'error-event', error: { code: 503, message: 'Loading model' } }, 'unreachable'],
    [{ do: 'error-event', error: { code: 'rate_limit_exceeded', message: 'slow down' } }, 'rate_limited'],
    [
      { do: 'raw', body: '{"error": {"code": 502, "message": "bad gateway"}}', type: 'application/json' },
      'engine_error',
    ],
  ] as [Behaviour, string][])('%j is %s', async (behaviour, kind) => {
    const error = await failure(() => behaviour);
    expect(error).toMatchObject({ name: 'EngineFailure', kind });
    expect(error.message.length).toBeGreaterThan(5);
  });

  test('an error sent mid-stream that trying again cannot mend is a final answer', async () => {
    const answer = await ask(() => ({ do: 'error-event', error: { code: 400, message: 'bad grammar' } }));
    expect(answer).toMatchObject({ status: 400, body: { error: { message: 'bad grammar' } } });
  });

  test('nobody listens', async () => {
    fake = await startFakeOpenAi();
    await fake.refuse();
    const error = await failure(() => ({ do: 'answer' }));
    expect(error).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('ECONNREFUSED') });
    await fake.listen();
    expect((await ask(() => ({ do: 'answer' }))).status).toBe(200);
  });

  test('no such host', async () => {
    const error = await failure(() => ({ do: 'answer' }), { endpoint: { baseUrl: 'http://no-such-host.invalid' } });
    expect(error.kind).toBe('unreachable');
  });

  test('a hang ends at the time-out, and the engine sees the connection close', async () => {
    const started = performance.now();
    const error = await failure(() => ({ do: 'hang' }), { timeoutMs: 200 });
    expect(error).toMatchObject({ kind: 'timeout' });
    expect(performance.now() - started).toBeLessThan(10_000);
    await expect.poll(() => fake?.abandoned(), patient).toBe(1);
  });

  test('an abort rejects with its reason, at once or later', async () => {
    const reason = new Error('cancelled by the user');
    await expect(ask(() => ({ do: 'hang' }), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(fake?.requests).toHaveLength(0);
    const controller = new AbortController();
    const asked = ask(() => ({ do: 'hang' }), { signal: controller.signal });
    await expect.poll(() => fake?.requests.length, patient).toBe(1);
    controller.abort(reason);
    await expect(asked).rejects.toBe(reason);
    await expect.poll(() => fake?.abandoned(), patient).toBe(1);
  });

  test('an answer beyond the bound is refused instead of held in memory', async () => {
    fake = await startFakeOpenAi(() => ({ do: 'answer', text: 'x'.repeat(5000) }));
    const small = completeWithin({ answerMaxBytes: 1000, keepAliveMs: 1000, connectTimeoutMs: 1000 });
    const request = {
      path: '/v1/chat/completions' as const,
      body: { messages: [{ role: 'user', content: 'hi' }] },
      lane: null,
      timeoutMs: 10_000,
      signal: new AbortController().signal,
    };
    await expect(small(endpointAt(fake.url), request)).rejects.toMatchObject({
      kind: 'bad_answer',
      message: expect.stringContaining('1000 bytes'),
    });
  });
});
