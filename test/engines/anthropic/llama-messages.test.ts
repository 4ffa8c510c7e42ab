/** The Messages API as a real llama-server speaks it, through our words for it: the same answer as in OpenAI's language. */

import { expect, test } from 'vitest';
import type { EngineEndpoint } from '../../../src/contracts/engine.ts';
import { complete } from '../../../src/engines/complete.ts';
import { openTokenCounter } from '../../../src/engines/count-tokens.ts';
import { request } from '../asking.ts';
import { SLOW, withLlama } from '../open-llama.ts';

const messages = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Name a river, please. 世界' },
];
const body = { messages, max_tokens: 12, temperature: 0 };
const CHAT = '/v1/chat/completions';

test('the same text, counts and errors', { timeout: SLOW }, (context) =>
  withLlama(async (endpoint) => {
    const key = endpoint.headers.authorization!.replace('Bearer ', '');
    const headers = { 'anthropic-version': '2023-06-01', 'x-api-key': key };
    const spoken: EngineEndpoint = { ...endpoint, engine: 'anthropic', headers };
    const answer = await complete(spoken, request({ body }));
    if (answer.status === 404) context.skip('this engine has no /v1/messages');
    const plain = await complete(endpoint, request({ body }));
    const said = (of: typeof answer) => (of.body.choices as { message: unknown; finish_reason: unknown }[])[0];
    expect(said(answer)).toMatchObject({ message: { role: 'assistant' }, finish_reason: 'length' });
    expect(said(answer)?.message).toEqual(said(plain)?.message);
    expect(answer.usage).toMatchObject({ prompt: plain.usage.prompt, completion: 12, cached: expect.any(Number) });
    // The second time the prompt is in the slot's cache.
    expect((await complete(spoken, request({ body }))).usage.cached).toBeGreaterThan(0);
    const counter = openTokenCounter();
    expect(await counter(spoken, CHAT, body)).toBe(plain.usage.prompt);
    const long = { messages: [{ role: 'user', content: 'x '.repeat(2000) }] };
    expect(await complete(spoken, request({ body: long }))).toMatchObject({
      status: 400,
      body: { error: { code: 'context_length_exceeded' } },
    });
  }),
);
