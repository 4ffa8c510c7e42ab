/** What every route shares: OpenAI's error shape for any fault, request ids, the description, metrics, closing. */

import { connect } from 'node:net';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AssayError } from '../../src/errors.ts';
import { type StartedApp, startApp } from './start-app.ts';

let server: StartedApp;
let ready = { ready: true, problems: [] as string[] };

beforeAll(async () => {
  server = await startApp('http_app', { deps: { readiness: async () => ready } });
});
afterAll(() => server.stop());

async function ask(path: string, init: RequestInit = {}) {
  const answer = await fetch(`${server.url}${path}`, init);
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    error: text.startsWith('{') ? JSON.parse(text).error : null,
  };
}

const post = (path: string, body: string, type = 'application/json') =>
  ask(path, { method: 'POST', body, headers: { 'content-type': type } });

test('an unknown route', async () => {
  const { status, error } = await ask('/v1/nothing?x=1');
  expect(status).toBe(404);
  expect(error).toEqual({
    message: 'No route GET /v1/nothing. See /docs for the routes there are.',
    type: 'invalid_request_error',
    param: null,
    code: 'route_not_found',
  });
});

test('JSON that is none, with its place', async () => {
  const { status, error } = await post('/v1/batches', '{"a": ');
  expect([status, error.code]).toEqual([400, 'invalid_body']);
  expect(error.message).toContain('it is not JSON');
});

test('a wrong type, a missing field and a wrong value name the parameter and the value', async () => {
  const good = { input_file_id: 'file-1', endpoint: '/v1/chat/completions', completion_window: '24h' };
  const batch = async (change: object) => (await post('/v1/batches', JSON.stringify({ ...good, ...change }))).error;
  expect(await batch({ endpoint: '/v1/moderations' })).toMatchObject({ code: 'invalid_parameter', param: 'endpoint' });
  expect((await batch({ endpoint: '/v1/moderations' })).message).toContain('/v1/moderations');
  expect(await batch({ input_file_id: undefined })).toMatchObject({ param: 'input_file_id' });
  expect((await batch({ input_file_id: undefined })).message).toContain('(got nothing)');
  expect(await batch({ completion_window: '24 hours' })).toMatchObject({ param: 'completion_window' });
  expect(await batch({ metadata: { k: 'v'.repeat(513) } })).toMatchObject({ param: 'metadata.k' });
  expect(await batch({ metadata: { ['k'.repeat(65)]: 'v' } })).toMatchObject({ code: 'invalid_parameter' });
  const many = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, 'v']));
  expect(await batch({ metadata: many })).toMatchObject({ param: 'metadata' });
  expect(await batch({ output_expires_after: { anchor: 'created_at', seconds: 3599 } })).toMatchObject({
    param: 'output_expires_after.seconds',
  });
  expect((await post('/v1/batches', '[]')).error.code).toBe('invalid_body');
  expect((await post('/v1/batches', '')).error.code).toBe('invalid_body');
});

test('another content type', async () => {
  const { status, error } = await post('/v1/batches', 'x', 'text/csv');
  expect([status, error.code]).toEqual([415, 'unsupported_media_type']);
});

test('a body over the limit', async () => {
  const { status, error } = await post('/v1/batches', JSON.stringify({ a: 'x'.repeat(2_000_000) }));
  expect([status, error.code]).toEqual([413, 'payload_too_large']);
});

test('a malformed address', async () => {
  const { status, error } = await ask('/v1/files/%zz');
  expect([status, error.code]).toEqual([404, 'route_not_found']);
});

test('what is not HTTP', async () => {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.end('nonsense\r\n\r\n');
  let text = '';
  for await (const piece of socket) text += piece;
  expect(text).toMatch(/^HTTP\/1.1 400/);
  expect(JSON.parse(text.split('\r\n\r\n')[1]!).error.code).toBe('invalid_body');
});

test('every answer carries a request id; a plain one of the client is kept', async () => {
  expect((await ask('/healthz')).headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
  expect((await ask('/nope', { headers: { 'x-request-id': 'mine-1' } })).headers.get('x-request-id')).toBe('mine-1');
  const odd = await ask('/healthz', { headers: { 'x-request-id': 'a b{}' } });
  expect(odd.headers.get('x-request-id')).toMatch(/^req_/);
});

test('the official client reads the errors', async () => {
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'x', maxRetries: 0 });
  const error = await client.files.retrieve('file-none').catch((e) => e);
  expect(error).toBeInstanceOf(OpenAI.NotFoundError);
  expect(error).toMatchObject({ code: 'not_found', param: 'id', requestID: expect.stringMatching(/^req_/) });
});

