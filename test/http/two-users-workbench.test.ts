/** Two users on one workbench: for every route of it, the second one is shown not to see or change the first one's things. */

import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { waitFor } from '../harness/batches.ts';
import { ask, form, isWorkbench, MARK, openTwoUsers, type TwoUsers, type User } from './two-users.ts';

let two: TwoUsers;
let alice: User;
let bob: User;
let things: { dataset: string; imported: string; run: string; item: string; set: string; template: string };

const items = [1, 2, 3]
  .map((n) => JSON.stringify({ custom_id: `${MARK}-${n}`, prompt: `${MARK} hang ${n}` }))
  .join('\n');
const model = `${MARK}-model`;

beforeAll(async () => {
  two = await openTwoUsers('two_users_workbench');
  ({ alice, bob } = two);
  await ask(alice, 'POST', '/admin/models', { id: model, engine: 'openai', base_url: two.engine.url });
  const made = async (path: string, body: object | FormData) => {
    const answer = await ask(alice, 'POST', path, body);
    expect([path, answer.status, answer.body?.error]).toEqual([path, 200, undefined]);
    return answer.body;
  };
  const dataset = (await made('/admin/datasets/upload', form('file', items))).id;
  const answers = [1, 2].map((n) => JSON.stringify({ custom_id: `${MARK}-${n}`, content: `${MARK} ${n}` })).join('\n');
  const imported = (
    await made('/admin/benchmarks/import', form('file', answers, { dataset_id: dataset, model_id: `${MARK}-other` }))
  ).id;
  const run = (await made('/admin/benchmarks/run', { dataset_id: dataset, model_id: model })).benchmarks[0].id;
  const item = `${MARK}-1`;
  await made(`/admin/annotations/golden/${dataset}/${item}`, { model_id: `${MARK}-other` });
  const set = (await made('/admin/golden-sets', { name: MARK, filter: { dataset_id: dataset } })).id;
  const template = (await made('/admin/templates', { name: MARK, text: `${MARK} {{prompt}}` })).id;
  things = { dataset, imported, run, item, set, template };
});

afterAll(() => two?.stop());

/** The second user gets what he would get if there were no such thing; the first then gets `ok`. */
async function hidden(method: string, path: string, o: { ok?: number; body?: () => object | FormData } = {}) {
  const asked = await ask(bob, method, path, o.body?.());
  expect([path, asked.status, asked.body?.error?.code]).toEqual([path, 404, 'not_found']);
  if (o.ok !== undefined) expect([path, (await ask(alice, method, path, o.body?.())).status]).toEqual([path, o.ok]);
}

/** The first user's list holds her things, the second's none. */
async function separate(path: string) {
  const own = await ask(alice, 'GET', path);
  expect([path, own.status, own.text.includes(MARK)]).toEqual([path, 200, true]);
  const other = await ask(bob, 'GET', path);
  expect([path, other.status, other.text.includes(MARK)]).toEqual([path, 200, false]);
}

const dataset = (rest = '') => `/admin/datasets/${things.dataset}${rest}`;
const run = (rest = '') => `/admin/benchmarks/${things.run}${rest}`;
const ofDataset = () => `dataset_id=${things.dataset}`;
const other = () => ({ model_id: `${MARK}-other` });

