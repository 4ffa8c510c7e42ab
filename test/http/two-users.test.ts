/** Two users on one server: for every route there is, the second one is shown not to see or change the first one's things. */

import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { submit, waitFor, waitForBatch } from '../harness/batches.ts';
import {
  type Answer,
  ask,
  form,
  isEvaluation,
  isLabelling,
  isTraining,
  isWorkbench,
  MARK,
  openTwoUsers,
  type TwoUsers,
  type User,
} from './two-users.ts';

interface Things {
  file: string;
  upload: string;
  part: string;
  ended: string;
  output: string;
  errors: string;
  running: string;
  model: string;
  key: string;
}

let two: TwoUsers;
let alice: User;
let bob: User;
let things: Things;

beforeAll(async () => {
  two = await openTwoUsers('two_users');
  ({ alice, bob } = two);
  things = await makeThings();
});

afterAll(() => two?.stop());

const line = (id: string, content: string) =>
  JSON.stringify({
    custom_id: id,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: `${MARK}-model`, messages: [{ role: 'user', content }] },
  });

/** One of each kind of thing, all the first user's. */
async function makeThings(): Promise<Things> {
  const model = `${MARK}-model`;
  const added = await ask(alice, 'POST', '/admin/models', { id: model, engine: 'openai', base_url: two.engine.url });
  expect(added.status).toBe(200);
  const file = (await ask(alice, 'POST', '/v1/files', form('file', `${MARK}\n`, { purpose: 'user_data' }))).body.id;
  const body = { bytes: 3, filename: `${MARK}.txt`, mime_type: 'text/plain', purpose: 'batch' };
  const upload = (await ask(alice, 'POST', '/v1/uploads', body)).body.id;
  const part = (await ask(alice, 'POST', `/v1/uploads/${upload}/parts`, form('data', 'abc'))).body.id;
  const metadata = { owner: MARK };
  const batch = await submit(alice, [line(`${MARK}-1`, 'fine'), line(`${MARK}-2`, 'fail')], { metadata });
  const ended = await waitForBatch(alice, batch.id);
  expect(ended.request_counts).toEqual({ total: 2, completed: 1, failed: 1 });
  const running = await submit(alice, [line(`${MARK}-3`, 'hang')], { metadata });
  const status = () => ask(alice, 'GET', `/v1/batches/${running.id}`);
  await waitFor(status, (answer) => answer.body.status === 'in_progress', {
    timeoutMs: 30_000,
    what: 'a running batch',
  });
  const key = (await ask(two.owner, 'POST', '/admin/keys', { name: MARK, user_id: 'alice' })).body.id;
  const [output, errors] = [ended.output_file_id!, ended.error_file_id!];
  return { file, upload, part, ended: ended.id, output, errors, running: running.id, model, key };
}

/** The first user is answered with `ok`, the second as if the thing did not exist. */
async function hidden(
  method: string,
  path: string,
  o: { ok?: number; body?: () => object | FormData; code?: string } = {},
) {
  const asked = await ask(bob, method, path, o.body?.());
  expect([path, asked.status, asked.body?.error?.code]).toEqual([path, 404, o.code ?? 'not_found']);
  const sent = o.body?.();
  expectClean(asked, sent instanceof FormData ? path : path + JSON.stringify(sent));
  if (o.ok !== undefined) expect([path, (await ask(alice, method, path, o.body?.())).status]).toEqual([path, o.ok]);
}

/** The first user's list holds her things, the second's none. */
async function separate(path: string) {
  const own = await ask(alice, 'GET', path);
  expect([path, own.text.includes(MARK)]).toEqual([path, true]);
  const other = await ask(bob, 'GET', path);
  expect([path, other.status]).toEqual([path, 200]);
  expectClean(other, path);
}

/** Nothing of the first user's is in the answer, but for what the second one `sent` himself. */
function expectClean(answer: Answer, sent: string) {
  const names = [...Object.values(things), MARK];
  let [said, asked] = [answer.text, sent];
  for (const name of names) {
    if (!asked.includes(name)) continue;
    said = said.replaceAll(name, '');
    asked = asked.replaceAll(name, '');
  }
  for (const name of names) expect(said).not.toContain(name);
}

const files = () => [things.file, things.output, things.errors];
const batches = () => [things.ended, things.running];

/** What the second user makes is his own, and the first does not see it. */
async function ownOnly(method: string, path: string, body: object | FormData) {
  const made = await ask(bob, method, path, body);
  expect([path, made.status]).toEqual([path, 200]);
  return made.body;
}

const passed = (path: string, more: object) => async () => {
  const body = { model: things.model, ...more };
  for (const stream of [false, true]) {
    await hidden('POST', path, { body: () => ({ ...body, stream }), code: 'model_not_found' });
  }
  expect((await ask(alice, 'POST', path, body)).status).toBe(200);
};

