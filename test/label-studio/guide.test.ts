/** The guide to Label Studio, command by command as it stands there, against the real one: from a token to a golden set, and by file. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OpenAnswer } from '../../src/contracts/label-studio.ts';
import { getJson, waitFor } from '../harness/batches.ts';
import { type FakeOpenAi, startFakeOpenAi } from '../harness/fake-openai.ts';
import { type LabelStudio, OWNER, startLabelStudio } from '../harness/label-studio.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';
import { type StudioApi, studioApi, tasksThere } from './own-server.ts';

const root = resolve(import.meta.dirname, '../..');
let home: string;
let studio: LabelStudio;
let owner: StudioApi;
let second: StudioApi;
let upstream: FakeOpenAi;
let server: RunningAssay;
/** Commands of the guide by the heading that they stand under. */
let guide: Map<string, string[]>;
/** What the placeholders of the guide stand for by now. */
const ids = { dataset: 'ds_...', project: 'lsp_...', item: 'ITEM', model: 'MODEL', annotator: 'ANNOTATOR' };

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'assay-guide-'));
  guide = commandsOf(await readFile(join(root, 'docs/guide/label-studio.md'), 'utf8'));
  // Both models of the guide; the second finds nothing urgent.
  upstream = await startFakeOpenAi(({ body, marker }) => {
    const urgent = String(body.model).startsWith('smollm') && /down|today|block|tonight|gone|locked/i.test(marker);
    return { do: 'answer', text: JSON.stringify({ urgency: urgent ? 'high' : 'low', team: 'technical' }) };
  });
  const models = ['smollm2-135m', 'qwen2.5-coder-1.5b'];
  const entries = models.map((id) => `- {id: ${id}, engine: openai, base_url: "${upstream.url}", concurrency: 4}\n`);
  await writeFile(join(home, 'models.yaml'), entries.join(''));
  [studio, server] = await Promise.all([
    startLabelStudio(),
    startAssay({ dataFolder: join(home, 'data'), env: { ASSAY_MODELS: join(home, 'models.yaml') } }),
  ]);
  owner = studioApi(studio, studio.legacyToken);
  second = studioApi(studio, await studio.addUser('second@example.com'));
  await cp(join(root, 'examples'), join(home, 'examples'), { recursive: true });
  await writeFile(join(home, 'token.txt'), `${await studio.personalToken()}\n`);
  await mkdir(join(home, 'bin'));
  const assay = `#!/bin/sh\nshift\nexec "${process.execPath}" "${join(root, 'src/cli/assay.ts')}" "$@"\n`;
  await writeFile(join(home, 'bin', 'npx'), assay, { mode: 0o755 });
});
afterAll(async () => {
  await server?.remove();
  await upstream?.close();
  await studio?.close();
  await rm(home, { recursive: true, force: true });
});

function commandsOf(page: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [, heading, body] of page.matchAll(/^## (.+)\n([\s\S]*?)(?=^## |(?![\s\S]))/gm)) {
    const blocks = [...body!.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1]!);
    // A command may go on in the next line, which is then indented.
    found.set(
      heading!,
      blocks.flatMap((block) => block.trimEnd().split(/\n(?! )/)),
    );
  }
  return found;
}

/** A command as the guide has it, with the ids, addresses and folders of this test. Gives what it wrote. */
async function run(command: string): Promise<string> {
  const filled = command
    .replaceAll('ds_...', ids.dataset)
    .replaceAll('lsp_...', ids.project)
    .replaceAll('ITEM', ids.item)
    .replaceAll('MODEL', ids.model)
    .replaceAll('ANNOTATOR', ids.annotator)
    .replaceAll('http://localhost:8080', studio.url)
    .replaceAll('localhost:4080', new URL(server.url).host);
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(ASSAY_|DATABASE_URL$|npm_|INIT_CWD$|PATH$)/.test(name),
  );
  const child = spawn('bash', ['-euo', 'pipefail', '-c', filled], {
    cwd: home,
    env: {
      ...Object.fromEntries(kept),
      PATH: `${join(home, 'bin')}:${process.env.PATH}`,
      ASSAY_DATA: server.dataFolder,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      written += text;
    });
  const [code] = await once(child, 'close');
  expect([filled, code, written]).toEqual([filled, 0, expect.not.stringContaining('"error"')]);
  return written;
}

/** The commands under a heading, one after the other; those that make something say its id. */
async function section(heading: string, only: (command: string) => boolean = () => true): Promise<string> {
  const commands = guide.get(heading)?.filter(only) ?? [];
  expect([heading, commands.length]).not.toEqual([heading, 0]);
  let all = '';
  for (const command of commands) {
    const written = await run(command);
    if (command.includes('/upload')) ids.dataset = /ds_\w{8,}/.exec(written)![0];
    if (command.includes(' create ')) ids.project = /lsp_\w{8,}/.exec(written)![0];
    all += written;
  }
  return all;
}

const verdicts = (kinds: Record<string, string>) =>
  Object.entries(kinds).map(([slot, kind]) => ({
    from_name: `verdict_${slot}`,
    to_name: `answer_${slot}`,
    type: 'choices',
    value: { choices: [kind] },
  }));
const annotate = (by: StudioApi, task: number, kinds: Record<string, string>) =>
  by('POST', `/api/tasks/${task}/annotations/`, { result: verdicts(kinds) });

