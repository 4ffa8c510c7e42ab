/** `assay label-studio …` against a real server: from the token to a resolved answer, files, and what goes wrong. */

import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LabelProject, OpenAnswer, Pulled } from '../../src/contracts/label-studio.ts';
import { getJson, postJson } from '../harness/batches.ts';
import { lines } from '../harness/browser.ts';
import { type FakeLabelStudio, startFakeLabelStudio } from '../harness/fake-label-studio.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';
import { command, type Ended, type Place, startCommand } from './command.ts';

let home = '';
let place: Place;
let labels: FakeLabelStudio;
let server: RunningAssay;
let dataset = '';

const models = ['one', 'two'];
const decided = (n: number, model: string) => (model === 'two' && n % 2 === 0 ? 'no' : 'yes');

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'assay-labels-'));
  labels = await startFakeLabelStudio();
  server = await startAssay({ dataFolder: join(home, 'data') });
  place = { data: server.dataFolder, cwd: home };
  const items = lines(20, (n) => ({ custom_id: `q-${n}`, prompt: `Is ${n} odd?` }));
  dataset = (await send('/admin/datasets/upload', items)).id;
  for (const model of models) {
    const answers = lines(20, (n) => ({ custom_id: `q-${n}`, answer: `{"odd": "${decided(n, model)}"}` }));
    await send('/admin/benchmarks/import', answers, { dataset_id: dataset, model_id: model });
  }
  await writeFile(join(home, 'token.txt'), `${labels.personalToken}\n`);
}, 180_000);
afterAll(async () => {
  await server?.remove();
  await labels?.close();
  await rm(home, { recursive: true, force: true });
});

async function send(path: string, text: string, fields: Record<string, string> = {}): Promise<{ id: string }> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('file', new File([text], 'questions.jsonl'));
  const answer = await fetch(`${server.url}${path}`, { method: 'POST', body: form });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as { id: string };
}

const run = (...args: string[]): Promise<Ended> => command(place, ['label-studio', ...args]);
/** The object that `--json` writes. */
async function told<T>(...args: string[]): Promise<T> {
  const { code, out, err } = await run(...args, '--json');
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out) as T;
}

test('a token is taken from a file or stdin alone, and shown nowhere', async () => {
  const asArgument = await run('connect', labels.url, labels.personalToken);
  expect(asArgument.code).toBe(2);
  const none = await run('connect', labels.url);
  expect([none.code, none.err]).toEqual([2, expect.stringMatching(/--token-file FILE or --token-stdin.*history/)]);
  const wrong = join(home, 'wrong.txt');
  await writeFile(wrong, 'f'.repeat(40));
  const refused = await run('connect', labels.url, '--token-file', wrong);
  expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/refuses the token/)]);
  const away = await run('connect', 'http://127.0.0.1:9', '--token-file', 'token.txt');
  expect([away.code, away.err]).toEqual([1, expect.stringMatching(/cannot be reached/)]);
  const before = await run('status');
  expect(before.out).toContain('Not connected');

  const connected = await run('connect', `${labels.url}/`, '--token-file', 'token.txt');
  expect([connected.code, connected.err]).toEqual([0, '']);
  expect(connected.out).toContain(`Connected to ${labels.url} (Label Studio 1.23.2) as owner@example.com`);
  for (const { out, err } of [refused, connected, await run('status'), await run('status', '--json')]) {
    expect(out + err).not.toContain(labels.personalToken);
    expect(out + err).not.toContain('f'.repeat(40));
  }
});

