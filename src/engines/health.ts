/** Asks an engine whether it is there, without giving it work. */

import { request } from 'undici';
import type { EngineEndpoint } from '../contracts/engine.ts';

/** How long an engine may take to say that it is there. */
const PATIENCE_MS = 5000;

const paths: Partial<Record<EngineEndpoint['engine'], string>> = { 'llama-server': '/health', ollama: '/api/version' };

/**
 * True when the engine answers: llama-server's /health says ready, or another engine answers with anything that is not
 * a fault of its own (a 401 or 404 shows that it is up).
 */
export async function health(endpoint: EngineEndpoint): Promise<boolean> {
  const path = paths[endpoint.engine] ?? '/v1/models';
  const status = await probe(`${endpoint.baseUrl}${path}`, endpoint.headers);
  return endpoint.engine === 'llama-server' ? status === 200 : status !== null && status < 500;
}

/** HTTP status of a GET; null when nobody answers. */
export async function probe(url: string, headers: Record<string, string> = {}): Promise<number | null> {
  try {
    const answer = await request(url, { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
    await answer.body.dump();
    return answer.statusCode;
  } catch {
    return null;
  }
}
