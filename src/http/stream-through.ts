/** Asks an engine for a streamed answer and hands its bytes on as they come. */

import type { Readable } from 'node:stream';
import { request } from 'undici';
import { type BatchEndpoint, type EngineEndpoint, EngineFailure } from '../contracts/engine.ts';

/** A request on its way through. */
export interface Passed {
  endpoint: EngineEndpoint;
  path: BatchEndpoint;
  body: Record<string, unknown>;
  /** Ends the engine's work. */
  signal: AbortSignal;
  timeoutMs: number;
}

/** The engine's answer, its body not yet read. A 4xx of the engine is an answer too. Throws EngineFailure. */
export async function streamThrough(passed: Passed): Promise<{ status: number; contentType: string; body: Readable }> {
  const { endpoint, path, signal, timeoutMs } = passed;
  const answer = await request(`${endpoint.baseUrl}${path}`, {
    method: 'POST',
    headers: { ...endpoint.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ ...endpoint.params, ...passed.body, model: endpoint.upstreamModel }),
    signal,
    // As in engines/complete.ts: llama-server closes the connection after a streamed answer.
    reset: endpoint.engine === 'llama-server',
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  }).catch((error: Error & { code?: string }) => {
    const kind = error.code === 'UND_ERR_HEADERS_TIMEOUT' ? 'timeout' : 'unreachable';
    throw new EngineFailure(kind, error.message, { cause: error });
  });
  if (answer.statusCode >= 500 || answer.statusCode === 429) {
    const text = (await answer.body.text()).slice(0, 1000);
    const kind = answer.statusCode === 429 ? 'rate_limited' : 'engine_error';
    throw new EngineFailure(kind, text, { status: answer.statusCode });
  }
  const contentType = answer.headers['content-type'];
  return {
    status: answer.statusCode,
    contentType: typeof contentType === 'string' ? contentType : 'application/octet-stream',
    body: answer.body,
  };
}
