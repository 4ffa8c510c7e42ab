/** When a request is counted, trimmed, left as it is, or refused. */

import { expect, test } from 'vitest';
import type { EngineEndpoint } from '../../src/contracts/engine.ts';
import { openFit } from '../../src/prompts/fit-body.ts';
import { endpoint } from '../scheduler/workplace.ts';

const path = '/v1/chat/completions' as const;
const on = (contextTokens: number | null): EngineEndpoint => endpoint({ contextTokens });
/** Ten tokens for each message. */
function counter() {
  const asked: number[] = [];
  return {
    asked,
    async countTokens(_: unknown, __: unknown, body: Record<string, unknown>) {
      const { length } = body.messages as unknown[];
      asked.push(length);
      return length * 10;
    },
  };
}
const chat = (count: number, more: Record<string, unknown> = {}) => ({
  messages: Array.from({ length: count }, (_, i) => ({
    role: i % 2 === 0 ? 'user' : 'assistant',
    content: 'x'.repeat(30),
  })),
  ...more,
});

test('what fits by its bytes is not even counted; what may not is, once', async () => {
  const counted = counter();
  const shorten = openFit({ ...counted, answerTokens: 20 });
  expect(await shorten({ endpoint: on(4000), path, body: chat(3) }, 'sliding_window')).toEqual({
    body: chat(3),
    trim: null,
  });
  expect(counted.asked).toEqual([]);
  expect(await shorten({ endpoint: on(120), path, body: chat(9) }, 'sliding_window')).toMatchObject({ trim: null });
  expect(counted.asked).toEqual([9]);
});

test('room is kept for the answer: what is stated, else the setting, a quarter of the context at most', async () => {
  const shorten = openFit({ ...counter(), answerTokens: 50 });
  const kept = async (context: number, more: Record<string, unknown>) =>
    (
      (await shorten({ endpoint: on(context), path, body: chat(21, more) }, 'sliding_window')).body
        .messages as unknown[]
    ).length;
  expect(await kept(160, { max_tokens: 60 })).toBe(10);
  expect(await kept(160, { max_completion_tokens: 100 })).toBe(6);
  expect(await kept(160, {})).toBe(12);
  expect(await kept(200, { max_tokens: null })).toBe(15);
});

test('what was left out is told', async () => {
  const shorten = openFit({ ...counter(), answerTokens: 20 });
  const { trim } = await shorten({ endpoint: on(120), path, body: chat(21) }, 'sliding_window');
  expect(trim).toEqual({ strategy: 'sliding_window', messages: 11, tokensBefore: 210, tokensAfter: 100 });
});

test('a stated importance is not sent', async () => {
  const shorten = openFit({ ...counter(), answerTokens: 20 });
  const messages = [{ role: 'user', content: 'hi', importance: 1 }];
  const { body } = await shorten({ endpoint: on(4000), path, body: { messages } }, 'importance');
  expect(body.messages).toEqual([{ role: 'user', content: 'hi' }]);
});

test('nothing is trimmed where nobody knows the context or the tokens, or the row is no chat', async () => {
  const shorten = openFit({ countTokens: async () => null, answerTokens: 20 });
  for (const request of [
    { endpoint: on(null), path, body: chat(50) },
    { endpoint: on(120), path, body: chat(50) },
    { endpoint: on(120), path: '/v1/completions' as const, body: { prompt: 'x'.repeat(5000) } },
  ])
    expect(await shorten(request, 'aggressive')).toEqual({ body: request.body, trim: null });
});

test('what cannot be made to fit is refused with its tokens and the context', async () => {
  const shorten = openFit({ countTokens: async () => 900, answerTokens: 20 });
  await expect(shorten({ endpoint: on(120), path, body: chat(9) }, 'hybrid')).rejects.toThrow(
    /prompt has 900 tokens, the model m holds 120/,
  );
});
