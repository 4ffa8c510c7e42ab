/**
 * The process behind a counting upstream: a FAKE remote engine that speaks OpenAI's HTTP API (chat completions,
 * completions, embeddings, responses; streamed or not), counts what it is asked, and misbehaves on demand.
 *
 * A prompt names its row as `[[marker]]`. Two ports: one for the API, one to steer it, so that the first can refuse.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Behaviour, UpstreamCounts } from './counting-upstream.ts';
import { type Asked, answerFor } from './counting-upstream-answers.ts';

interface Rule {
  behaviour: Behaviour;
  /** Requests it still applies to; null for all. */
  times: number | null;
}

const sends = new Map<string, number[]>();
const rules = new Map<string, Rule>();
let everywhere: Rule = { behaviour: { kind: 'answer' }, times: null };
let total = 0;
let inFlight = 0;
let peakInFlight = 0;

function behaviourFor(marker: string): Behaviour {
  if (rules.size > 0) {
    const rule = rules.get(marker);
    if (rule !== undefined && use(rule)) return rule.behaviour;
  }
  return use(everywhere) ? everywhere.behaviour : { kind: 'answer' };
}

function use(rule: Rule): boolean {
  if (rule.times === null) return true;
  if (rule.times === 0) return false;
  rule.times -= 1;
  return true;
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  if (request.method === 'GET') {
    request.resume();
    const known = request.url === '/health' || request.url === '/v1/models';
    send(
      response,
      known ? 200 : 404,
      known ? '{"object":"list","data":[],"status":"ok"}' : '{"error":{"message":"no"}}',
    );
    return;
  }
  let body: Buffer | null = null;
  request.on('data', (part: Buffer) => {
    body = body === null ? part : Buffer.concat([body, part]);
  });
  request.on('end', () => take(request.url ?? '', body ?? Buffer.alloc(0), response));
}

function take(path: string, body: Buffer, response: ServerResponse): void {
  const start = body.indexOf('[[');
  const end = start === -1 ? -1 : body.indexOf(']]', start);
  const marker = end === -1 ? '' : body.toString('utf8', start + 2, end);
  const times = sends.get(marker);
  if (times === undefined) sends.set(marker, [Date.now()]);
  else times.push(Date.now());
  total += 1;
  inFlight += 1;
  if (inFlight > peakInFlight) peakInFlight = inFlight;
  const behaviour = behaviourFor(marker);
  const asked: Asked = {
    path,
    marker,
    streamed: body.includes('"stream":true'),
    withUsage: body.includes('"include_usage":true'),
    bytes: behaviour.kind === 'answer' ? (behaviour.bytes ?? 0) : 0,
  };
  const delay = 'delayMs' in behaviour ? (behaviour.delayMs ?? 0) : 0;
  if (delay === 0) act(behaviour, asked, response);
  else setTimeout(act, delay, behaviour, asked, response);
}

function act(behaviour: Behaviour, asked: Asked, response: ServerResponse): void {
  if (behaviour.kind === 'hang') {
    response.on('close', () => {
      inFlight -= 1;
    });
    return;
  }
  inFlight -= 1;
  if (response.destroyed) return;
  switch (behaviour.kind) {
    case 'answer': {
      const { type, text } = answerFor(asked);
      sendAs(type, response, { status: 200, text });
      return;
    }
    case 'status':
      if (behaviour.retryAfterSeconds !== undefined)
        response.setHeader('retry-after', String(behaviour.retryAfterSeconds));
      send(
        response,
        behaviour.status,
        JSON.stringify({ error: { message: `status ${behaviour.status}`, type: 'server_error' } }),
      );
      return;
    case 'torn': {
      const { type, text } = answerFor(asked);
      response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
      response.write(text.slice(0, Math.floor(text.length / 2)), () => response.destroy());
      return;
    }
    case 'short': {
      const { type, text } = answerFor(asked);
      sendAs(type, response, { status: 200, text: text.slice(0, Math.floor(text.length / 2)) });
      return;
    }
    case 'garbage':
      sendAs(asked.streamed ? 'text/event-stream' : 'application/json', response, {
        status: 200,
        text: '<html><body>this is not JSON</body></html>',
      });
      return;
    case 'close':
      response.destroy();
  }
}

function send(response: ServerResponse, status: number, text: string): void {
  sendAs('application/json', response, { status, text });
}

function sendAs(type: string, response: ServerResponse, { status, text }: { status: number; text: string }): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function makeApi(): Server {
  const server = createServer({ keepAliveTimeout: 600_000, requestTimeout: 0 }, serve);
  server.maxRequestsPerSocket = 0;
  return server;
}

let api = makeApi();
const port = await listen(api, 0);

async function refuse(seconds: number): Promise<void> {
  const closed = new Promise((resolve) => api.close(resolve));
  api.closeAllConnections();
  await closed;
  setTimeout(() => {
    api = makeApi();
    void listen(api, port);
  }, seconds * 1000);
}

function counts(): UpstreamCounts {
  return { total, distinct: sends.size, extra: total - sends.size, inFlight, peakInFlight };
}

type Order =
  | { do: 'behave'; marker: string | null; behaviour: Behaviour; times: number | null }
  | { do: 'refuse'; seconds: number }
  | { do: 'counts' }
  | { do: 'sends'; marker: string }
  | { do: 'markers' }
  | { do: 'reset' };

async function obey(order: Order): Promise<unknown> {
  switch (order.do) {
    case 'behave': {
      const rule = { behaviour: order.behaviour, times: order.times };
      if (order.marker === null) everywhere = rule;
      else rules.set(order.marker, rule);
      return {};
    }
    case 'refuse':
      await refuse(order.seconds);
      return {};
    case 'counts':
      return counts();
    case 'sends':
      return sends.get(order.marker) ?? [];
    case 'markers':
      return Object.fromEntries([...sends].map(([marker, times]) => [marker, times.length]));
    case 'reset':
      sends.clear();
      rules.clear();
      everywhere = { behaviour: { kind: 'answer' }, times: null };
      total = 0;
      peakInFlight = inFlight;
      return {};
  }
}

const admin = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', async () => {
    const answer = await obey(JSON.parse(Buffer.concat(parts).toString('utf8')) as Order);
    send(response, 200, JSON.stringify(answer));
  });
});
const adminPort = await listen(admin, 0);

process.on('disconnect', () => process.exit(0));
process.send?.({ port, adminPort });
