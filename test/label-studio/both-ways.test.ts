/** Answers go to the real Label Studio and come back: pushed, seen, annotated by two, deleted, changed on both sides. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LabelProject } from '../../src/contracts/label-studio.ts';
import { waitFor } from '../harness/batches.ts';
import { chromiumPath, openBrowser, openPage } from '../harness/browser.ts';
import { type LabelStudio, OWNER, startLabelStudio } from '../harness/label-studio.ts';
import { MODELS, type OwnServer, openOwnServer, type StudioApi, saying, studioApi, tasksThere } from './own-server.ts';

const ITEMS = 500;
const SEEN_MS = 2000;
let studio: LabelStudio;
let own: OwnServer;
let api: StudioApi;
let second: StudioApi;
let dataset: string;
let project: LabelProject;
// biome-ignore lint/suspicious/noExplicitAny: tasks as Label Studio tells them
let tasks: any[];

beforeAll(async () => {
  [studio, own] = await Promise.all([startLabelStudio(), openOwnServer('both_ways', { label_studio_poll_ms: 0 })]);
  api = studioApi(studio, studio.legacyToken);
  second = studioApi(studio, await studio.addUser('second@example.com'));
  dataset = await own.answered(ITEMS);
});
afterAll(async () => {
  await own?.stop();
  await studio?.close();
});

const of = (rest = '') => `/api/label-studio/projects/${project.id}${rest}`;
const item = (id: string) => own.ask('GET', `/admin/workbench/item?dataset_id=${dataset}&candidate_id=${id}`);
/** What is said of a model's answer to an item, as the workbench shows it. */
const said = async (id: string, model: string) => (await item(id)).results[model].annotation_detail;
const seen = async (id: string, model: string, kind: string | null) => {
  const begun = performance.now();
  await waitFor(
    () => said(id, model),
    (detail) => (detail?.kind ?? null) === kind,
    { timeoutMs: 20_000, what: `${kind} of ${model} on ${id}` },
  );
  return performance.now() - begun;
};
const annotate = (by: StudioApi, task: { id: number }, result: object[]) =>
  by('POST', `/api/tasks/${task.id}/annotations/`, { result });

test('it connects with a personal token, which a wrong one does not, and shows it never again', async () => {
  const token = await studio.personalToken();
  const connection = { base_url: studio.url, token };
  await expect(
    own.ask('PUT', '/api/label-studio/connection', { ...connection, token: `${token.slice(0, -4)}AAAA` }),
  ).rejects.toThrow('label_studio_refused');
  const made = await own.ask('PUT', '/api/label-studio/connection', connection);
  expect(made).toMatchObject({ connected: true, account: OWNER, token_kind: 'personal', problem: null });
  expect(JSON.stringify(await own.ask('GET', '/api/label-studio/connection'))).not.toContain(token.slice(0, 20));
});

test('500 items with predictions of two models are there, the most useful first', async () => {
  const asked = { dataset_id: dataset, blind: false, title: 'Both ways' };
  const made: LabelProject = await own.ask('POST', '/api/label-studio/projects', asked);
  expect(made).toMatchObject({ origin: 'made', models: MODELS, webhook: true, problem: null });
  project = await own.pushed(made.id);
  expect(project.push).toMatchObject({ state: 'completed', total: ITEMS, done: ITEMS, problem: null });
  tasks = await tasksThere(api, project.remote_id!);
  expect(new Set(tasks.map((task) => task.data.assay_item)).size).toBe(ITEMS);
  expect(tasks).toHaveLength(ITEMS);
  const there = await api('GET', `/api/projects/${project.remote_id}`);
  expect(there).toMatchObject({ sampling: 'Uncertainty sampling', model_version: 'assay' });
  for (const task of tasks) {
    const versions = task.predictions.map((prediction: { model_version: string }) => prediction.model_version);
    expect([...versions].sort()).toEqual(['assay', ...MODELS]);
  }
  // Those drawn at random have the score of a neighbour, so that their own answers do not decide when they are labelled.
  const picked = tasks.filter((task) => !task.meta.assay.audit);
  expect(tasks.length - picked.length).toBe(ITEMS * project.audit_share);
  const score = (differs: boolean) =>
    picked
      .filter(({ data }) => (Number(data.assay_item.slice(2)) % 2 === 1) === differs)
      .map((task) => task.predictions.find((each: { model_version: string }) => each.model_version === 'assay').score);
  expect(Math.max(...score(true))).toBeLessThan(Math.min(...score(false)));
  const orders = new Set(tasks.map((task) => task.meta.assay.slots.a));
  expect([...orders].sort()).toEqual(MODELS);
});

