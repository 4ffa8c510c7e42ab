/** Small typed HTTP client of an Assay server: asks, uploads and downloads; waits for a server that is being restarted. */

import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { AssayError } from '../errors.ts';
import { clean } from './text.ts';

/** Where a server is, and the token that makes the caller its local user. */
export interface Address {
  url: string;
  token: string | null;
}

export interface ClientOptions {
  /** Where the server is now; null while none runs. Asked again after each lost connection. */
  find: () => Promise<Address | null>;
  /** How long to wait before the server is asked again, in ms. */
  pollMs: number;
  /** When given, a server that is away is waited for: told why, and null when it is back. Else server_unreachable. */
  waiting?: (reason: string | null) => void;
  /** Ends all waiting; its reason is thrown. */
  signal?: AbortSignal;
}

export interface Ask {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  query?: Record<string, string | number | undefined>;
  /** Sent as JSON. */
  body?: unknown;
  idempotencyKey?: string;
  /** Longest silence of the server, in ms. */
  timeoutMs?: number;
}

/** `to` is /v1/files (the file is a batch's input) when absent; `type` is that of the file, JSON Lines when absent. */
export interface Upload {
  path: string;
  bytes: number;
  filename: string;
  idempotencyKey: string;
  to?: '/v1/files' | '/admin/datasets/upload' | `/api/label-studio/projects/${string}/annotations`;
  type?: string;
}

/** A server that can be asked. All functions throw AssayError server_answered or server_unreachable. */
export interface Client {
  ask<T>(path: string, ask?: Ask): Promise<T>;
  /** Uploads a file of the disk without holding it in memory: as a batch's input, or where `to` says. */
  upload<T = { id: string }>(file: Upload): Promise<T>;
  /** Sends a file of the disk as the body of a POST, without holding it in memory. */
  sendFile<T>(path: string, file: { path: string; bytes: number; type: string }): Promise<T>;
  /** The bytes that the server answers under `path` (as /v1/files/ID/content) as they come. */
  content(path: string): Promise<Readable>;
  /** The server's address as last seen. */
  address(): Promise<Address>;
}

interface Sent {
  path: string;
  method: string;
  headers: Record<string, string>;
  body: () => string | Readable | null;
  timeoutMs: number;
}

interface Answer {
  status: number;
  body: Readable & { text(): Promise<string>; dump(): Promise<void> };
}

const silenceMs = 300_000;

/** A client of the server that `find` finds. */
export function openClient(options: ClientOptions): Client {
  let known: Address | null = null;
  const address = async (): Promise<Address> => {
    known ??= await options.find();
    if (known === null) throw new Away('no server runs');
    return known;
  };
  const send = async (sent: Sent): Promise<Answer> => {
    let waited = false;
    for (;;) {
      options.signal?.throwIfAborted();
      try {
        const answer = await sendOnce(await address(), sent, options.signal);
        if (waited) options.waiting?.(null);
        return answer;
      } catch (error) {
        if (!(error instanceof Away)) throw error;
        const lost = known;
        known = null;
        if (!options.waiting) {
          throw new AssayError('server_unreachable', { url: lost?.url ?? '(none)', problem: error.message });
        }
        waited = true;
        options.waiting(`the server does not answer (${error.message}); start it again with: npm start`);
        await sleep(options.pollMs, undefined, { signal: options.signal }).catch(() => undefined);
      }
    }
  };
  return {
    address: () => address().catch(asUnreachable),
    ask: async (path, ask = {}) => {
      const answer = await send(prepare(path, ask));
      return JSON.parse(await answer.body.text());
    },
    upload: async (file) => JSON.parse(await (await send(multipart(file))).body.text()),
    sendFile: async (path, file) => JSON.parse(await (await send(wholeFile(path, file))).body.text()),
    content: async (path) => (await send(prepare(path, {}))).body,
  };
}

/** The server cannot be reached just now. */
class Away extends Error {}

function asUnreachable(error: unknown): never {
  if (error instanceof Away) throw new AssayError('server_unreachable', { url: '(none)', problem: error.message });
  throw error;
}

function prepare(path: string, ask: Ask): Sent {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(ask.query ?? {})) if (value !== undefined) query.set(name, String(value));
  const headers: Record<string, string> = {};
  const body = ask.body === undefined ? null : JSON.stringify(ask.body);
  if (body !== null) headers['content-type'] = 'application/json';
  if (ask.idempotencyKey) headers['idempotency-key'] = ask.idempotencyKey;
  return {
    path: query.size > 0 ? `${path}?${query}` : path,
    method: ask.method ?? 'GET',
    headers,
    body: () => body,
    timeoutMs: ask.timeoutMs ?? silenceMs,
  };
}

/** The file as the body, read from the disk anew each time it is sent. */
const wholeFile = (path: string, file: { path: string; bytes: number; type: string }): Sent => ({
  path,
  method: 'POST',
  headers: { 'content-type': file.type, 'content-length': String(file.bytes) },
  body: () => createReadStream(file.path),
  timeoutMs: silenceMs,
});

/** A multipart/form-data body (RFC 7578) of the file, for /v1/files with its purpose, read from the disk anew each time it is sent. */
function multipart({ to = '/v1/files', type = 'application/jsonl', ...file }: Upload): Sent {
  const boundary = `assay-${crypto.randomUUID()}`;
  const name = file.filename.replace(/["\\\r\n]/g, '_');
  const head = Buffer.from(
    (to === '/v1/files' ? `--${boundary}\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n` : '') +
      `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\n` +
      `content-type: ${type}\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  async function* framed(): AsyncGenerator<Buffer> {
    yield head;
    yield* createReadStream(file.path);
    yield tail;
  }
  return {
    path: to,
    method: 'POST',
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(head.length + file.bytes + tail.length),
      'idempotency-key': file.idempotencyKey,
    },
    body: () => Readable.from(framed()),
    timeoutMs: silenceMs,
  };
}

async function sendOnce(at: Address, sent: Sent, signal: AbortSignal | undefined): Promise<Answer> {
  let answer: Awaited<ReturnType<typeof request>>;
  try {
    answer = await request(`${at.url}${sent.path}`, {
      method: sent.method as 'GET',
      headers: { ...sent.headers, ...(at.token ? { authorization: `Bearer ${at.token}` } : {}) },
      body: sent.body(),
      headersTimeout: sent.timeoutMs,
      bodyTimeout: sent.timeoutMs,
      signal,
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw new Away((error as NodeJS.ErrnoException).code ?? (error as Error).message);
  }
  if (answer.statusCode < 400) return { status: answer.statusCode, body: answer.body as Answer['body'] };
  const text = await answer.body.text().catch(() => '');
  const { code, message } = readError(text);
  if (code === 'database_unavailable' || (answer.statusCode === 503 && code === null)) throw new Away(message);
  throw new AssayError('server_answered', { status: answer.statusCode, problem: message }, { cause: { code } });
}

/** Code and message of OpenAI's error envelope; the text itself where the answer has another shape. */
function readError(text: string): { code: string | null; message: string } {
  try {
    const { error } = JSON.parse(text) as { error: { message: string; code: string | null } };
    return { code: error.code, message: clean(error.message) };
  } catch {
    return { code: null, message: clean(text.slice(0, 300)) || 'no message' };
  }
}