/** For each route, how it is shown. A route that is missing here fails the test. */
const proofs: Record<string, () => Promise<unknown>> = {
  'GET /v1/files': () => separate('/v1/files'),
  'POST /v1/files': async () => {
    const own = await ownOnly('POST', '/v1/files', form('file', `${MARK}\n`, { purpose: 'user_data' }));
    expect(own.id).not.toBe(things.file);
    expect((await ask(alice, 'GET', `/v1/files/${own.id}`)).status).toBe(404);
    await ask(bob, 'DELETE', `/v1/files/${own.id}`);
  },
  'GET /v1/files/:id': async () => {
    for (const id of files()) await hidden('GET', `/v1/files/${id}`, { ok: 200 });
  },
  'GET /v1/files/:id/content': async () => {
    for (const id of files()) await hidden('GET', `/v1/files/${id}/content`, { ok: 200 });
  },
  'DELETE /v1/files/:id': async () => {
    for (const id of files()) {
      await hidden('DELETE', `/v1/files/${id}`);
      expect((await ask(alice, 'GET', `/v1/files/${id}/content`)).status).toBe(200);
    }
  },
  'POST /v1/uploads': async () => {
    const body = { bytes: 3, filename: `${MARK}.txt`, mime_type: 'text/plain', purpose: 'batch' };
    expect((await ownOnly('POST', '/v1/uploads', body)).id).not.toBe(things.upload);
  },
  'POST /v1/uploads/:id/parts': () =>
    hidden('POST', `/v1/uploads/${things.upload}/parts`, { body: () => form('data', 'xyz'), ok: 200 }),
  'POST /v1/uploads/:id/complete': async () => {
    const body = () => ({ part_ids: [things.part] });
    await hidden('POST', `/v1/uploads/${things.upload}/complete`, { body });
    const own = { bytes: 3, filename: 'own', mime_type: 'text/plain', purpose: 'batch' };
    const { id } = await ownOnly('POST', '/v1/uploads', own);
    const stolen = await ask(bob, 'POST', `/v1/uploads/${id}/complete`, body());
    expect([stolen.status, stolen.body.error.param]).toEqual([400, 'part_ids[0]']);
    expect((await ask(alice, 'POST', `/v1/uploads/${things.upload}/complete`, body())).status).toBe(200);
  },
  'POST /v1/uploads/:id/cancel': async () => {
    const body = { bytes: 3, filename: MARK, mime_type: 'text/plain', purpose: 'batch' };
    const { id } = (await ask(alice, 'POST', '/v1/uploads', body)).body;
    await hidden('POST', `/v1/uploads/${id}/cancel`, { ok: 200 });
  },
  'GET /v1/batches': async () => {
    await separate('/v1/batches');
    await separate(`/v1/batches?metadata[owner]=${MARK}`);
    const beside = await ask(bob, 'GET', `/v1/batches?after=${things.ended}`);
    expect(beside.body.data ?? []).toEqual([]);
  },
  'POST /v1/batches': async () => {
    const more = { endpoint: '/v1/chat/completions', completion_window: '24h' };
    const asked = await ask(bob, 'POST', '/v1/batches', { input_file_id: things.file, ...more });
    expect([asked.status, asked.body.error.code]).toEqual([404, 'not_found']);
    // A file of his own that names her model: the batch fails, as with a model that does not exist.
    const own = await waitForBatch(bob, (await submit(bob, [line('bobs', 'hello')])).id);
    expect([own.status, own.errors!.data[0]!.code]).toEqual(['failed', 'model_not_found']);
  },
  'GET /v1/batches/:id': async () => {
    for (const id of batches()) await hidden('GET', `/v1/batches/${id}`, { ok: 200 });
  },
  'POST /v1/batches/:id/cancel': async () => {
    await hidden('POST', `/v1/batches/${things.running}/cancel`);
    expect((await ask(alice, 'GET', `/v1/batches/${things.running}`)).body.status).toBe('in_progress');
  },
  'POST /v1/batches/:id/retry': async () => {
    await hidden('POST', `/v1/batches/${things.ended}/retry`);
    expect((await ask(alice, 'GET', `/v1/batches/${things.ended}`)).body.status).toBe('completed');
  },
  'GET /v1/batches/:id/metrics': async () => {
    for (const id of batches()) await hidden('GET', `/v1/batches/${id}/metrics`, { ok: 200 });
  },
  'GET /v1/batches/:id/requests': async () => {
    for (const id of batches()) {
      await hidden('GET', `/v1/batches/${id}/requests`, { ok: 200 });
      expect((await ask(alice, 'GET', `/v1/batches/${id}/requests`)).text).toContain(MARK);
    }
  },
  'GET /v1/batches/:id/events': () => hidden('GET', `/v1/batches/${things.ended}/events`, { ok: 200 }),
  'GET /v1/models': () => separate('/v1/models'),
  'GET /v1/models/*': () => hidden('GET', `/v1/models/${things.model}`, { ok: 200, code: 'model_not_found' }),
  'GET /admin/models': () => separate('/admin/models'),
  'POST /admin/models': async () => {
    const spec = { id: things.model, engine: 'openai', base_url: 'http://127.0.0.1:9/bobs' };
    await ownOnly('POST', '/admin/models', spec);
    const kept = (await ask(alice, 'GET', '/admin/models')).body.data.find(
      (one: { id: string }) => one.id === things.model,
    );
    expect(kept.base_url).toBe(two.engine.url);
    expect((await ask(bob, 'DELETE', `/admin/models/${things.model}`)).status).toBe(200);
  },
  'POST /admin/ceilings/reset': () =>
    hidden('POST', '/admin/ceilings/reset', {
      body: () => ({ model_id: things.model }),
      code: 'model_not_found',
      ok: 200,
    }),
  'DELETE /admin/models/*': async () => {
    await hidden('DELETE', `/admin/models/${things.model}`);
    expect((await ask(alice, 'GET', `/v1/models/${things.model}`)).status).toBe(200);
  },
  'POST /v1/chat/completions': passed('/v1/chat/completions', { messages: [{ role: 'user', content: 'hi' }] }),
  'POST /v1/completions': passed('/v1/completions', { prompt: 'hi' }),
  'POST /v1/embeddings': passed('/v1/embeddings', { input: 'hi' }),
  'POST /v1/responses': passed('/v1/responses', { input: 'hi' }),
  'GET /admin/keys': () => ownerOnly('GET', '/admin/keys'),
  'POST /admin/keys': () => ownerOnly('POST', '/admin/keys', { name: 'mine', user_id: 'alice' }),
  'DELETE /admin/keys/:id': () => ownerOnly('DELETE', `/admin/keys/${things.key}`),
  'GET /admin/workers': async () => {
    await ownerOnly('GET', '/admin/workers');
    const { data } = (await ask(two.owner, 'GET', '/admin/workers')).body;
    expect(data).toEqual([expect.objectContaining({ host: hostname(), models: expect.any(Array) })]);
  },
  'GET /healthz': () => same('/healthz'),
  'GET /readyz': () => same('/readyz'),
  'GET /openapi.json': () => same('/openapi.json'),
  'GET /metrics': async () => expectClean(await ask(bob, 'GET', '/metrics'), '/metrics'),
  'GET /docs': () => same('/docs'),
  'GET /docs/json': () => same('/docs/json'),
  'GET /docs/yaml': () => same('/docs/yaml'),
  'GET /docs/static/index.html': () => same('/docs/static/index.html'),
  'GET /docs/static/swagger-initializer.js': () => same('/docs/static/swagger-initializer.js'),
  'GET /docs/static/*': () => same('/docs/static/swagger-ui.css'),
};

