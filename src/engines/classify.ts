/** Tells a final answer from a failure that may pass, by HTTP status, by an error sent mid-stream, or by a broken socket. */

import { EngineFailure, type FailureKind } from '../contracts/engine.ts';
import { isObject, type Json } from './json.ts';

type ErrorShape = { message: string; type: string; param: string | null; code: string | null };

/** What Ollama says with a 503 when its queue is full: it is there, and has too much to do. */
const QUEUE_FULL = /maximum pending requests exceeded/i;

/** What llama-server says, with a 500 or inside the stream, when its unified KV cache is full (llama.cpp#23652). */
const CACHE_FULL = /^context size has been exceeded/i;

/** What llama-server says, with a 500, of a text to embed that does not fit into its context. */
const TEXT_TOO_LARGE = /is too large to process/i;

/** How a status other than 2xx ends the request: 'final' when trying again cannot mend it. */
export function statusKind(status: number, message = ''): FailureKind | 'final' {
  if (status === 429 || status === 529) return 'rate_limited';
  if (status === 503 && QUEUE_FULL.test(message)) return 'rate_limited';
  if (status === 503) return 'unreachable';
  // 501: the engine has no such route or ability (llama-server without --embeddings), and will have none the next time.
  if (status === 501) return 'final';
  if (status === 500 && CACHE_FULL.test(message)) return 'overflowed';
  if (status === 500 && TEXT_TOO_LARGE.test(message)) return 'final';
  if (status === 408 || status === 409 || status >= 500) return 'engine_error';
  return status >= 400 ? 'final' : 'bad_answer';
}

/**
 * Milliseconds an engine asks to be left alone: `retry-after-ms`, or `Retry-After` in seconds or as an HTTP date (RFC
 * 9110, 10.2.3); undefined when it does not say.
 */
export function retryAfter(headers: Record<string, string | string[] | undefined>): number | undefined {
  const ms = Number.parseFloat(String(headers['retry-after-ms'] ?? ''));
  if (Number.isFinite(ms) && ms >= 0) return ms;
  const value = headers['retry-after'];
  if (typeof value !== 'string') return undefined;
  const seconds = Number(value);
  if (value.trim() !== '' && Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/** The error object of any engine's error body, in OpenAI's shape; fields an engine adds (n_ctx, …) are kept. */
export function normaliseError(status: number, text: string): { error: ErrorShape & Json } {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  const outer = isObject(body) ? body : {};
  const inner = isObject(outer.error) ? outer.error : {};
  const message = [inner.message, outer.error, outer.message, outer.detail].find((m) => m !== undefined && m !== null);
  const type = [inner.type, outer.type].find((t) => typeof t === 'string');
  return {
    error: {
      ...inner,
      message:
        message === undefined
          ? plainText(status, text)
          : typeof message === 'string'
            ? message
            : JSON.stringify(message),
      type: typeof type === 'string' ? type : 'invalid_request_error',
      param: typeof inner.param === 'string' ? inner.param : null,
      code: errorCode(inner.code ?? outer.code, type, String(message)),
    },
  };
}

/** How Anthropic, vLLM and Ollama say that a prompt does not fit; they have no code for it. */
const TOO_LONG =
  /^prompt is too long|maximum context length|exceeds the context length|longer than the context length/i;

function errorCode(code: unknown, type: unknown, message: string): string | null {
  if (type === 'exceed_context_size_error') return 'context_length_exceeded';
  if (typeof code !== 'string' && (TOO_LONG.test(message) || TEXT_TOO_LARGE.test(message)))
    return 'context_length_exceeded';
  return typeof code === 'string' ? code : null;
}

/** A page or plain text cut down to a line, without its markup. */
function plainText(status: number, text: string): string {
  const words = text
    .slice(0, 4000)
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 300);
  return words === '' ? `The engine answered ${status} without a body.` : words;
}

/** The HTTP status that an error sent inside a 200 answer stands for. */
export function errorStatus(error: unknown): number {
  if (!isObject(error)) return 500;
  const code = error.code ?? error.status;
  const numeric = typeof code === 'number' ? code : Number(code);
  if (Number.isInteger(numeric) && numeric >= 400 && numeric < 600) return numeric;
  // Anthropic's, which answers 529 and 401 to 403 outside a stream.
  if (error.type === 'overloaded_error') return 529;
  if (/^(authentication|permission|billing)_error$/.test(String(error.type))) return 403;
  const words = `${String(code)} ${String(error.type)}`;
  if (/rate_limit|too_many_requests|quota/i.test(words)) return 429;
  if (/overloaded|unavailable/i.test(words)) return 503;
  if (/exceed_context|context_length|invalid_|not_found|unsupported/i.test(words)) return 400;
  return 500;
}

const parserErrors = new Set([
  'UND_ERR_HEADERS_OVERFLOW',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_RES_EXCEEDED_MAX_SIZE',
]);

/** The failure that an error of the connection stands for; `sent` when the request had left. */
export function socketFailure(error: Error & { code?: string }, sent: boolean): EngineFailure {
  const code = error.code ?? '';
  const kind = !sent
    ? 'unreachable'
    : code.startsWith('HPE_') || parserErrors.has(code)
      ? 'bad_answer'
      : 'connection_lost';
  const said = error.message === '' ? code : error.message;
  return new EngineFailure(kind, code !== '' && !said.includes(code) ? `${said} (${code})` : said, { cause: error });
}