/** For each route, how it is shown. A route that is missing here fails the test. */
const proofs: Record<string, () => Promise<unknown>> = {
  'POST /admin/datasets/upload': async () => {
    // The same bytes are not recognised across users, and her dataset takes no version of his.
    const own = await ask(bob, 'POST', '/admin/datasets/upload', form('file', items));
    expect([own.status, own.body.duplicate_of]).toEqual([200, null]);
    expect(own.body.id).not.toBe(things.dataset);
    await hidden('POST', '/admin/datasets/upload', {
      body: () => form('file', '{"prompt":"x"}', { dataset_id: things.dataset }),
    });
    expect((await ask(bob, 'DELETE', `/admin/datasets/${own.body.id}`)).status).toBe(200);
  },
  'GET /admin/datasets': () => separate('/admin/datasets'),
  'GET /admin/datasets/:id': () => hidden('GET', dataset(), { ok: 200 }),
  'GET /admin/datasets/:id/use': () => hidden('GET', dataset('/use'), { ok: 200 }),
  'GET /admin/datasets/:id/versions': () => hidden('GET', dataset('/versions'), { ok: 200 }),
  'GET /admin/datasets/:id/items': () => hidden('GET', dataset('/items'), { ok: 200 }),
  'PATCH /admin/datasets/:id': () => hidden('PATCH', dataset(), { body: () => ({ name: MARK }), ok: 200 }),
  'DELETE /admin/datasets/:id': () => hidden('DELETE', dataset()),
  'POST /admin/benchmarks/estimate': () =>
    hidden('POST', '/admin/benchmarks/estimate', {
      body: () => ({ dataset_id: things.dataset, model_id: 'smollm2-135m' }),
      ok: 200,
    }),
  'POST /admin/benchmarks/run': () =>
    hidden('POST', '/admin/benchmarks/run', { body: () => ({ dataset_id: things.dataset, model_id: 'smollm2-135m' }) }),
  'POST /admin/benchmarks/import': () =>
    hidden('POST', '/admin/benchmarks/import', {
      body: () =>
        form('file', `{"custom_id":"${MARK}-1","content":"x"}`, { dataset_id: things.dataset, model_id: 'bobs' }),
    }),
  'GET /admin/benchmarks': async () => {
    await separate('/admin/benchmarks');
    const asked = await ask(bob, 'GET', `/admin/benchmarks?${ofDataset()}`);
    expect(asked.text).not.toContain(MARK);
  },
  'GET /admin/benchmarks/active': async () => {
    const own = await waitFor(
      () => ask(alice, 'GET', '/admin/benchmarks/active'),
      (got) => got.text.includes(things.run),
      {
        timeoutMs: 30_000,
        what: 'an active run',
      },
    );
    expect(own.text).toContain(MARK);
    expect((await ask(bob, 'GET', '/admin/benchmarks/active')).text).toBe('[]');
  },
  'GET /admin/benchmarks/:id': () => hidden('GET', run(), { ok: 200 }),
  'POST /admin/benchmarks/:id/cancel': async () => {
    await hidden('POST', run('/cancel'));
    expect((await ask(alice, 'GET', run())).body.status).not.toBe('cancelled');
  },
  'POST /admin/benchmarks/:id/retry': () => hidden('POST', run('/retry')),
  'POST /admin/benchmarks/:id/again': () => hidden('POST', run('/again')),
  'DELETE /admin/benchmarks/:id': async () => {
    await hidden('DELETE', `/admin/benchmarks/${things.imported}`);
    expect((await ask(alice, 'GET', `/admin/benchmarks/${things.imported}`)).status).toBe(200);
  },
  'GET /admin/workbench/results': () => hidden('GET', `/admin/workbench/results?${ofDataset()}`, { ok: 200 }),
  'GET /admin/workbench/item': () =>
    hidden('GET', `/admin/workbench/item?${ofDataset()}&candidate_id=${things.item}`, { ok: 200 }),
  'GET /admin/workbench/stats': () => hidden('GET', `/admin/workbench/stats?${ofDataset()}`, { ok: 200 }),
  'GET /admin/workbench/agreement': () => hidden('GET', `/admin/workbench/agreement?${ofDataset()}`, { ok: 200 }),
  'POST /admin/annotations/:kind/:dataset_id/:candidate_id': () =>
    hidden('POST', `/admin/annotations/wrong/${things.dataset}/${things.item}`, { body: other }),
  'DELETE /admin/annotations/:kind/:dataset_id/:candidate_id': () =>
    hidden('DELETE', `/admin/annotations/golden/${things.dataset}/${things.item}?model_id=${MARK}-other`),
  'POST /admin/annotations/undo/:dataset_id/:candidate_id': () =>
    hidden('POST', `/admin/annotations/undo/${things.dataset}/${things.item}`, { body: other }),
  'POST /admin/annotations/bulk': () =>
    hidden('POST', '/admin/annotations/bulk', {
      body: () => ({ kind: 'wrong', ...other(), filter: { dataset_id: things.dataset } }),
      ok: 200,
    }),
  'GET /admin/annotations': async () => {
    const asked = await ask(bob, 'GET', `/admin/annotations?${ofDataset()}`);
    expect(asked.text.replaceAll(things.dataset, '')).not.toContain(MARK);
    expect((await ask(alice, 'GET', `/admin/annotations?${ofDataset()}`)).text).toContain(MARK);
  },
  'POST /admin/golden-sets': () =>
    hidden('POST', '/admin/golden-sets', {
      body: () => ({ name: MARK, filter: { dataset_id: things.dataset } }),
      ok: 200,
    }),
  'GET /admin/golden-sets': async () => {
    const asked = await ask(bob, 'GET', `/admin/golden-sets?${ofDataset()}`);
    expect(asked.text).not.toContain(things.set);
    expect((await ask(alice, 'GET', `/admin/golden-sets?${ofDataset()}`)).text).toContain(things.set);
  },
  'GET /admin/golden-sets/:id/items': () => hidden('GET', `/admin/golden-sets/${things.set}/items`, { ok: 200 }),
  'DELETE /admin/golden-sets/:id': () => hidden('DELETE', `/admin/golden-sets/${things.set}`),
  'POST /admin/examples/preview': () =>
    hidden('POST', '/admin/examples/preview', { body: () => ({ filter: { dataset_id: things.dataset } }), ok: 200 }),
  'GET /admin/templates': () => separate('/admin/templates'),
  'POST /admin/templates': async () => {
    // A template of the same name is his own, and hers stays as it was.
    const own = await ask(bob, 'POST', '/admin/templates', { name: MARK, text: 'other' });
    expect(own.status).toBe(200);
    expect((await ask(alice, 'GET', '/admin/templates')).text).toContain(`${MARK} {{prompt}}`);
    expect((await ask(bob, 'DELETE', `/admin/templates/${own.body.id}`)).status).toBe(200);
  },
  'DELETE /admin/templates/:id': () => hidden('DELETE', `/admin/templates/${things.template}`),
  'GET /admin/exports/:dataset_id': () =>
    hidden('GET', `/admin/exports/${things.dataset}?format=csv&all=true`, { ok: 200 }),
  'GET /admin/settings': async () => {
    const asked = await ask(bob, 'GET', '/admin/settings');
    expect([asked.status, asked.text.includes('a secret of at least')]).toEqual([200, false]);
  },
  'GET /ws/workbench': async () => {
    const heard = await Promise.all([alice, bob].map((user) => firstMessages(user)));
    expect([heard[0]!.includes(things.dataset), heard[1]!.includes(things.dataset)]).toEqual([true, false]);
  },
};