/** Only who runs the server may, not even the user it is about. */
async function ownerOnly(method: string, path: string, body?: object) {
  for (const user of [alice, bob]) {
    const asked = await ask(user, method, path, body);
    expect([asked.status, asked.body.error.code]).toEqual([403, 'owner_only']);
    expectClean(asked, path);
  }
  const kept = (await ask(two.owner, 'GET', '/admin/keys')).body.data;
  expect(kept).toEqual([expect.objectContaining({ id: things.key, revoked_at: null })]);
}

/** Holds nothing of anyone's. */
async function same(path: string) {
  const asked = await ask(bob, 'GET', path);
  expect([path, asked.status]).toEqual([path, 200]);
  expectClean(asked, path);
}

test('every route there is has its proof, and every proof its route', () => {
  // HEAD is made by Fastify from the GET of the same address, and runs the same code.
  const elsewhere = [isWorkbench, isEvaluation, isTraining, isLabelling];
  const routes = two.routes.filter((route) => !elsewhere.some((is) => is(route)));
  const own = routes.filter((route) => !route.startsWith('HEAD '));
  for (const head of routes.filter((route) => route.startsWith('HEAD '))) {
    expect(own).toContain(head.replace('HEAD', 'GET'));
  }
  expect(Object.keys(proofs).sort()).toEqual([...new Set(own)].sort());
});

describe('the second user sees and changes nothing of the first', () => {
  for (const [route, proof] of Object.entries(proofs)) test(route, proof);
});

test('without a key nobody is anybody', async () => {
  for (const path of ['/v1/files', '/v1/batches', '/admin/models', '/metrics', `/v1/batches/${things.ended}`]) {
    expect((await fetch(`${alice.url}${path}`)).status).toBe(401);
  }
});

test("in the end all that is the first one's is as it was", async () => {
  expect((await ask(alice, 'GET', `/v1/batches/${things.running}`)).body.status).toBe('in_progress');
  for (const id of files()) expect((await ask(alice, 'GET', `/v1/files/${id}/content`)).text).toContain(MARK);
});
