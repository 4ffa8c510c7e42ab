/** The tokens of a request's prompt, as the engine itself reads it. */

import type { EngineEndpoint } from '../../src/contracts/engine.ts';

/** Tokens of a chat request's prompt, template included; null for an engine that does not tell them. */
export async function tokensOf(
  endpoint: EngineEndpoint,
  body: { messages: { role: string; content: string }[] },
): Promise<number[] | null> {
  const { messages } = body;
  if (endpoint.engine === 'vllm') {
    const { tokens } = await post<{ tokens: number[] }>(endpoint, '/tokenize', {
      model: endpoint.upstreamModel,
      messages,
    });
    return tokens;
  }
  if (endpoint.engine !== 'llama-server') return null;
  const { prompt } = await post<{ prompt: string }>(endpoint, '/apply-template', { messages });
  const { tokens } = await post<{ tokens: number[] }>(endpoint, '/tokenize', {
    content: prompt,
    add_special: true,
    parse_special: true,
  });
  return tokens;
}

async function post<T>(endpoint: EngineEndpoint, path: string, body: unknown): Promise<T> {
  const answer = await fetch(`${endpoint.baseUrl}${path}`, {
    method: 'POST',
    headers: { ...endpoint.headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}
