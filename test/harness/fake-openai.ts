/** A fake remote engine that speaks OpenAI's wire format (JSON and server-sent events) and misbehaves when told to. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Json = Record<string, unknown>;

/** How the fake answers one request. */
export type Behaviour =
  | { do: 'answer'; text?: string; delayMs?: number; choices?: Json[]; events?: Json[]; json?: boolean }
  | { do: 'status'; status: number; headers?: Record<string, string>; body?: string }
  | { do: 'error-event'; error: Json }
  | { do: 'raw'; body: string; type?: string }
  | { do: 'no-end' }
  | { do: 'torn' }
  | { do: 'drop' }
  | { do: 'hang' };

export interface FakeRequest {
  path: string;
  body: Json;
  headers: IncomingMessage['headers'];
  /** The body's `user` field, or else the text of its last message, prompt or input. */
  marker: string;
  /** How many requests with this marker came before. */
  before: number;
}

export interface FakeOpenAi {
  /** Address without "/v1". */
  url: string;
  requests: FakeRequest[];
  /** Requests per marker. */
  counts: Map<string, number>;
  /** Requests whose connection the client closed before the answer was over. */
  abandoned(): number;
  /** Stops listening (connections are refused), until listen() is called again on the same port. */
  refuse(): Promise<void>;
  listen(): Promise<void>;
  close(): Promise<void>;
}

/** Starts the fake on a free loopback port; `behave` says how each request is answered (a plain answer by default). */
export async function startFakeOpenAi(
  behave: (request: FakeRequest) => Behaviour = () => ({ do: 'answer' }),
): Promise<FakeOpenAi> {
  const requests: FakeRequest[] = [];
  const counts = new Map<string, number>();
  let abandoned = 0;
  let port = 0;
  const server = createServer((incoming, response) => {
    response.on('close', () => {
      if (!response.writableFinished) abandoned += 1;
    });
    readBody(incoming)
      .then((text) => {
        if (incoming.method === 'GET') return sendJson(response, { object: 'list', data: [{ id: 'fake' }] });
        const body = JSON.parse(text) as Json;
        const marker = markerOf(body);
        const before = counts.get(marker) ?? 0;
        counts.set(marker, before + 1);
        const request = { path: incoming.url ?? '', body, headers: incoming.headers, marker, before };
        requests.push(request);
        return answer(request, behave(request), response);
      })
      .catch(() => response.destroy());
  });
  const fake: FakeOpenAi = {
    url: '',
    requests,
    counts,
    abandoned: () => abandoned,
    listen: () => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve)),
    refuse: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  await fake.listen();
  port = (server.address() as AddressInfo).port;
  fake.url = `http://127.0.0.1:${port}`;
  return fake;
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

function markerOf(body: Json): string {
  if (typeof body.user === 'string') return body.user;
  const messages = body.messages as { content: unknown }[] | undefined;
  return String(messages?.at(-1)?.content ?? body.prompt ?? body.input ?? '');
}

async function answer(request: FakeRequest, behaviour: Behaviour, response: ServerResponse): Promise<void> {
  switch (behaviour.do) {
    case 'status':
      response.writeHead(behaviour.status, { 'content-type': 'application/json', ...behaviour.headers });
      response.end(behaviour.body ?? JSON.stringify({ error: { message: `status ${behaviour.status}` } }));
      return;
    case 'raw':
      response.writeHead(200, { 'content-type': behaviour.type ?? 'text/html' }).end(behaviour.body);
      return;
    case 'drop':
      response.destroy();
      return;
    case 'hang':
      return;
    case 'error-event':
      startStream(response);
      response.end(`${eventsOf(request, {}).slice(0, 1).join('')}${event({ error: behaviour.error })}`);
      return;
    case 'no-end':
    case 'torn':
      startStream(response);
      response.write(eventsOf(request, {}).slice(0, 2).join(''), () => {
        if (behaviour.do === 'torn') response.destroy();
        else response.end();
      });
      return;
    case 'answer':
      if (behaviour.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, behaviour.delayMs));
      if (request.body.stream !== true || behaviour.json === true) return sendJson(response, whole(request, behaviour));
      startStream(response);
      response.end(`${eventsOf(request, behaviour).join('')}data: [DONE]\n\n`);
  }
}

const event = (value: Json): string => `data: ${JSON.stringify(value)}\n\n`;
const usage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10, prompt_tokens_details: { cached_tokens: 4 } };

function startStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
}

function sendJson(response: ServerResponse, body: Json): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

interface Words {
  text?: string;
  choices?: Json[];
  events?: Json[];
}

const textOf = (request: FakeRequest, words: Words): string => words.text ?? `answer to ${request.marker}`;

function eventsOf(request: FakeRequest, words: Words): string[] {
  if (words.events !== undefined) return words.events.map(event);
  const head = { id: 'fake-1', created: 1_700_000_000, model: String(request.body.model) };
  const text = textOf(request, words);
  const pieces = [text.slice(0, 3), text.slice(3)];
  if (request.path.endsWith('/completions') && !request.path.endsWith('/chat/completions')) {
    const chunk = (more: Json): string => event({ ...head, object: 'text_completion', ...more });
    return [
      ...pieces.map((piece) => chunk({ choices: [{ index: 0, text: piece, finish_reason: null }] })),
      chunk({ choices: [{ index: 0, text: '', finish_reason: 'stop' }] }),
      chunk({ choices: [], usage }),
    ];
  }
  if (request.path.endsWith('/responses')) {
    const done = { type: 'response.completed', response: whole(request, words) };
    return [...pieces.map((delta) => event({ type: 'response.output_text.delta', delta })), event(done)];
  }
  const chunk = (more: Json): string => event({ ...head, object: 'chat.completion.chunk', ...more });
  return [
    chunk({ choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] }),
    ...pieces.map((content) => chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })),
    chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
    chunk({ choices: [], usage }),
  ];
}

function whole(request: FakeRequest, words: Words): Json {
  const head = { id: 'fake-1', created: 1_700_000_000, model: String(request.body.model) };
  const text = textOf(request, words);
  if (request.path.endsWith('/embeddings'))
    return {
      object: 'list',
      model: head.model,
      data: [{ object: 'embedding', index: 0, embedding: [0.5, -0.5] }],
      usage,
    };
  if (request.path.endsWith('/responses')) {
    const content = [{ type: 'output_text', text, annotations: [] }];
    const output = [{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content }];
    const tokens = { input_tokens: 7, output_tokens: 3, output_tokens_details: { reasoning_tokens: 2 } };
    return { ...head, object: 'response', status: 'completed', output, usage: tokens };
  }
  if (request.path.endsWith('/chat/completions')) {
    const message = { role: 'assistant', content: text };
    const choices = words.choices ?? [{ index: 0, message, logprobs: null, finish_reason: 'stop' }];
    return { ...head, object: 'chat.completion', choices, usage };
  }
  return { ...head, object: 'text_completion', choices: [{ index: 0, text, finish_reason: 'stop' }], usage };
}