test('a fault of our own is a 500 that names the request, with the stack in the log only', async () => {
  const broken = await startApp('http_broken', {
    databaseUrl: server.databaseUrl,
    deps: {
      readiness: async () => {
        throw new RangeError('inner secret detail');
      },
    },
  });
  try {
    const answer = await fetch(`${broken.url}/readyz`);
    const text = await answer.text();
    expect(answer.status).toBe(500);
    expect(JSON.parse(text).error).toMatchObject({ code: 'internal_error', type: 'server_error' });
    expect(text).toContain(answer.headers.get('x-request-id'));
    expect(text).not.toContain('inner secret detail');
    const logged = broken.log.find((line) => line.includes('inner secret detail'))!;
    expect(JSON.parse(logged)).toMatchObject({ reqId: answer.headers.get('x-request-id') });
    expect(JSON.parse(logged).err.stack).toContain('app.test.ts');
  } finally {
    await broken.stop();
  }
});

test('a database that is away is a 503 that says when to ask again', async () => {
  const away = await startApp('http_away', {
    databaseUrl: server.databaseUrl,
    deps: {
      readiness: async () => {
        throw new AssayError('database_unavailable', { problem: 'connection refused' });
      },
    },
  });
  try {
    const answer = await fetch(`${away.url}/readyz`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
  } finally {
    await away.stop();
  }
});

test('readiness tells what is missing', async () => {
  expect(JSON.parse((await ask('/readyz')).text)).toEqual({ ready: true, problems: [] });
  ready = { ready: false, problems: ['the worker does not run'] };
  const { status, text } = await ask('/readyz');
  expect([status, JSON.parse(text)]).toEqual([503, ready]);
  ready = { ready: true, problems: [] };
});

test('requests are measured by route, not by id', async () => {
  await ask('/v1/files/file-abc');
  const { text, headers } = await ask('/metrics');
  expect(headers.get('content-type')).toContain('text/plain');
  expect(text).toContain('assay_http_request_seconds_count{method="GET",route="/v1/files/:id",status="404"}');
  expect(text).not.toContain('file-abc');
});

test('the description names every route with its parameters and answers', async () => {
  const description = JSON.parse((await ask('/openapi.json')).text);
  expect(description.openapi).toBe('3.1.0');
  expect(
    description.paths['/v1/files'].post.requestBody.content['multipart/form-data'].schema.properties,
  ).toMatchObject({ purpose: { type: 'string' }, file: { type: 'string', format: 'binary' } });
  expect(description.paths['/v1/batches'].post.requestBody.content['application/json'].schema.required).toEqual(
    expect.arrayContaining(['input_file_id', 'endpoint', 'completion_window']),
  );
  const described = new Set(Object.keys(description.paths));
  const expected = server.app.routeList
    // A socket has no place in OpenAPI 3.1; the guide describes its messages.
    .filter(({ url }) => !url.startsWith('/docs') && url !== '/openapi.json' && !url.startsWith('/ws/'))
    .map((route) => route.url.replace(/\*$/, ':id').replaceAll(/:(\w+)/g, '{$1}'));
  for (const url of expected) expect(described).toContain(url);
  expect((await fetch(`${server.url}/docs`)).status).toBe(200);
});

test('closing ends an open event stream and a slow upload at once or after the grace', async () => {
  const own = await startApp('http_closing', { limits: { closeGraceMs: 300 } });
  await own.db.asSystem((q) =>
    q.query(`insert into batches (batch_id, user_id, endpoint, input_file_id, completion_window, status, output_file_id,
      error_file_id, expires_at) values ('batch_1', 'local', '/v1/embeddings', 'f', '24h', 'in_progress', 'o', 'e', now())`),
  );
  const events = await fetch(`${own.url}/v1/batches/batch_1/events`);
  const reading = events.text();
  const { hostname, port } = new URL(own.url);
  const upload = connect(Number(port), hostname);
  upload.on('error', () => {});
  upload.write(
    `POST /v1/files HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: multipart/form-data; boundary=b\r\n` +
      'content-length: 500000\r\n\r\n--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nxxx',
  );
  await new Promise((resolve) => setTimeout(resolve, 200));
  const began = performance.now();
  await own.stop();
  expect(performance.now() - began).toBeLessThan(5000);
  expect(await reading).toContain('event: batch');
});
