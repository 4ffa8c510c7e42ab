/** Trimming for a real llama-server: the counts are its own, and what it refused it then answers. */

import { expect, test } from 'vitest';
import { contextStrategies } from '../../src/contracts/context.ts';
import type { EngineEndpoint } from '../../src/contracts/engine.ts';
import { complete } from '../../src/engines/complete.ts';
import { openTokenCounter } from '../../src/engines/count-tokens.ts';
import { openFit } from '../../src/prompts/fit-body.ts';
import { SLOW, withLlama } from '../engines/open-llama.ts';

const path = '/v1/chat/completions' as const;
const send = (endpoint: EngineEndpoint, body: Record<string, unknown>) =>
  complete(endpoint, { path, body, lane: null, timeoutMs: SLOW, signal: new AbortController().signal });

const talk = {
  messages: [
    { role: 'system', content: 'You answer in one word.' },
    ...Array.from({ length: 30 }, (_, i) => ({
      role: i % 2 === 0 ? 'user' : 'assistant',
      content: `Turn ${i}: the Zürich mine, 金鉱 number ${i * 7919}, yields ore of grade ${i / 7} per tonne.`,
    })),
    { role: 'user', content: 'Is there gold?' },
  ],
  max_tokens: 4,
  temperature: 0,
};

test(
  'a chat that is too long is refused as it is, and answered when trimmed, with exactly the tokens counted',
  {
    timeout: SLOW,
  },
  () =>
    withLlama(async (endpoint) => {
      const refused = await send(endpoint, talk);
      expect(refused.status).toBe(400);
      expect(JSON.stringify(refused.body)).toContain('context_length_exceeded');
      const shorten = openFit({ countTokens: openTokenCounter(), answerTokens: 64 });
      for (const strategy of contextStrategies) {
        const { body, trim } = await shorten({ endpoint, path, body: talk }, strategy);
        expect(trim!.messages).toBeGreaterThan(0);
        const answer = await send(endpoint, body);
        expect(answer.status).toBe(200);
        expect(answer.usage.prompt).toBe(trim!.tokensAfter);
        expect(trim!.tokensAfter).toBeLessThanOrEqual(strategy === 'aggressive' ? 254 : 508);
      }
    }),
);
