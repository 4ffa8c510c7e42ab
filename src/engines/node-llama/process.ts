/**
 * The program of the engine that runs in a process of our own: an HTTP server on a loopback port with llama-server's
 * flags and wire format, as far as they are used here, over the package node-llama-cpp. The API key comes in
 * LLAMA_API_KEY.
 */

import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import { answerCompletion, notSupported, type Ready } from './generate.ts';
import { load } from './library.ts';
import { promptsOf } from './prompt.ts';
import { errorAnswer, Refusal, refuse } from './refusal.ts';
import { openSlots } from './slots.ts';

type Json = Record<string, unknown>;

/** Largest body that is read. */
const BODY_BYTES = 256 * 1024 * 1024;

const { values: flags } = parseArgs({
  // llama-server's short flag of two letters would be read as two flags.
  args: process.argv.slice(2).map((arg) => (arg === '-np' ? '--slots' : arg)),
  options: {
    home: { type: 'string' },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '0' },
    model: { type: 'string', short: 'm' },
    slots: { type: 'string', default: '4' },
    context: { type: 'string', short: 'c', default: '4096' },
    alias: { type: 'string', default: 'model' },
    threads: { type: 'string' },
  },
});

/** Handed over by the parent, since arguments are shown to every user of the machine. */
const keyVariable = 'LLAMA_API_KEY';
const key = Buffer.from(`Bearer ${process.env[keyVariable] ?? ''}`);
let ready: Ready | null = null;

function allowed(request: IncomingMessage): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  return given.length === key.length && timingSafeEqual(given, key);
}

async function bodyOf(request: IncomingMessage): Promise<Json> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > BODY_BYTES) throw refuse(`the body is larger than ${BODY_BYTES} bytes`);
    parts.push(part);
  }
  let body: unknown;
  try {
    body = JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch (error) {
    throw refuse(`the body is not JSON: ${(error as Error).message}`);
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw refuse('the body must be a JSON object');
  return body as Json;
}

type Route = (ready: Ready, request: IncomingMessage, response: ServerResponse) => unknown;

const complete =
  (chat: boolean): Route =>
  async (at, request, response) =>
    answerCompletion(at, { chat, body: await bodyOf(request) }, response);

/** What a route gives back is its answer; null where it wrote it itself. */
const routes: Record<string, Route> = {
  'GET /props': ({ loaded, alias }) => ({
    default_generation_settings: { n_ctx: loaded.context },
    total_slots: loaded.sequences.length,
    model_alias: alias,
    model_path: flags.model,
    build_info: 'node-llama-cpp',
    chat_template: loaded.model.fileInfo.metadata?.tokenizer?.chat_template ?? null,
  }),
  'GET /slots': ({ slots, loaded }) =>
    slots.state().map(({ id, busy }) => ({ id, n_ctx: loaded.context, is_processing: busy })),
  'GET /v1/models': ({ alias }) => ({ object: 'list', data: [{ id: alias, object: 'model' }] }),
  'POST /v1/chat/completions': complete(true),
  'POST /v1/completions': complete(false),
  'POST /tokenize': async ({ loaded, prompts }, request) => {
    const { content, add_special, parse_special } = await bodyOf(request);
    if (typeof content !== 'string') throw refuse('"content" must be a text');
    const plain = (): number[] => loaded.model.tokenize(content, parse_special !== false);
    return { tokens: add_special === true ? prompts.tokens(content) : Array.from(plain()) };
  },
  'POST /apply-template': async ({ prompts }, request) => ({ prompt: prompts.ofChat(await bodyOf(request)) }),
  'POST /v1/embeddings': () => {
    throw notSupported('embeddings');
  },
  'POST /v1/responses': () => {
    throw notSupported('the Responses API');
  },
};

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '/').split('?')[0];
  const send = (status: number, body: unknown): void => {
    if (response.headersSent || !response.writable) return;
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
  };
  try {
    // As llama-server: whether it is there may be asked without the key.
    if (path !== '/health' && !allowed(request)) throw new Refusal(401, 'Invalid API Key');
    if (ready === null) throw new Refusal(503, 'Loading model');
    if (path === '/health') return send(200, { status: 'ok' });
    const route = routes[`${request.method} ${path}`];
    if (route === undefined) throw new Refusal(404, `There is no ${request.method} ${path}`);
    const body = await route(ready, request, response);
    if (body !== undefined) send(200, body);
  } catch (error) {
    const { status, body } = errorAnswer(error);
    if (status === 500) console.error(`error: ${(error as Error).stack}`);
    send(status, body);
  }
}

async function main(): Promise<void> {
  const { home, model: modelFile, alias } = flags;
  if (home === undefined || modelFile === undefined) throw new Error('--home and --model must be given');
  // Nothing is kept, so it may end where it stands; the package's threads must not be waited for.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.kill(process.pid, 'SIGKILL'));
  const server = createServer((request, response) => void answer(request, response));
  server.requestTimeout = 0;
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(flags.port), flags.host, resolve);
  });
  const threads = flags.threads === undefined ? null : Number(flags.threads);
  const sizes = { slots: Number(flags.slots), contextPerSlot: Math.floor(Number(flags.context) / Number(flags.slots)) };
  const loaded = await load({ home, modelFile, threads, ...sizes }).catch((error: Error) => {
    throw new Error(`failed to load the model ${modelFile}: ${error.message}`);
  });
  ready = { loaded, slots: openSlots(loaded.sequences, loaded.context), prompts: promptsOf(loaded), alias };
  console.error(`ready: ${loaded.sequences.length} slots of ${loaded.context} tokens, ${loaded.about}`);
}

main().catch((error: Error) => {
  console.error(`error: ${error.message}`);
  process.exit(1);
});
