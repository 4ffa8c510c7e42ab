/** Two users and Label Studio: the second one sees and changes nothing of the first, and a webhook needs its own secret. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../harness/batches.ts';
import { type FakeLabelStudio, startFakeLabelStudio } from '../harness/fake-label-studio.ts';
import { ask, form, isLabelling, MARK, openTwoUsers, type TwoUsers, type User } from './two-users.ts';

let two: TwoUsers;
let alice: User;
let bob: User;
let studio: FakeLabelStudio;
let dataset: string;
let project: string;

beforeAll(async () => {
  two = await openTwoUsers('two_users_labelling');
  ({ alice, bob } = two);
  studio = await startFakeLabelStudio();
  const items = [1, 2].map((n) => JSON.stringify({ custom_id: `${MARK}-${n}`, prompt: `${MARK} ${n}` }));
  dataset = (await made('/admin/datasets/upload', form('file', items.join('\n')))).id;
  for (const model of ['one', 'two']) {
    const answers = [1, 2].map((n) => JSON.stringify({ custom_id: `${MARK}-${n}`, content: `${MARK} ${model} ${n}` }));
    const fields = { dataset_id: dataset, model_id: `${MARK}-${model}` };
    await made('/admin/benchmarks/import', form('file', answers.join('\n'), fields));
  }
  await put(alice);
  project = (await made('/api/label-studio/projects', { dataset_id: dataset, title: MARK })).id;
  await made(of('/push'), { select: 'everything' });
  await waitFor(
    () => ask(alice, 'GET', of()),
    ({ body }) => body.push.state !== 'running',
    { timeoutMs: 20_000, what: 'the push' },
  );
  const [task] = studio.store.tasks.keys();
  const result = [{ from_name: 'verdict_a', to_name: 'answer_a', type: 'choices', value: { choices: ['golden'] } }];
  await studio.annotate(task!, { email: `${MARK}@example.com`, result });
});

afterAll(async () => {
  await two?.stop();
  await studio?.close();
});

const of = (rest = '') => `/api/label-studio/projects/${project}${rest}`;
const put = (user: User) =>
  ask(user, 'PUT', '/api/label-studio/connection', { base_url: studio.url, token: studio.legacyToken });

async function made(path: string, body: object | FormData) {
  const answer = await ask(alice, 'POST', path, body);
  expect([path, answer.status, answer.body?.error]).toEqual([path, 200, undefined]);
  return answer.body;
}

/** The second user gets what he would get if there were no such thing; the first then gets `ok`. */
async function hidden(method: string, path: string, o: { ok?: number; body?: object | FormData } = {}) {
  const asked = await ask(bob, method, path, o.body);
  expect([path, asked.status, asked.body?.error?.code]).toEqual([path, 404, 'not_found']);
  if (o.ok !== undefined) expect([path, (await ask(alice, method, path, o.body)).status]).toEqual([path, o.ok]);
}

const connection = '/api/label-studio/connection';
const annotated = () => form('file', '[]');