const remoteOf = async () =>
  (await getJson<{ remote_id: number }>(server, `/api/label-studio/projects/${ids.project}`)).remote_id;

test('Label Studio is installed as the tests install it', async () => {
  const requirement = (await readFile(join(root, 'test/label-studio/requirements.txt'), 'utf8')).trim();
  const [environment, install, start] = guide.get('Start a Label Studio')!;
  expect(environment).toBe('python3 -m venv label-studio');
  expect(install).toBe(`label-studio/bin/pip install ${requirement}`);
  expect(start).toMatch(/^SSRF_PROTECTION_ENABLED=false label-studio\/bin\/label-studio start --port 8080$/);
});

test('connected, two models answer, and a project is made and pushed', async () => {
  expect(await section('Connect', (command) => !command.includes('disconnect'))).toContain(`as ${OWNER}`);
  await section('Answers of two models');
  const runs = `/admin/benchmarks?dataset_id=${ids.dataset}`;
  await waitFor(
    () => getJson<{ data: { status: string }[] }>(server, runs),
    ({ data }) => data.length === 2 && data.every((one) => one.status === 'completed'),
    { timeoutMs: 60_000, what: 'two runs' },
  );
  expect(await section('Make a project')).toContain('<Choices name="verdict_b"');
  expect(await section('Send tasks')).toContain('20/20 tasks, completed');
  expect(await tasksThere(owner, await remoteOf())).toHaveLength(20);
});

test('what two annotators say is taken back, and one answer of theirs is settled by a person', async () => {
  const tasks = await tasksThere(owner, await remoteOf());
  for (const task of tasks.slice(0, 10)) await annotate(owner, task.id, { a: 'golden', b: 'wrong' });
  await annotate(second, tasks[0].id, { a: 'golden', b: 'golden' });
  const taken = await section('Take labels back', (command) => !command.includes('resolve'));
  expect(taken).toContain('by second@example.com');
  const { data } = await getJson<{ data: OpenAnswer[] }>(server, `/api/label-studio/projects/${ids.project}/open`);
  expect(data).toMatchObject([{ state: 'review', candidate_id: tasks[0].data.assay_item }]);
  ids.item = data[0]!.candidate_id;
  ids.model = data[0]!.model_id;
  ids.annotator = 'second@example.com';
  const [settle] = guide.get('Take labels back')!.filter((command) => command.includes('resolve'));
  expect(await run(settle!)).toContain('is settled');
  expect(await run('npx assay label-studio open lsp_...')).toContain('Nothing waits');
});

test('the golden set is frozen and saved under its old name, and the queue goes on', async () => {
  await section('The golden set');
  const file = (await readdir(home)).find((name) => /^golden_dataset_\d{4}-\d\d-\d\d\.json$/.test(name));
  const golden = JSON.parse(await readFile(join(home, file!), 'utf8')) as { annotation: string }[];
  expect(golden.length).toBeGreaterThanOrEqual(10);
  expect(new Set(golden.map((row) => row.annotation))).toEqual(new Set(['golden']));
  expect(await section('What to look at next')).toContain('14 items without a word of a person');
});

/** A project there that imports the file; gives its number. */
async function importThere(file: string): Promise<number> {
  const label_config = await readFile(join(home, 'config.xml'), 'utf8');
  const { id } = await owner('POST', '/api/projects/', { title: 'By file', label_config });
  const form = new FormData();
  form.set('file', new Blob([await readFile(join(home, file))]), file);
  const answer = await fetch(`${studio.url}/api/projects/${id}/import`, {
    method: 'POST',
    headers: { authorization: `Token ${studio.legacyToken}` },
    body: form,
  });
  expect([answer.status, await answer.text()]).toEqual([201, expect.stringContaining('"task_count":24')]);
  return id;
}

async function exportThere(project: number): Promise<void> {
  const exported = await owner('GET', `/api/projects/${project}/export?exportType=JSON`);
  await writeFile(join(home, 'export.json'), JSON.stringify(exported));
}

test('by file: out, labelled, back, and the same after another round', async () => {
  const heading = 'Files without a connection';
  await section(heading, (command) => !command.includes(' import '));
  const project = await importThere('tasks.json');
  const tasks = await tasksThere(owner, project);
  for (const task of tasks.slice(0, 6)) await annotate(owner, task.id, { a: 'golden', b: 'wrong' });
  await annotate(second, tasks[0].id, { a: 'golden', b: 'wrong' });
  await exportThere(project);
  const back = (command: string) => command.includes(' import ');
  expect(await section(heading, back)).toContain('6 tasks: 7 annotations new, 0 changed, 0 deleted');
  expect(await section(heading, back)).toContain('0 annotations new, 0 changed, 0 deleted');

  const words = async () => {
    await run('npx assay label-studio export lsp_... -o again.json --select everything --limit 24');
    const file = JSON.parse(await readFile(join(home, 'again.json'), 'utf8')) as Record<string, unknown>[];
    return file.map(({ data, annotations }) => [
      data,
      // biome-ignore lint/suspicious/noExplicitAny: annotations as Label Studio tells them
      (annotations as any[]).map(({ id, completed_by, result }) => ({ id, completed_by, result })),
    ]);
  };
  const first = await words();
  expect(first.flatMap(([, annotations]) => annotations)).toHaveLength(7);
  const other = await importThere('again.json');
  await exportThere(other);
  expect(await section(heading, back)).toContain('0 annotations new');
  expect(await words()).toEqual(first);
});
