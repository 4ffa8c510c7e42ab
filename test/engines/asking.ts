/** Asks a fake engine through `complete`, and the behaviours every engine's language must show when things go wrong. */

import { afterEach, describe, expect, test } from 'vitest';
import type { EngineAnswer, EngineEndpoint, EngineFailure, EngineRequest } from '../../src/contracts/engine.ts';
import { complete, completeWithin } from '../../src/engines/complete.ts';
import type { Behaviour, FakeEngine, FakeRequest, Json } from '../harness/fake-engine.ts';

/** A slow machine may take its time. */
const patient = { timeout: 60_000, interval: 20 };

export type StartFake = (behave?: (request: FakeRequest) => Behaviour) => Promise<FakeEngine>;

export const endpointAt = (baseUrl: string, more: Partial<EngineEndpoint>): EngineEndpoint => ({
  modelId: 'my-model',
  engine: 'openai',
  baseUrl,
  upstreamModel: 'vendor/real-name',
  headers: {},
  concurrency: 4,
  slots: null,
  contextTokens: null,
  params: {},
  generation: 0,
  ...more,
});

export const chat = (content: unknown = 'hi'): Json => ({ model: 'my-model', messages: [{ role: 'user', content }] });

export const request = (more: Partial<EngineRequest> = {}): EngineRequest => ({
  path: '/v1/chat/completions',
  body: chat(),
  lane: null,
  timeoutMs: 30_000,
  signal: new AbortController().signal,
  ...more,
});

/** One fake per test, asked as often as the test likes. */
export function askingOf(start: StartFake, described: Partial<EngineEndpoint>) {
  let fake: FakeEngine | null = null;
  afterEach(async () => {
    await fake?.close();
    fake = null;
  });
  const place = {
    fake: () => fake!,
    async open(behave?: (request: FakeRequest) => Behaviour): Promise<EngineEndpoint> {
      fake ??= await start(behave);
      return endpointAt(fake.url, described);
    },
    /** The answer, with the body the fake was sent last. */
    async ask(
      behave: ((request: FakeRequest) => Behaviour) | undefined,
      more: Partial<EngineRequest> & { endpoint?: Partial<EngineEndpoint> } = {},
    ): Promise<EngineAnswer & { sent: Json }> {
      const { endpoint, ...rest } = more;
      const answer = await complete({ ...(await place.open(behave)), ...endpoint }, request(rest));
      return { ...answer, sent: fake?.requests.at(-1)?.body ?? {} };
    },
    failure: (behave: (request: FakeRequest) => Behaviour, more: Partial<EngineRequest> = {}): Promise<EngineFailure> =>
      place.ask(behave, more).then(
        (answer) => expect.fail(`answered ${answer.status} ${JSON.stringify(answer.body)}`),
        (error: EngineFailure) => error,
      ),
  };
  return place;
}

/** The failures that are the same in every language, as test/engines/complete.test.ts shows them for OpenAI's. */
export function failsLikeTheOthers(start: StartFake, described: Partial<EngineEndpoint>): void {
  const { open, ask, failure, fake } = askingOf(start, described);

  describe('failures', () => {
    test.each([
      [{ do: 'torn' }, 'connection_lost'],
      [{ do: 'drop' }, 'connection_lost'],
      [{ do: 'no-end' }, 'bad_answer'],
      [{ do: 'raw', body: '' }, 'bad_answer'],
      [{ do: 'raw', body: 'data: {"id": tor\n\n' }, 'bad_answer'],
      [{ do: 'raw', body: '<html>Welcome</html>', type: 'text/html' }, 'bad_answer'],
      [{ do: 'raw', body: '{"hello": 1}', type: 'application/json' }, 'bad_answer'],
      [{ do: 'status', status: 429, headers: { 'retry-after': '2' } }, 'rate_limited'],
      [{ do: 'status', status: 529 }, 'rate_limited'],
      [{ do: 'status', status: 500 }, 'engine_error'],
      [{ do: 'status', status: 503 }, 'unreachable'],
    ] as [Behaviour, string][])('%j is %s', async (behaviour, kind) => {
      const error = await failure(() => behaviour);
      expect(error).toMatchObject({ name: 'EngineFailure', kind });
      if (behaviour.do === 'status' && behaviour.headers) expect(error.retryAfterMs).toBe(2000);
    });

    test.each([400, 401, 403, 404, 413])('a %i is final, in OpenAI’s shape', async (status) => {
      const answer = await ask(() => ({ do: 'status', status }));
      expect(answer).toMatchObject({ status, body: { error: { message: `status ${status}`, param: null } } });
    });

    test('nobody listens', async () => {
      const endpoint = await open();
      await fake().close();
      await expect(complete(endpoint, request())).rejects.toMatchObject({ kind: 'unreachable' });
    });

    test('a hang ends at the time-out, an abort with its reason; the engine sees the connection close', async () => {
      expect(await failure(() => ({ do: 'hang' }), { timeoutMs: 200 })).toMatchObject({ kind: 'timeout' });
      await expect.poll(() => fake().abandoned(), patient).toBe(1);
      const controller = new AbortController();
      const reason = new Error('cancelled by the user');
      const asked = ask(undefined, { signal: controller.signal });
      await expect.poll(() => fake().requests.length, patient).toBe(2);
      controller.abort(reason);
      await expect(asked).rejects.toBe(reason);
      await expect.poll(() => fake().abandoned(), patient).toBe(2);
    });

    test('an answer beyond the bound is refused', async () => {
      const small = completeWithin({ answerMaxBytes: 50, keepAliveMs: 1000, connectTimeoutMs: 1000 });
      await expect(small(await open(), request())).rejects.toMatchObject({
        kind: 'bad_answer',
        message: expect.stringContaining('50 bytes'),
      });
    });

    test('a key that the service repeats is in no error', async () => {
      const headers = { authorization: 'Bearer sk-very-secret', 'x-api-key': 'sk-very-secret' };
      const body = JSON.stringify({
        error: { message: 'no such key: sk-very-secret, sk-very-secret, sk-very-secret' },
      });
      const refused = await ask(() => ({ do: 'status', status: 401, body }), { endpoint: { headers } });
      expect(refused.body).toMatchObject({ error: { message: 'no such key: [key], [key], [key]' } });
      await fake().close();
    });
  });
}
