/** Asks an engine a small question beside its work: a GET, or a POST of a body, answered with text. */

import { request } from 'undici';
import type { EngineEndpoint } from '../contracts/engine.ts';
import { withoutKeys } from './secrets.ts';

/** How long an engine may take to answer one, where nothing else is stated. */
const PATIENCE_MS = 10_000;

export interface SmallAnswer {
  status: number;
  text: string;
}

/** `body` makes it a POST. Rejects with the error of the connection, or a TimeoutError. */
export async function askSmall(
  endpoint: EngineEndpoint,
  path: string,
  more: { body?: unknown; patienceMs?: number } = {},
): Promise<SmallAnswer> {
  const posted = more.body !== undefined;
  const answer = await request(`${endpoint.baseUrl}${path}`, {
    method: posted ? 'POST' : 'GET',
    headers: posted ? { ...endpoint.headers, 'content-type': 'application/json' } : endpoint.headers,
    body: posted ? JSON.stringify(more.body) : null,
    signal: AbortSignal.timeout(more.patienceMs ?? PATIENCE_MS),
    // As in complete.ts: llama-server closes connections without saying so.
    reset: endpoint.engine === 'llama-server',
  });
  return { status: answer.statusCode, text: withoutKeys(endpoint, await answer.body.text()) };
}
