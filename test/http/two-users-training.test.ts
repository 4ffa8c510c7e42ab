/** Two users and their training: the second one sees and changes nothing of the first; a job token is good for its own job only. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, form, isTraining, MARK, openTwoUsers, type TwoUsers, type User } from './two-users.ts';

let two: TwoUsers;
let alice: User;
let bob: User;
/** With the token of the first user's job, and of another job of hers. */
let trainer: User;
let things: { job: string; other: string; token: string; dataset: string; analysis: string };

beforeAll(async () => {
  two = await openTwoUsers('two_users_training');
  ({ alice, bob } = two);
  const items = [1, 2].map((n) => JSON.stringify({ id: `${MARK}-${n}`, prompt: `${MARK} ${n}`, expected: `A${n}` }));
  const dataset = (await made('/admin/datasets/upload', form('file', items.join('\n')))).id;
  const data = { kind: 'dataset', id: dataset };
  const job = await made('/api/training/jobs', { ...newJob, data });
  const other = await made('/api/training/jobs', newJob);
  trainer = { url: alice.url, token: job.token };
  const tokens = (await ask(alice, 'GET', `/api/training/jobs/${job.id}/tokens`)).body.data;
  things = { job: job.id, other: other.id, token: tokens[0].id, dataset, analysis: await importJudged() };
  for (const [path, body] of writes(job.id)) {
    const answer = await ask(trainer, 'POST', path, body);
    expect([path, answer.status, answer.body?.error]).toEqual([path, 200, undefined]);
  }
  await made('/admin/models', { id: `${MARK}-model`, engine: 'openai', base_url: two.engine.url });
});

afterAll(() => two?.stop());

const newJob = { name: MARK, base_model: `${MARK}-base`, config: { predictions: { sample_count: 2 } } };

async function made(path: string, body: object | FormData) {
  const answer = await ask(alice, 'POST', path, body);
  expect([path, answer.status, answer.body?.error]).toEqual([path, 200, undefined]);
  return answer.body;
}

/** An analysis without targeted rows. */
async function importJudged(): Promise<string> {
  const line = { id: MARK, pass: false, reasoning: `${MARK} wrong`, prompt: MARK };
  const answer = await fetch(`${alice.url}/api/analyses/import?name=${MARK}&cluster={"model":null}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${alice.token}`, 'content-type': 'application/x-ndjson' },
    body: JSON.stringify(line),
  });
  return ((await answer.json()) as { id: string }).id;
}

const sample = { sample_index: 0, prompt: MARK, ground_truth: 'A1', prediction: 'A1', scores: { exact_match: 1 } };
/** What a trainer of the job sends, one body a route. */
const writes = (job_id: string): [string, object][] => [
  ['/api/training/local/predictions', { job_id, epoch: 1, step: 10, predictions: [sample] }],
  ['/api/training/local/metrics', { job_id, metrics: [{ step: 10, epoch: 1, values: { loss: 0.5 } }] }],
  ['/api/training/local/status', { job_id, status: 'running', step: 10 }],
];

/** The second user gets what he would get if there were no such thing; the first then gets `ok`. */
async function hidden(method: string, path: string, o: { ok?: number; body?: object } = {}) {
  const asked = await ask(bob, method, path, o.body);
  expect([path, asked.status, asked.body?.error?.code]).toEqual([path, 404, 'not_found']);
  if (o.ok !== undefined) expect([path, (await ask(alice, method, path, o.body)).status]).toEqual([path, o.ok]);
}

const job = (rest = '') => `/api/training/jobs/${things.job}${rest}`;
const predicted = (rest = '') => `/api/training/predictions/${things.job}${rest}`;
const write = (at: number) => () => {
  const [path, body] = writes(things.job)[at]!;
  return hidden('POST', path, { body, ok: 200 });
};

