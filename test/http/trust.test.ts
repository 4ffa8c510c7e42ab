/** The routes of people's verdicts on the whole application: labels, an import as a stream, the panel, the ranking. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { jsonl } from '../runs/run-place.ts';
import { type StartedApp, startApp } from './start-app.ts';

let server: StartedApp;
let run: string;
let other: string;
let datasetId: string;
beforeAll(async () => {
  server = await startApp('http_trust', { limits: { fileMaxBytes: 2_000_000 } });
  const numbers = Array.from({ length: 20 }, (_, n) => n);
  const file = (lines: object[], fields: Record<string, string> = {}) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    form.set('file', new Blob([jsonl(lines)]), 'lines.jsonl');
    return form;
  };
  const items = file(numbers.map((n) => ({ custom_id: `q-${n}`, prompt: `Question ${n}?` })));
  datasetId = (await ask('POST', '/admin/datasets/upload', items)).body.id;
  const answers = async (model_id: string) => {
    const lines = numbers.map((n) => ({ custom_id: `q-${n}`, content: `${model_id} ${n}` }));
    return (await ask('POST', '/admin/benchmarks/import', file(lines, { dataset_id: datasetId, model_id }))).body.id;
  };
  [run, other] = [await answers('red'), await answers('blue')];
});
afterAll(() => server.stop());

/** `sent`: a body, JSON unless it is a form or a text of `type`. */
async function ask(method: string, path: string, sent?: object | { text: string; type: string }) {
  const [body, type] = sent !== undefined && 'text' in sent ? [sent.text as string, sent.type as string] : [sent];
  const json = body !== undefined && typeof body !== 'string' && !(body instanceof FormData);
  const answer = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${server.localToken}`,
      ...(json ? { 'content-type': 'application/json' } : type === undefined ? {} : { 'content-type': type }),
    },
    ...(body === undefined ? {} : { body: json ? JSON.stringify(body) : (body as string | FormData) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into by many paths
  return { status: answer.status, body: (await answer.json()) as any };
}
const importing = (query: string, lines: object[] | string, type = 'application/x-ndjson') =>
  ask('POST', `/api/evaluation/judgments/import?${query}`, {
    text: typeof lines === 'string' ? lines : jsonl(lines),
    type,
  });

test('a label is kept, counted, listed as a judge run, and taken back', async () => {
  const next = `/api/evaluation/labels/next?benchmark_id=${run}&sample=audit&audit_size=10`;
  const { task, progress } = (await ask('GET', next)).body;
  expect(progress).toEqual({ audit: { labelled: 0, size: 10 }, picked: { labelled: 0 } });
  const label = {
    benchmark_id: run,
    candidate_id: task.candidate_id,
    verdict: 'pass',
    sample: 'audit',
    audit_size: 10,
  };
  const kept = await ask('POST', '/api/evaluation/labels', label);
  expect(kept).toEqual({
    status: 200,
    body: { labelled: true, progress: { audit: { labelled: 1, size: 10 }, picked: { labelled: 0 } } },
  });
  const after = (await ask('GET', `${next}&skip=q-0&skip=q-1`)).body.task.candidate_id;
  expect([task.candidate_id, 'q-0', 'q-1']).not.toContain(after);
  const { data } = (await ask('GET', `/api/evaluation/runs?benchmark_id=${run}`)).body;
  expect(data).toHaveLength(1);
  expect(data[0]).toMatchObject({ mode: 'human', source: 'assay', status: 'completed', judged: 1 });
  for (const body of [{}, undefined]) {
    const resumed = await ask('POST', `/api/evaluation/runs/${data[0].id}/resume`, body);
    expect([resumed.status, resumed.body.error.code]).toEqual([409, 'conflict']);
  }
  const place = `benchmark_id=${run}&candidate_id=${task.candidate_id}&audit_size=10`;
  const back = await ask('DELETE', `/api/evaluation/labels?${place}`);
  expect(back.body).toEqual({ labelled: false, progress });
  expect((await ask('DELETE', `/api/evaluation/labels?${place}`)).status).toBe(404);
  const wrong = await ask('POST', '/api/evaluation/labels', { ...label, verdict: 'maybe' });
  expect([wrong.status, wrong.body.error.param]).toEqual([400, 'verdict']);
});

test('judgments come as the body, whatever type it says; a form and a body too large are refused', async () => {
  const lines = Array.from({ length: 20 }, (_, n) => ({ candidate_id: `q-${n}`, score: n % 11 }));
  for (const type of ['application/x-ndjson', 'application/json', 'application/x-www-form-urlencoded', 'text/plain']) {
    const query = `benchmark_id=${run}&judge_type=llm&judge=${encodeURIComponent(type)}`;
    const { status, body } = await importing(query, lines, type);
    expect([type, status, body.judged, body.source]).toEqual([type, 200, 20, 'import']);
  }
  const query = `benchmark_id=${run}&judge_type=llm&judge=me`;
  const fault = await importing(query, [...lines.slice(0, 3), { candidate_id: 'q-4', score: 'high' }]);
  expect([fault.status, fault.body.error.code, fault.body.error.param]).toEqual([400, 'input_invalid', 'score']);
  expect(fault.body.error.message).toContain('judgments, line 4: score');
  const form = new FormData();
  form.set('file', new Blob([jsonl(lines)]));
  expect((await ask('POST', `/api/evaluation/judgments/import?${query}`, form)).status).toBe(415);
  const large = await importing(query, [{ ordinal: 0, score: 1, reasoning: 'x'.repeat(2_100_000) }]);
  expect([large.status, large.body.error.code]).toEqual([413, 'payload_too_large']);
  const none = await ask('POST', `/api/evaluation/judgments/import?${query}`);
  expect([none.status, none.body.error.message]).toEqual([400, expect.stringContaining('not a single judgment')]);
  const bad = await importing(`benchmark_id=${run}&judge_type=robot`, lines);
  expect([bad.status, bad.body.error.param]).toEqual([400, 'judge_type']);
});

test('the panel, its rows and the ranking over HTTP', async () => {
  const pair = `benchmark_id=${run}&other_benchmark_id=${other}`;
  const says = (n: number) => (n % 4 === 0 ? 'b' : n % 4 === 1 ? 'tie' : 'a');
  const numbers = Array.from({ length: 20 }, (_, n) => n);
  const judge = (
    await importing(
      `${pair}&judge_type=llm&judge=one`,
      numbers.map((n) => ({ ordinal: n, preference: says(n) })),
    )
  ).body;
  await importing(
    `${pair}&judge_type=human&judge=Ann`,
    numbers.map((n) => ({ ordinal: n, preference: says(n + 1) })),
  );
  const { status, body } = await ask('GET', `/api/evaluation/runs/${judge.id}/trust`);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    judge: 'one',
    judges: ['one'],
    labels: { n: 20, people: ['Ann'], audit: 0 },
    agreement: { n: 20, accuracy: { hits: 5, n: 20 } },
    corrected: null,
    people: null,
  });
  const rows = await ask('GET', `/api/evaluation/judgments?judge_run_id=${judge.id}&labels=all&human=tie&says=b`);
  expect(rows.body.data.map(({ ordinal }: { ordinal: number }) => ordinal)).toEqual([0, 4, 8, 12, 16]);
  const bad = await ask('GET', `/api/evaluation/runs/${judge.id}/trust?labels=somewhere`);
  expect([bad.status, bad.body.error.param]).toEqual([400, 'labels']);
  const ranked = await ask('GET', `/api/evaluation/ranking?dataset_id=${datasetId}&ties=left_out`);
  expect(ranked.body.models.map(({ model }: { model: string }) => model)).toEqual(['red', 'blue']);
  expect(ranked.body.models[0].strength).toBeCloseTo(Math.log(10 / 5) / 2, 6);
});