test('a project is looked at, made, pushed, pulled and resolved', async () => {
  const preview = await run('preview', dataset);
  expect([preview.code, preview.err]).toEqual([0, '']);
  expect(preview.out).toContain('<Choices name="verdict_a"');
  expect(preview.out).toContain('"assay_item"');

  const { id } = await told<LabelProject>('create', dataset, '--title', 'Odd numbers', '--rule', 'majority');
  const pushed = await run('push', id, '--select', 'everything', '--limit', '12');
  expect([pushed.code, pushed.err]).toEqual([0, '']);
  expect(pushed.out).toContain('12/12 tasks, completed');
  expect(labels.store.tasks.size).toBe(12);
  const again = await run('push', id, '--select', 'everything', '--limit', '12');
  expect(again.out).toContain('12 as they were');
  expect(labels.store.tasks.size).toBe(12);

  const [task, other] = [...labels.store.tasks.values()].filter((one) => String(one.data.answer_a).includes('yes'));
  const says = (kind: string) => [
    { from_name: 'verdict_a', to_name: 'answer_a', type: 'choices', value: { choices: [kind] } },
  ];
  await labels.annotate(task!.id, { email: 'ann@example.org', result: says('golden') });
  await labels.annotate(other!.id, { email: 'ann@example.org', result: says('golden') });
  await labels.annotate(other!.id, { email: 'ben@example.org', result: says('wrong') });
  await told<Pulled>('pull', id);
  const status = await run('status', id);
  expect(status.out).toMatch(/12 tasks sent.*2 annotated/);
  expect(status.out).toContain('ann@example.org 2, ben@example.org 1');
  expect(status.out).toContain('0 conflicts, 1 to review');

  const { data } = await told<{ data: OpenAnswer[] }>('open', id);
  expect(data).toMatchObject([{ candidate_id: other!.data.assay_item, state: 'review' }]);
  const resolved = await run('resolve', id, data[0]!.candidate_id, data[0]!.model_id, '--keep', 'ben@example.org');
  expect([resolved.code, resolved.err]).toEqual([0, '']);
  expect((await run('open', id)).out).toContain('Nothing waits');
  const said = await getJson<{ data: { kind: string; annotator: string }[] }>(
    server,
    `/admin/annotations?dataset_id=${dataset}`,
  );
  expect(said.data.map((one) => one.kind).sort()).toEqual(['golden', 'wrong']);

  const review = await run('review', dataset, '--limit', '5');
  expect([review.code, review.err]).toEqual([0, '']);
  expect(review.out).toContain('18 items without a word of a person');
  expect((await run('projects', '--dataset', dataset)).out).toContain('Odd numbers');
  expect((await run('remove', id)).out).toContain('is off the list');
  expect((await run('projects')).out).toContain('No projects');
});

test('Ctrl-C leaves a push going and says so', async () => {
  const { id } = await told<LabelProject>('create', dataset);
  await labels.refuse();
  const pushing = startCommand(place, ['label-studio', 'push', id, '--select', 'everything']);
  await expect.poll(async () => (await project(id)).push?.state, { timeout: 20_000 }).toBe('running');
  await expect.poll(async () => (await project(id)).push?.problem ?? '', { timeout: 20_000 }).toContain('reached');
  pushing.child.kill('SIGINT');
  const ended = await pushing.ended;
  expect([ended.code, ended.out]).toEqual([130, expect.stringContaining('The push goes on in the server')]);
  expect((await project(id)).push?.state).toBe('running');
  const following = startCommand(place, ['label-studio', 'push', id]);
  await expect.poll(following.out, { timeout: 20_000 }).toContain('A push is going already');
  await labels.listen();
  const followed = await following.ended;
  expect([followed.code, followed.out]).toEqual([0, expect.stringContaining('20/20 tasks, completed')]);
});

const project = (id: string): Promise<LabelProject> => getJson(server, `/api/label-studio/projects/${id}`);

test('files go out and come in without a connection', async () => {
  expect((await run('disconnect')).out).toContain('There is no connection');
  const { id } = await told<LabelProject>('create', dataset, '--files-only');
  const config = await run('config', id);
  expect(config.out).toContain('name="verdict_b"');
  const exported = await run('export', id, '-o', 'tasks.json', '--select', 'everything', '--limit', '6');
  expect([exported.code, exported.err]).toEqual([0, '']);
  expect((await stat(join(home, 'tasks.json'))).mode & 0o077).toBe(0o044);
  const tasks = JSON.parse(await readFile(join(home, 'tasks.json'), 'utf8')) as Record<string, object>[];
  expect(tasks).toHaveLength(6);
  const at = '2026-11-22T10:00:00Z';
  const result = [{ from_name: 'verdict_a', to_name: 'answer_a', type: 'choices', value: { choices: ['golden'] } }];
  const labelled = tasks.map((task, n) => ({
    ...task,
    id: n + 1,
    updated_at: at,
    // More than a megabyte in all: a whole export is.
    drafts: ['x'.repeat(300_000)],
    annotations: [{ id: n + 1, completed_by: 1, result, created_at: at, updated_at: at, task: n + 1 }],
  }));
  await writeFile(join(home, 'export.json'), JSON.stringify(labelled));
  const brought = await run('import', id, 'export.json');
  expect([brought.code, brought.err]).toEqual([0, '']);
  expect(brought.out).toContain('6 tasks: 6 annotations new');
  await writeFile(join(home, 'min.json'), JSON.stringify([{ id: 1, prompt: 'x', annotator: 1, annotation_id: 3 }]));
  const refused = await run('import', id, 'min.json');
  expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/task 1: .*JSON_MIN/)]);
  await postJson(server, '/admin/golden-sets', { name: 'odd', filter: { dataset_id: dataset } });
  const golden = await fetch(`${server.url}/admin/exports/${dataset}?format=json&filter=golden`);
  expect(golden.headers.get('content-disposition')).toMatch(/golden_dataset_\d{4}-\d\d-\d\d\.json"/);
});
