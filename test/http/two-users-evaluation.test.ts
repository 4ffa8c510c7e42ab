/** Two users and their judges: for every route of judging, the second one is shown not to see or change the first one's things. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../harness/batches.ts';
import { ask, form, isEvaluation, MARK, openTwoUsers, type TwoUsers, type User } from './two-users.ts';

let two: TwoUsers;
let alice: User;
let bob: User;
let things: {
  dataset: string;
  run: string;
  other: string;
  judged: string;
  stopped: string;
  rubric: string;
  analysis: string;
};

const rubric = { name: MARK, criteria: [{ name: 'accuracy', description: MARK }] };

beforeAll(async () => {
  two = await openTwoUsers('two_users_evaluation');
  ({ alice, bob } = two);
  const made = async (path: string, body: object | FormData) => {
    const answer = await ask(alice, 'POST', path, body);
    expect([path, answer.status, answer.body?.error]).toEqual([path, 200, undefined]);
    return answer.body;
  };
  const items = [1, 2].map((n) => JSON.stringify({ custom_id: `${MARK}-${n}`, prompt: `${MARK} ${n}` })).join('\n');
  const dataset_id = (await made('/admin/datasets/upload', form('file', items))).id;
  const answers = [1, 2].map((n) => JSON.stringify({ custom_id: `${MARK}-${n}`, content: `${MARK} ${n}` })).join('\n');
  const run = async (name: string) =>
    (await made('/admin/benchmarks/import', form('file', answers, { dataset_id, model_id: name }))).id;
  const [first, other] = [await run(`${MARK}-model`), await run(`${MARK}-other`)];
  const judged = (await made('/api/evaluation/runs', { benchmark_id: first, mode: 'rules' })).id;
  await made('/admin/models', { id: `${MARK}-judge`, engine: 'openai', base_url: two.engine.url });
  const stopped = (
    await made('/api/evaluation/runs', { benchmark_id: first, mode: 'single', judge_model: `${MARK}-judge` })
  ).id;
  await ask(alice, 'POST', `/api/evaluation/runs/${stopped}/cancel`);
  const kept = (await made('/api/evaluation/rubrics', rubric)).id;
  const analysis = (await importJudged(alice)).id;
  things = { dataset: dataset_id, run: first, other, judged, stopped, rubric: kept, analysis };
  await waitFor(
    () => ask(alice, 'GET', `/api/evaluation/runs/${judged}`),
    (got) => got.body.status === 'completed',
    { timeoutMs: 30_000, what: 'a judge run' },
  );
  await waitFor(
    () => ask(alice, 'GET', `/api/analyses/${analysis}`),
    (got) => got.body.status !== 'running',
    { timeoutMs: 60_000, what: 'an analysis' },
  );
});

/** Three failures alike, which become a cluster; told apart by their words. */
async function importJudged(user: User): Promise<{ id: string }> {
  const line = (n: number) =>
    JSON.stringify({ id: `${MARK}-${n}`, pass: false, reasoning: `${MARK} wrong`, prompt: MARK });
  const query = new URLSearchParams({ name: MARK, cluster: '{"model": null}' });
  const answer = await fetch(`${user.url}/api/analyses/import?${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/x-ndjson' },
    body: [1, 2, 3].map(line).join('\n'),
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as { id: string };
}

afterAll(() => two?.stop());

/** The second user gets what he would get if there were no such thing; the first then gets `ok`. */
async function hidden(method: string, path: string, o: { ok?: number; body?: object } = {}) {
  const asked = await ask(bob, method, path, o.body);
  expect([path, asked.status, asked.body?.error?.code]).toEqual([path, 404, 'not_found']);
  if (o.ok !== undefined) expect([path, (await ask(alice, method, path, o.body)).status]).toEqual([path, o.ok]);
}

async function separate(path: string) {
  expect((await ask(alice, 'GET', path)).text).toContain(MARK);
  const other = await ask(bob, 'GET', path);
  expect([path, other.status, other.text.includes(MARK)]).toEqual([path, 200, false]);
}

const judged = (rest = '') => `/api/evaluation/runs/${things.judged}${rest}`;
const analysed = (rest = '') => `/api/analyses/${things.analysis}${rest}`;
const asked = () => ({ benchmark_id: things.run, mode: 'rules' });

/** For each route, how it is shown. A route that is missing here fails the test. */
const proofs: Record<string, () => Promise<unknown>> = {
  'GET /api/evaluation/rubrics': () => separate('/api/evaluation/rubrics'),
  'POST /api/evaluation/rubrics': async () => {
    const own = await ask(bob, 'POST', '/api/evaluation/rubrics', { ...rubric, name: "bob's" });
    expect([own.status, own.body.version]).toEqual([200, 1]);
  },
  'GET /api/evaluation/rubrics/:id': () => hidden('GET', `/api/evaluation/rubrics/${things.rubric}`, { ok: 200 }),
  'PUT /api/evaluation/rubrics/:id': () =>
    hidden('PUT', `/api/evaluation/rubrics/${things.rubric}`, { body: rubric, ok: 200 }),
  'GET /api/evaluation/judge': async () => {
    expect((await ask(alice, 'GET', '/api/evaluation/judge')).text).toContain(`${MARK}-judge`);
    const bobs = await ask(bob, 'GET', '/api/evaluation/judge');
    expect([bobs.status, bobs.text.includes(MARK)]).toEqual([200, false]);
    // Whose key pays is for who runs the server: no other user is offered a provider's model.
    expect(bobs.text).not.toMatch(/openai\/|anthropic\/|hf\//);
  },
  'POST /api/evaluation/judge': async () => {
    await ask(bob, 'POST', '/admin/models', { id: 'bobs-own-judge', engine: 'openai', base_url: two.engine.url });
    const now = (more: object) => ({ judge_model: 'bobs-own-judge', ...more });
    const items = [{ input: 'Q', answer: 'A' }];
    const theirs = [now({ benchmark_id: things.run }), now({ rubric_id: things.rubric, items })];
    for (const body of theirs) {
      const asked = await ask(bob, 'POST', '/api/evaluation/judge', body);
      expect([asked.status, asked.body.error.code]).toEqual([404, 'not_found']);
    }
    const judge = await ask(bob, 'POST', '/api/evaluation/judge', { judge_model: `${MARK}-judge`, items });
    expect([judge.status, judge.body.error.code]).toEqual([404, 'model_not_found']);
    for (const body of theirs) {
      const own = await ask(alice, 'POST', '/api/evaluation/judge', { ...body, judge_model: `${MARK}-judge` });
      expect([own.status, own.body.data.length]).toEqual([200, 'items' in body ? 1 : 2]);
    }
  },
  'POST /api/evaluation/estimate': () => hidden('POST', '/api/evaluation/estimate', { body: asked(), ok: 200 }),
  'POST /api/evaluation/runs': async () => {
    await hidden('POST', '/api/evaluation/runs', { body: asked() });
    // Nor can a run, a rubric or a judge of hers be named beside something of his own.
    const theirs = { benchmark_id: things.run, mode: 'pairwise', other_benchmark_id: things.other };
    await ask(bob, 'POST', '/admin/models', { id: 'bobs-judge', engine: 'openai', base_url: two.engine.url });
    await hidden('POST', '/api/evaluation/runs', { body: { ...theirs, judge_model: 'bobs-judge' } });
    const judge = await ask(bob, 'POST', '/api/evaluation/runs', { ...theirs, judge_model: `${MARK}-judge` });
    expect([judge.status, judge.body.error.code]).toEqual([404, 'model_not_found']);
  },
  'GET /api/evaluation/runs': async () => {
    expect((await ask(alice, 'GET', '/api/evaluation/runs')).text).toContain(things.judged);
    expect((await ask(bob, 'GET', '/api/evaluation/runs')).body.data).toEqual([]);
    const ofHers = await ask(bob, 'GET', `/api/evaluation/runs?benchmark_id=${things.run}&after=${things.judged}`);
    expect(ofHers.body.data).toEqual([]);
  },
  'GET /api/evaluation/runs/:id': () => hidden('GET', judged(), { ok: 200 }),
  'GET /api/evaluation/runs/:id/summary': () => hidden('GET', judged('/summary'), { ok: 200 }),
  'GET /api/evaluation/runs/:id/files/:file': async () => {
    for (const file of ['judged_results.jsonl', 'failures.jsonl', 'summary.json'])
      await hidden('GET', judged(`/files/${file}`), { ok: 200 });
  },
  'GET /api/evaluation/judgments': () =>
    hidden('GET', `/api/evaluation/judgments?judge_run_id=${things.judged}`, { ok: 200 }),
  'GET /api/evaluation/runs/:id/trust': () => hidden('GET', judged('/trust'), { ok: 200 }),
  'GET /api/evaluation/ranking': () =>
    hidden('GET', `/api/evaluation/ranking?dataset_id=${things.dataset}`, { ok: 200 }),
  'GET /api/evaluation/labels/next': async () => {
    await hidden('GET', `/api/evaluation/labels/next?sample=audit&benchmark_id=${things.run}`, { ok: 200 });
    const picked = `sample=picked&benchmark_id=${things.run}&judge_run_id=${things.judged}`;
    await hidden('GET', `/api/evaluation/labels/next?${picked}`, { ok: 200 });
  },
  'POST /api/evaluation/labels': async () => {
    const label = { benchmark_id: things.run, candidate_id: `${MARK}-1`, verdict: 'pass', sample: 'audit' };
    await hidden('POST', '/api/evaluation/labels', { body: label, ok: 200 });
    const two = { ...label, verdict: 'a', other_benchmark_id: things.other };
    await hidden('POST', '/api/evaluation/labels', { body: two, ok: 200 });
  },
  'DELETE /api/evaluation/labels': async () => {
    const label = { benchmark_id: things.run, candidate_id: `${MARK}-2`, verdict: 'fail', sample: 'audit' };
    await ask(alice, 'POST', '/api/evaluation/labels', label);
    const place = `benchmark_id=${things.run}&candidate_id=${MARK}-2`;
    await hidden('DELETE', `/api/evaluation/labels?${place}`, { ok: 200 });
  },
  'POST /api/evaluation/judgments/import': async () => {
    const lines = { ordinal: 0, judge: MARK, pass: true };
    const query = `benchmark_id=${things.run}&judge_type=human`;
    await hidden('POST', `/api/evaluation/judgments/import?${query}`, { body: lines, ok: 200 });
    const pair = `${query}&other_benchmark_id=${things.other}`;
    await hidden('POST', `/api/evaluation/judgments/import?${pair}`, {
      body: { ordinal: 0, judge: MARK, preference: 'a' },
      ok: 200,
    });
  },
  'POST /api/evaluation/runs/:id/cancel': () => hidden('POST', `/api/evaluation/runs/${things.stopped}/cancel`),
  'POST /api/evaluation/runs/:id/resume': () =>
    hidden('POST', `/api/evaluation/runs/${things.stopped}/resume`, { body: {} }),
  'POST /api/analyses': async () => {
    await hidden('POST', '/api/analyses', { body: { judge_run_ids: [things.judged] } });
    await hidden('POST', '/api/analyses', { body: { dataset_id: things.dataset, model_ids: ['smollm2-135m'] } });
  },
  'POST /api/analyses/estimate': () =>
    hidden('POST', '/api/analyses/estimate', {
      body: { dataset_id: things.dataset, model_ids: ['smollm2-135m'] },
      ok: 200,
    }),
  'POST /api/analyses/import': async () => {
    // The very same file is another analysis of his own.
    expect((await importJudged(bob)).id).not.toBe(things.analysis);
    expect((await importJudged(alice)).id).toBe(things.analysis);
  },
  'GET /api/analyses': async () => {
    expect((await ask(alice, 'GET', '/api/analyses')).text).toContain(things.analysis);
    const theirs = await ask(bob, 'GET', `/api/analyses?after=${things.analysis}`);
    expect([theirs.status, theirs.text.includes(things.analysis)]).toEqual([200, false]);
  },
  'GET /api/analyses/:id': () => hidden('GET', analysed(), { ok: 200 }),
  'GET /api/analyses/:id/failures': () => hidden('GET', analysed('/failures'), { ok: 200 }),
  'GET /api/analyses/:id/map': () => hidden('GET', analysed('/map'), { ok: 200 }),
  'GET /api/analyses/:id/files/:file': async () => {
    for (const file of ['clusters.json', 'patterns.json']) await hidden('GET', analysed(`/files/${file}`), { ok: 200 });
  },
  'GET /api/analyses/:id/comparison': () => hidden('GET', analysed(`/comparison?after=${things.judged}`), { ok: 409 }),
  'POST /api/analyses/:id/cancel': () => hidden('POST', analysed('/cancel'), { ok: 409 }),
  'POST /api/analyses/:id/resume': () => hidden('POST', analysed('/resume'), { body: {}, ok: 200 }),
  'DELETE /api/analyses/:id': async () => {
    await hidden('DELETE', analysed());
    expect((await ask(alice, 'GET', analysed())).status).toBe(200);
  },
  'DELETE /api/evaluation/runs/:id': async () => {
    await hidden('DELETE', judged());
    expect((await ask(alice, 'GET', judged())).status).toBe(200);
  },
};

test('every route of judging has its proof, and every proof its route', () => {
  const own = two.routes.filter((route) => isEvaluation(route) && !route.startsWith('HEAD '));
  expect(Object.keys(proofs).sort()).toEqual([...new Set(own)].sort());
});

describe('the second user sees and changes nothing of the first', () => {
  for (const [route, proof] of Object.entries(proofs)) test(route, proof);
});