/** For each route, how it is shown. A route that is missing here fails the test. */
const proofs: Record<string, () => Promise<unknown>> = {
  'GET /api/label-studio/connection': async () => {
    expect((await ask(bob, 'GET', connection)).body).toMatchObject({ connected: false, base_url: null, account: null });
    const own = await ask(alice, 'GET', connection);
    expect(own.body).toMatchObject({ connected: true, base_url: studio.url });
    expect(own.text).not.toContain(studio.legacyToken);
  },
  'PUT /api/label-studio/connection': async () => {
    const wrong = await ask(bob, 'PUT', connection, { base_url: studio.url, token: 'f'.repeat(40) });
    expect([wrong.status, wrong.body.error.code]).toEqual([409, 'label_studio_refused']);
    expect((await ask(bob, 'GET', connection)).body.connected).toBe(false);
    expect((await put(alice)).status).toBe(200);
  },
  'DELETE /api/label-studio/connection': async () => {
    expect((await ask(bob, 'DELETE', connection)).status).toBe(200);
    expect((await ask(alice, 'GET', connection)).body.connected).toBe(true);
  },
  'GET /api/label-studio/remote-projects': async () => {
    const none = await ask(bob, 'GET', '/api/label-studio/remote-projects');
    expect([none.status, none.body.error.code]).toEqual([409, 'label_studio_not_connected']);
    expect((await ask(alice, 'GET', '/api/label-studio/remote-projects')).text).toContain(MARK);
  },
  'POST /api/label-studio/preview': () =>
    hidden('POST', '/api/label-studio/preview', { body: { dataset_id: dataset }, ok: 200 }),
  'GET /api/label-studio/projects': async () => {
    expect((await ask(bob, 'GET', '/api/label-studio/projects')).body).toEqual({ data: [] });
    expect((await ask(alice, 'GET', '/api/label-studio/projects')).body.data).toHaveLength(1);
  },
  'POST /api/label-studio/projects': () =>
    hidden('POST', '/api/label-studio/projects', { body: { dataset_id: dataset, files_only: true }, ok: 200 }),
  'GET /api/label-studio/projects/:id': () => hidden('GET', of(), { ok: 200 }),
  'PATCH /api/label-studio/projects/:id': () => hidden('PATCH', of(), { body: { rule: 'review' }, ok: 200 }),
  'POST /api/label-studio/projects/:id/push': () => hidden('POST', of('/push'), { body: {}, ok: 200 }),
  'POST /api/label-studio/projects/:id/push/cancel': () => hidden('POST', of('/push/cancel')),
  'POST /api/label-studio/projects/:id/pull': () => hidden('POST', of('/pull'), { ok: 200 }),
  'GET /api/label-studio/projects/:id/open': () => hidden('GET', of('/open'), { ok: 200 }),
  'POST /api/label-studio/projects/:id/resolve': () => {
    const body = { candidate_id: `${MARK}-1`, model_id: `${MARK}-one`, keep: 'ours' };
    return hidden('POST', of('/resolve'), { body });
  },
  'GET /api/label-studio/projects/:id/tasks.json': () =>
    hidden('GET', of('/tasks.json?select=everything'), { ok: 200 }),
  'POST /api/label-studio/projects/:id/annotations': async () => {
    await hidden('POST', of('/annotations'), { body: annotated() });
    expect((await ask(alice, 'POST', of('/annotations'), annotated())).status).toBe(200);
  },
  'GET /api/review-queue': () => hidden('GET', `/api/review-queue?dataset_id=${dataset}`, { ok: 200 }),
  'POST /api/label-studio/hooks/:id': async () => {
    const path = `/api/label-studio/hooks/${project}`;
    for (const secret of [undefined, '', 'guessed'])
      for (const token of [bob.token, alice.token]) {
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
        const told = { ...headers, ...(secret === undefined ? {} : { 'x-assay-secret': secret }) };
        const answer = await fetch(`${two.owner.url}${path}`, { method: 'POST', headers: told, body: '{}' });
        expect([secret, answer.status]).toEqual([secret, 404]);
      }
    const [hook] = studio.store.hooks.values();
    const headers = { ...hook!.headers, 'content-type': 'application/json' };
    expect((await fetch(`${two.owner.url}${path}`, { method: 'POST', headers, body: '{}' })).status).toBe(200);
  },
  'DELETE /api/label-studio/projects/:id': async () => {
    await hidden('DELETE', of());
    expect((await ask(alice, 'GET', of())).body).toMatchObject({ id: project, annotations: 1 });
  },
};

test('every route of Label Studio has its proof, and every proof its route', () => {
  const own = two.routes.filter((route) => isLabelling(route) && !route.startsWith('HEAD '));
  expect(Object.keys(proofs).sort()).toEqual([...new Set(own)].sort());
});

describe('the second user sees and changes nothing of the first', () => {
  for (const [route, proof] of Object.entries(proofs)) test(route, proof);
});

test('the token of the connection stands nowhere in clear', async () => {
  for (const path of [connection, '/api/label-studio/projects', of(), '/admin/settings'])
    expect((await ask(alice, 'GET', path)).text).not.toContain(studio.legacyToken);
});