/** What a user hears who asks for everything from the beginning, while the first one says something anew. */
async function firstMessages(user: User): Promise<string> {
  const socket = new WebSocket(`${user.url.replace('http', 'ws')}/ws/workbench`, ['bearer', user.token]);
  await once(socket, 'open');
  let heard = '';
  socket.on('message', (data) => {
    heard += data.toString();
  });
  socket.send(JSON.stringify({ type: 'subscribe', since: 0 }));
  await waitFor(
    async () => heard,
    (text) => text !== '',
    { timeoutMs: 30_000, what: 'the first message' },
  );
  if (user === alice)
    await waitFor(
      async () => heard,
      (text) => text.includes(things.dataset),
      { timeoutMs: 30_000, what: 'her own' },
    );
  else await ask(alice, 'POST', `/admin/annotations/golden/${things.dataset}/${things.item}`, other());
  socket.close();
  await once(socket, 'close');
  return heard;
}

test('every route of the workbench has its proof, and every proof its route', () => {
  const own = two.routes.filter((route) => isWorkbench(route) && !route.startsWith('HEAD '));
  expect(Object.keys(proofs).sort()).toEqual([...new Set(own)].sort());
});

describe('the second user sees and changes nothing of the first', () => {
  for (const [route, proof] of Object.entries(proofs)) test(route, proof);
});

test("in the end all that is the first one's is as it was", async () => {
  const page = (await ask(alice, 'GET', `/admin/workbench/results?${ofDataset()}`)).body;
  expect(page.total).toBe(3);
  expect(page.items[0].results[`${MARK}-other`].annotation).toBe('golden');
});