/** For each route, how it is shown. A route that is missing here fails the test. */
const proofs: Record<string, () => Promise<unknown>> = {
  'GET /api/training/settings': async () => {
    const { status, body } = await ask(bob, 'GET', '/api/training/settings');
    expect([status, body.limits.max_sample_count]).toEqual([200, 100]);
  },
  'POST /api/training/estimate': async () => {
    const asked = { predictions: { sample_count: 100 }, parameters_billions: 70, epochs: 9 };
    const { status, body } = await ask(bob, 'POST', '/api/training/estimate', asked);
    expect([status, body.evaluations, body.tokens, body.cost]).toEqual([200, 10, 300_000, 15]);
  },
  'POST /api/training/jobs': async () => {
    for (const param of ['data', 'samples']) {
      const theirs = { [param]: { kind: 'dataset', id: things.dataset } };
      await hidden('POST', '/api/training/jobs', { body: { ...newJob, ...theirs } });
      const analysis = { [param]: { kind: 'analysis', id: things.analysis } };
      await hidden('POST', '/api/training/jobs', { body: { ...newJob, ...analysis }, ok: 409 });
      await hidden('POST', '/api/training/jobs', { body: { ...newJob, [param]: { kind: 'golden_set', id: 'gs_1' } } });
    }
  },
  'GET /api/training/jobs': async () => {
    expect((await ask(alice, 'GET', '/api/training/jobs')).text).toContain(things.job);
    const theirs = await ask(bob, 'GET', `/api/training/jobs?after=${things.job}`);
    expect([theirs.status, theirs.body.data]).toEqual([200, []]);
  },
  'GET /api/training/jobs/:id': () => hidden('GET', job(), { ok: 200 }),
  'GET /api/training/jobs/:id/metrics': () => hidden('GET', job('/metrics'), { ok: 200 }),
  'GET /api/training/jobs/:id/data/:part': async () => {
    await hidden('GET', job('/data/train'));
    const own = await ask(alice, 'GET', job('/data/samples'));
    expect(
      own.text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(
      [1, 2].map((n) => ({
        id: `${MARK}-${n}`,
        messages: [
          { role: 'user', content: `${MARK} ${n}` },
          { role: 'assistant', content: `A${n}` },
        ],
      })),
    );
  },
  'GET /api/training/jobs/:id/tokens': () => hidden('GET', job('/tokens'), { ok: 200 }),
  'POST /api/training/jobs/:id/tokens': () => hidden('POST', job('/tokens'), { ok: 200 }),
  'DELETE /api/training/jobs/:id/tokens/:token_id': async () => {
    await hidden('DELETE', job(`/tokens/${things.token}`));
    // Nor is a token of one job a token of another one of hers.
    const wrong = await ask(alice, 'DELETE', `/api/training/jobs/${things.other}/tokens/${things.token}`);
    expect([wrong.status, (await ask(trainer, 'GET', job())).status]).toEqual([404, 200]);
  },
  'POST /api/training/jobs/:id/model': async () => {
    await hidden('POST', job('/model'), { body: { model_id: `${MARK}-model` }, ok: 200 });
    const own = (await ask(bob, 'POST', '/api/training/jobs', newJob)).body.id;
    const theirs = await ask(bob, 'POST', `/api/training/jobs/${own}/model`, { model_id: `${MARK}-model` });
    expect([theirs.status, theirs.body.error.code]).toEqual([404, 'model_not_found']);
  },
  'POST /api/training/local/predictions': write(0),
  'POST /api/training/local/metrics': write(1),
  'POST /api/training/local/status': write(2),
  'GET /api/training/predictions/:jobId': () => hidden('GET', predicted('?epoch=1'), { ok: 200 }),
  'GET /api/training/predictions/:jobId/epochs': () => hidden('GET', predicted('/epochs'), { ok: 200 }),
  'GET /api/training/predictions/:jobId/samples': () => hidden('GET', predicted('/samples'), { ok: 200 }),
  'DELETE /api/training/jobs/:id': async () => {
    await hidden('DELETE', job());
    expect((await ask(alice, 'GET', job())).body).toMatchObject({ id: things.job, predictions: 1, loss: 0.5 });
  },
};

test('every route of training has its proof, and every proof its route', () => {
  const own = two.routes.filter((route) => isTraining(route) && !route.startsWith('HEAD '));
  expect(Object.keys(proofs).sort()).toEqual([...new Set(own)].sort());
});

describe('the second user sees and changes nothing of the first', () => {
  for (const [route, proof] of Object.entries(proofs)) test(route, proof);
});

describe('a job token', () => {
  const code = ({ status, body }: Awaited<ReturnType<typeof ask>>) => [status, body?.error?.code];

  test('is good for its job and for what the trainer reads, and for nothing else', async () => {
    for (const path of [job(), job('/data/train'), '/api/training/settings'])
      expect([path, (await ask(trainer, 'GET', path)).status]).toEqual([path, 200]);
    for (const path of [`/api/training/jobs/${things.other}`, `/api/training/jobs/${things.other}/data/train`])
      expect(code(await ask(trainer, 'GET', path))).toEqual([404, 'not_found']);
    for (const [path, body] of writes(things.other))
      expect(code(await ask(trainer, 'POST', path, body))).toEqual([404, 'not_found']);
    const refused = [
      ['GET', '/api/training/jobs'],
      ['DELETE', job()],
      ['POST', job('/tokens')],
      ['GET', predicted()],
      ['POST', '/api/training/estimate'],
      ['GET', '/v1/models'],
      ['GET', '/admin/settings'],
      ['GET', '/nowhere'],
    ] as const;
    for (const [method, path] of refused)
      expect([path, ...code(await ask(trainer, method, path))]).toEqual([path, 403, 'job_token_only']);
    expect((await ask(alice, 'GET', job('/tokens'))).body.data.at(-1)).toMatchObject({
      hint: trainer.token.slice(-4),
      last_used_at: expect.any(Number),
    });
  });

  test('ends at once when it is revoked, or its job deleted', async () => {
    const short = await made('/api/training/jobs', newJob);
    const second = await made(`/api/training/jobs/${short.id}/tokens`, {});
    const [path, body] = writes(short.id)[2]!;
    const post = (token: string) => ask({ url: alice.url, token }, 'POST', path, body);
    await ask(alice, 'DELETE', `/api/training/jobs/${short.id}/tokens/${second.id}`);
    expect(code(await post(second.token))).toEqual([401, 'invalid_api_key']);
    expect((await post(short.token)).status).toBe(200);
    expect((await ask(alice, 'DELETE', `/api/training/jobs/${short.id}`)).body).toEqual({
      id: short.id,
      deleted: true,
    });
    expect(code(await post(short.token))).toEqual([401, 'invalid_api_key']);
  });
});

test('more rows than a call may bring are refused before they are looked at', async () => {
  const rows = Array.from({ length: 1001 }, () => 'anything');
  const refused = await ask(trainer, 'POST', '/api/training/local/metrics', { job_id: things.job, metrics: rows });
  expect([refused.status, refused.body.error.code]).toEqual([413, 'payload_too_large']);
  expect(refused.body.error.message).toMatch(/1001 metrics.*1000 metrics.*PREDICTIONS_API_MAX_ROWS/);
});
