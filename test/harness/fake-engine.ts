/** What the fakes of engines with a language of their own share: a server that misbehaves when told to. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Json = Record<string, unknown>;

/** How a fake answers one request. `pieces` are the pieces of its stream, in the engine's own wire format. */
export type Behaviour =
  | { do: 'answer'; pieces?: string[]; whole?: Json }
  | { do: 'status'; status: number; headers?: Record<string, string>; body?: string }
  | { do: 'error-event'; error: unknown }
  | { do: 'raw'; body: string; type?: string }
  | { do: 'no-end' }
  | { do: 'torn' }
  | { do: 'drop' }
  | { do: 'hang' };

export interface FakeRequest {
  method: string;
  path: string;
  body: Json;
  headers: IncomingMessage['headers'];
}

/** An engine's wire format. */
export interface FakeFormat {
  contentType: string;
  /** The pieces of a plain answer's stream. */
  pieces(request: FakeRequest): string[];
  /** The piece that tells of an error in a stream. */
  errorPiece(error: unknown): string;
  /** The body of an error by status. */
  errorBody(status: number): Json;
  /** The answer of other routes (GETs, token counts); null where the path is none of them. */
  other?(request: FakeRequest): Json | string | null;
}

export interface FakeEngine {
  url: string;
  requests: FakeRequest[];
  /** Requests whose connection the client closed before the answer was over. */
  abandoned(): number;
  close(): Promise<void>;
}

/** Starts a fake on a loopback port, a free one where none is stated. */
export async function startFake(
  format: FakeFormat,
  behave: (request: FakeRequest) => Behaviour = () => ({ do: 'answer' }),
  port = 0,
): Promise<FakeEngine> {
  const requests: FakeRequest[] = [];
  let abandoned = 0;
  const server = createServer((incoming, response) => {
    response.on('close', () => {
      if (!response.writableFinished) abandoned += 1;
    });
    readBody(incoming)
      .then((text) => {
        const body = text === '' ? {} : (JSON.parse(text) as Json);
        const request = {
          method: incoming.method ?? '',
          path: incoming.url ?? '',
          body,
          headers: incoming.headers,
        };
        requests.push(request);
        const other = format.other?.(request) ?? null;
        if (other === null) answer(format, { request, behaviour: behave(request) }, response);
        else if (typeof other === 'string') response.writeHead(200, { 'content-type': 'text/plain' }).end(other);
        else sendJson(response, other);
      })
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    abandoned: () => abandoned,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

function answer(
  format: FakeFormat,
  { request, behaviour }: { request: FakeRequest; behaviour: Behaviour },
  response: ServerResponse,
): void {
  const startStream = () => response.writeHead(200, { 'content-type': format.contentType });
  switch (behaviour.do) {
    case 'status':
      response.writeHead(behaviour.status, { 'content-type': 'application/json', ...behaviour.headers });
      response.end(behaviour.body ?? JSON.stringify(format.errorBody(behaviour.status)));
      return;
    case 'raw':
      response.writeHead(200, { 'content-type': behaviour.type ?? format.contentType }).end(behaviour.body);
      return;
    case 'drop':
      response.destroy();
      return;
    case 'hang':
      return;
    case 'error-event':
      startStream().end(`${format.pieces(request)[0]}${format.errorPiece(behaviour.error)}`);
      return;
    case 'no-end':
    case 'torn':
      startStream().write(format.pieces(request).slice(0, 2).join(''), () => {
        if (behaviour.do === 'torn') response.destroy();
        else response.end();
      });
      return;
    case 'answer':
      if (behaviour.whole !== undefined) sendJson(response, behaviour.whole);
      else startStream().end((behaviour.pieces ?? format.pieces(request)).join(''));
  }
}

function sendJson(response: ServerResponse, body: Json): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
