/** Asks an engine for a streamed answer and hands its bytes on as they come. */

import { pipeline, Readable } from 'node:stream';
import { request } from 'undici';
import { type BatchEndpoint, type EngineEndpoint, EngineFailure } from '../contracts/engine.ts';
import { normaliseError } from '../engines/classify.ts';
import { refusalBody } from '../engines/complete.ts';
import { withoutKeys } from '../engines/secrets.ts';
import { speak, speaksOpenAi } from '../engines/speak.ts';
import { translatedStream } from '../engines/translate-stream.ts';
import type { AnswerForm } from '../engines/wire.ts';

/** A request on its way through. */
export interface Passed {
  endpoint: EngineEndpoint;
  path: BatchEndpoint;
  body: Record<string, unknown>;
  /** Ends the engine's work. */
  signal: AbortSignal;
  timeoutMs: number;
}

export interface StreamedAnswer {
  status: number;
  contentType: string;
  body: Readable;
}

/**
 * The engine's answer, its body not yet read; in OpenAI's language whatever the engine's own. A 4xx of the engine is an
 * answer too. Throws EngineFailure.
 */
export async function streamThrough(passed: Passed): Promise<StreamedAnswer> {
  const { endpoint, path } = passed;
  if (speaksOpenAi(endpoint)) {
    const body = JSON.stringify({ ...endpoint.params, ...passed.body, model: endpoint.upstreamModel });
    return withoutKeysOf(passed, await ask(passed, path, body));
  }
  const spoken = speak(endpoint, { ...passed, lane: null });
  if (!('form' in spoken)) return asJson(400, refusalBody(spoken));
  return translated(passed, spoken.form, await ask(passed, spoken.path, spoken.body));
}

/** The body of an error is read first: it may repeat the key that the engine was sent. */
async function withoutKeysOf({ endpoint }: Passed, answer: StreamedAnswer): Promise<StreamedAnswer> {
  if (answer.status < 400) return answer;
  const text = Buffer.concat(await answer.body.toArray()).toString('utf8');
  return { ...answer, body: Readable.from([Buffer.from(withoutKeys(endpoint, text))]) };
}

async function translated({ endpoint }: Passed, form: AnswerForm, answer: StreamedAnswer): Promise<StreamedAnswer> {
  const { status, contentType, body } = answer;
  if (status === 200 && form.native !== undefined && form.streams(contentType)) {
    const out = translatedStream(form.native, endpoint);
    // An end before its time ends the stream that is handed on, which shows it to the client.
    pipeline(body, out, () => undefined);
    return { status, contentType: 'text/event-stream; charset=utf-8', body: out };
  }
  const text = withoutKeys(endpoint, Buffer.concat(await body.toArray()).toString('utf8'));
  if (status >= 400) return asJson(status, normaliseError(status, text));
  throw new EngineFailure('bad_answer', `no stream (${contentType}): ${text.slice(0, 200)}`, { status });
}

const asJson = (status: number, body: object): StreamedAnswer => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body: Readable.from([Buffer.from(JSON.stringify(body))]),
});

async function ask({ endpoint, signal, timeoutMs }: Passed, path: string, body: string): Promise<StreamedAnswer> {
  const answer = await request(`${endpoint.baseUrl}${path}`, {
    method: 'POST',
    headers: { ...endpoint.headers, 'content-type': 'application/json' },
    body,
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
    const text = withoutKeys(endpoint, await answer.body.text()).slice(0, 1000);
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
