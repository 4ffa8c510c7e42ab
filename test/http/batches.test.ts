/** The routes of batches: metadata filters, virtual files, and the event stream. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { finishBatch } from '../../src/batches/end.ts';
import type { Database } from '../../src/db/database.ts';
import { type StartedApp, startApp } from './start-app.ts';

let server: StartedApp;
beforeAll(async () => {
  server = await startApp('http_batches');
});
afterAll(() => server.stop());

async function insertBatch(db: Database, id: string, o: { status?: string; metadata?: object } = {}) {
  await db.asUser('local', (q) =>
    q.query(
      `insert into batches (batch_id, user_id, endpoint, input_file_id, completion_window, status, output_file_id,
         error_file_id, expires_at, metadata, total)
       values ($1, 'local', '/v1/embeddings', 'file-in', '24h', $2, $1 || '-out', $1 || '-err', now() + '1 day', $3, 10)`,
      [id, o.status ?? 'in_progress', o.metadata ? JSON.stringify(o.metadata) : null],
    ),
  );
}
const update = (id: string, set: string) =>
  server.db.asUser('local', (q) => q.query(`update batches set ${set} where batch_id = $1`, [id]));

test('a list is filtered by metadata', async () => {
  await insertBatch(server.db, 'batch_a', { metadata: { run: 'one', kind: 'x' } });
  await insertBatch(server.db, 'batch_b', { metadata: { run: 'two', kind: 'x' } });
  const ids = async (query: string) => {
    const answer = await fetch(`${server.url}/v1/batches${query}`);
    return ((await answer.json()) as { data: { id: string }[] }).data.map((batch) => batch.id).sort();
  };
  expect(await ids('?metadata[run]=one')).toEqual(['batch_a']);
  expect(await ids('?metadata%5Bkind%5D=x')).toEqual(['batch_a', 'batch_b']);
  expect(await ids('?metadata[run]=one&metadata[kind]=y')).toEqual([]);
  expect((await fetch(`${server.url}/v1/batches?limit=101`)).status).toBe(400);
});

test('the output of a running batch can be read, and says that it is incomplete', async () => {
  await insertBatch(server.db, 'batch_v');
  const lines = ['{"line":1}', '{"line":2}'];
  await server.db.asUser('local', (q) =>
    q.query(
      `insert into results (batch_id, line, user_id, custom_id, ok, output, bytes, attempts)
       select 'batch_v', n, 'local', 'row-' || n, true, output, octet_length(output) + 1, 1
       from unnest($1::text[]) with ordinality as o (output, n)`,
      [lines],
    ),
  );
  await update('batch_v', 'output_bytes = 22, completed = 2');
  const get = (headers: Record<string, string> = {}) =>
    fetch(`${server.url}/v1/files/batch_v-out/content`, { headers });
  const running = await get();
  expect([running.status, running.headers.get('x-incomplete')]).toEqual([200, 'true']);
  expect(await running.text()).toBe('{"line":1}\n{"line":2}\n');
  // A row that lands earlier in the file would shift every later byte.
  const part = await get({ range: 'bytes=11-' });
  expect([part.status, part.headers.get('accept-ranges'), part.headers.get('content-length')]).toEqual([
    200,
    null,
    null,
  ]);
  expect(await part.text()).toBe('{"line":1}\n{"line":2}\n');
  await update('batch_v', `status = 'finalizing'`);
  await finishBatch(server.db, 'local', 'batch_v');
  const whole = await get();
  expect([whole.status, whole.headers.get('x-incomplete')]).toEqual([200, null]);
  const rest = await get({ range: 'bytes=11-' });
  expect([rest.status, await rest.text()]).toEqual([206, '{"line":2}\n']);
  const named = await fetch(`${server.url}/v1/files/batch_v-out`);
  expect(await named.json()).toMatchObject({ purpose: 'batch_output', bytes: 22, filename: 'batch_v_output.jsonl' });
  await fetch(`${server.url}/v1/files/batch_v-out`, { method: 'DELETE' });
  expect((await get()).status).toBe(404);
});

test('events come on change only, with ids and heartbeats, and end with the batch', async () => {
  // Another one for a second try.
  const id = `batch_e${Date.now()}`;
  await insertBatch(server.db, id);
  const answer = await fetch(`${server.url}/v1/batches/${id}/events`);
  expect(answer.headers.get('content-type')).toContain('text/event-stream');
  const reading = answer.text();
  await sleep(600);
  await update(id, 'completed = 4');
  await sleep(300);
  await update(id, `completed = 10, status = 'completed', completed_at = now()`);
  const text = await reading;
  const events = text.split('\n\n').filter((event) => event.startsWith('id:'));
  expect(events.map((event) => event.split('\n')[0])).toEqual(['id: 1', 'id: 2', 'id: 3']);
  const done = events.map((event) => JSON.parse(event.split('\ndata: ')[1]!).batch.request_counts.completed);
  expect(done).toEqual([0, 4, 10]);
  expect(text).toContain(': still here\n\n');
  expect(text.endsWith('event: end\ndata: {}\n\n')).toBe(true);
});

test('events of an unknown batch are a 404', async () => {
  const answer = await fetch(`${server.url}/v1/batches/batch_none/events`);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'application/json; charset=utf-8']);
});

test('a repeated create makes one batch, also when both come at the same moment', async () => {
  const form = new FormData();
  form.set('purpose', 'batch');
  form.set('file', new Blob(['{}\n']), 'in.jsonl');
  const { id } = (await (await fetch(`${server.url}/v1/files`, { method: 'POST', body: form })).json()) as {
    id: string;
  };
  const body = JSON.stringify({ input_file_id: id, endpoint: '/v1/embeddings', completion_window: '24h' });
  const create = async (headers: Record<string, string>) => {
    const all = { 'content-type': 'application/json', ...headers };
    return (await (await fetch(`${server.url}/v1/batches`, { method: 'POST', body, headers: all })).json()) as {
      id: string;
    };
  };
  const first = await create({});
  expect((await create({ 'x-stainless-retry-count': '1' })).id).toBe(first.id);
  expect((await create({})).id).not.toBe(first.id);
  const keyed = await Promise.all([1, 2, 3].map(() => create({ 'idempotency-key': 'one' })));
  expect(new Set(keyed.map((batch) => batch.id)).size).toBe(1);
});

test('an empty body announced as JSON is no body', async () => {
  await insertBatch(server.db, 'batch_c');
  const answer = await fetch(`${server.url}/v1/batches/batch_c/cancel`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  });
  expect(await answer.json()).toMatchObject({ id: 'batch_c', status: 'cancelling' });
});