test.skipIf(chromiumPath() === null)('its page shows a task with both answers', async () => {
  const browser = await openBrowser();
  try {
    const { page } = await openPage(browser, { expected: /./ });
    await page.goto(`${studio.url}/user/login/`);
    await page.locator('input[name=email]').fill(OWNER);
    await page.locator('input[name=password]').fill('owner-of-the-tests');
    await page.locator('button[type=submit]').click();
    await page.waitForURL((address) => !address.pathname.includes('login'));
    await page.goto(`${studio.url}/projects/${project.remote_id}/data?task=${tasks[0].id}`);
    for (const model of MODELS) await page.getByText(`${model} looked at`).first().waitFor();
    expect((await page.screenshot({ path: process.env.ASSAY_TEST_SCREENSHOT })).length).toBeGreaterThan(20_000);
  } finally {
    await browser.close();
  }
});

test('20 annotations of two annotators are seen here within 2 s each', async () => {
  const waits: number[] = [];
  for (const [at, task] of tasks.slice(0, 20).entries()) {
    const by = at % 2 === 0 ? api : second;
    await annotate(by, task, saying(task, { one: { verdict: 'golden' }, two: { verdict: 'wrong' } }));
    waits.push(await seen(task.data.assay_item, 'one', 'golden'));
  }
  expect(Math.max(...waits)).toBeLessThan(SEEN_MS);
  const now: LabelProject = await own.ask('GET', of());
  expect(now).toMatchObject({ annotations: 20, tasks: { annotated: 20 }, conflicts: 0, refused: 0 });
  expect(now.annotators.map(({ name, annotations }) => [name, annotations]).sort()).toEqual([
    [OWNER, 10],
    ['second@example.com', 10],
  ]);
});

test('one that is deleted there is taken back here', async () => {
  const [task] = tasks;
  const [annotation] = await api('GET', `/api/tasks/${task.id}/annotations/`);
  await api('DELETE', `/api/annotations/${annotation.id}/`);
  expect(await seen(task.data.assay_item, 'one', null)).toBeLessThan(SEEN_MS);
});

test('changed on both sides, both stand side by side until a person takes one', async () => {
  const task = tasks[2];
  const id: string = task.data.assay_item;
  await own.ask('POST', `/admin/annotations/wrong/${dataset}/${id}`, { model_id: 'one' });
  const [annotation] = await api('GET', `/api/tasks/${task.id}/annotations/`);
  const fix = JSON.stringify({ decision: 'no', reason: 'mended there' });
  const result = saying(task, { one: { verdict: 'fix', fix }, two: { verdict: 'wrong' } });
  await api('PATCH', `/api/annotations/${annotation.id}/`, { result });
  const open = await waitFor(
    () => own.ask('GET', of('/open')),
    ({ data }) => data.length > 0,
    { timeoutMs: 10_000, what: 'the conflict' },
  );
  expect(open.data).toMatchObject([
    { candidate_id: id, model_id: 'one', state: 'conflict', ours: { kind: 'wrong' }, proposed: 'theirs' },
  ]);
  expect(open.data[0].theirs).toMatchObject({ kind: 'fix', content: fix, annotators: [OWNER] });
  expect((await said(id, 'one')).kind).toBe('wrong');
  await own.ask('POST', of('/resolve'), { candidate_id: id, model_id: 'one', keep: 'theirs' });
  expect(await said(id, 'one')).toMatchObject({ kind: 'fix', content: fix });
  expect((await own.ask('GET', of('/open'))).data).toEqual([]);
});

test('two who say different things of an answer wait for a person, and their agreement is told', async () => {
  const task = tasks[4];
  await annotate(second, task, saying(task, { one: { verdict: 'wrong' }, two: { verdict: 'wrong' } }));
  const open = await waitFor(
    () => own.ask('GET', of('/open')),
    ({ data }) => data.length > 0,
    { timeoutMs: 10_000, what: 'what waits for a person' },
  );
  expect(open.data).toMatchObject([{ candidate_id: task.data.assay_item, model_id: 'one', state: 'review' }]);
  const now: LabelProject = await own.ask('GET', of());
  expect(now).toMatchObject({ in_review: 1, agreement: { answers: 2, same: 1 } });
});

test('pushed again, nothing is doubled and nothing of theirs is changed', async () => {
  const before = await tasksThere(api, project.remote_id!);
  const again = await own.pushed(project.id);
  expect(again.push).toMatchObject({ state: 'completed', done: ITEMS });
  const after = await tasksThere(api, project.remote_id!);
  expect(after.map((task) => task.id).sort()).toEqual(before.map((task) => task.id).sort());
  const annotations = (all: typeof after) =>
    all.flatMap((task) =>
      task.annotations.map((each: { id: number; updated_at: string }) => [each.id, each.updated_at]),
    );
  expect(annotations(after)).toEqual(annotations(before));
});
