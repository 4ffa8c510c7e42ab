/** `assay start` and its demo, on a real server whose two demo models are answered by a fake remote engine. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readHolder } from '../../src/db/folder.ts';
import { type FakeOpenAi, startFakeOpenAi } from '../harness/fake-openai.ts';
import { descendants, killAll } from '../harness/processes.ts';
import { command, type Place, type RunningCommand, startCommand } from './command.ts';

const minutes = 60_000;
const rows = 16;
let folder = '';
let models = '';
let upstream: FakeOpenAi;
let delayMs = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-start-'));
  // The first model always says Yes, the second says it for every other candidate.
  upstream = await startFakeOpenAi(({ body }) => {
    const first = body.model === 'smollm2-135m' || upstream.requests.length % 2 === 0;
    const verdict = { recommendation: first ? 'Yes' : 'No', trajectory: 't', pedigree: 'p', reasoning: 'r' };
    return { do: 'answer', text: JSON.stringify(verdict), delayMs };
  });
  models = join(folder, 'models.yaml');
  const model = (id: string) => `- {id: ${id}, engine: openai, base_url: "${upstream.url}", concurrency: 2}\n`;
  await writeFile(models, model('smollm2-135m') + model('qwen2.5-coder-1.5b'));
});
afterAll(async () => {
  await upstream.close();
  await rm(folder, { recursive: true, force: true });
});

async function newPlace(): Promise<Place> {
  const home = await mkdtemp(join(folder, 'home-'));
  return { data: join(home, 'data'), cwd: home, env: { ASSAY_MODELS: models, ASSAY_PROGRESS_LINE_SECONDS: '1' } };
}

async function until(what: string, reached: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await reached()); waited += 50) {
    if (waited > 2 * minutes) throw new Error(`waited for two minutes in vain: ${what}`);
    await sleep(50);
  }
}

async function stop(running: RunningCommand) {
  running.child.kill('SIGINT');
  return running.ended;
}

async function batches(place: Place): Promise<{ id: string; status: string; request_counts: { completed: number } }[]> {
  return JSON.parse((await command(place, ['status', '--json'])).out).data;
}

describe('start', () => {
  it(
    'runs the demo at the first start only, shows both decisions side by side, and serves on',
    async () => {
      const place = await newPlace();
      const running = startCommand(place, ['start']);
      await until('the table of the demo', () => running.out().includes('Go on'));
      const text = running.out();
      expect(text).toMatch(/Assay answers at http:\/\/127\.0\.0\.1:\d+/);
      expect(text).toContain(`${rows} invented candidate profiles`);
      expect(text).toMatch(/CANDIDATE +SMOLLM2-135M +QWEN2\.5-CODER-1\.5B/);
      expect(text).toMatch(/cand-001 +Yes +(Yes|No +differs)/);
      const agreed = Number(/Same decision in (\d+) of 16 rows/.exec(text)?.[1]);
      const answers = await readFile(join(place.data, 'demo', 'candidates.qwen2.5-coder-1.5b.output.jsonl'), 'utf8');
      expect(agreed).toBe(answers.match(/\\"Yes\\"/g)?.length ?? 0);
      expect(text).toContain('smollm2-135m says Yes to every candidate');
      expect(text).not.toContain('qwen2.5-coder-1.5b says');
      expect(text).toContain('not as judgement');
      expect(upstream.requests.at(-1)!.body).toMatchObject({
        temperature: 0,
        response_format: { type: 'json_schema' },
      });
      expect((await batches(place)).map((batch) => batch.request_counts.completed)).toEqual([rows, rows]);
      expect(await stop(running)).toMatchObject({ code: 0, err: '' });
      expect(await readHolder(place.data)).toBeNull();

      const second = startCommand(place, []);
      await until('the second start', () => second.out().includes('Assay answers'));
      expect(await batches(place)).toHaveLength(2);
      expect((await stop(second)).out).not.toContain('invented candidate');
    },
    4 * minutes,
  );

  it(
    'goes on with a demo that was killed in the middle',
    async () => {
      const place = await newPlace();
      delayMs = 400;
      const before = upstream.requests.length;
      const first = startCommand(place, []);
      await until('some rows of the demo', () => upstream.requests.length > before + 4);
      killAll([first.child.pid!, ...descendants(first.child.pid!).map(({ pid }) => pid)]);
      await first.ended;
      delayMs = 0;
      const second = startCommand(place, []);
      await until('the end of the demo', () => second.out().includes('Go on'));
      expect(second.out()).toContain('The demo goes on where it was');
      const all = await batches(place);
      expect(all.map((batch) => batch.request_counts.completed)).toEqual([rows, rows]);
      expect(await stop(second)).toMatchObject({ code: 0 });
    },
    4 * minutes,
  );

  it(
    'takes the smallest model under two prompts with --small',
    async () => {
      const place = await newPlace();
      const running = startCommand(place, ['--small']);
      await until('the table of the demo', () => running.out().includes('Go on'));
      expect(running.out()).toMatch(/CANDIDATE +SMOLLM2-135M FULL PROMPT +SMOLLM2-135M BRIEF PROMPT/);
      expect(running.out()).toContain('Same decision in 16 of 16 rows, 100 %');
      expect(await batches(place)).toHaveLength(2);
      await stop(running);
    },
    4 * minutes,
  );

  it(
    'leaves the demo out with --no-demo, and tells a second start who holds the folder',
    async () => {
      const place = await newPlace();
      const running = startCommand(place, ['start', '--no-demo']);
      await until('the start', () => running.out().includes('Assay answers'));
      const second = await command(place, ['start', '--no-demo']);
      expect(second.code).toBe(1);
      expect(second.err).toContain(`in use by process ${running.child.pid}`);
      expect(second.err.trimEnd().split('\n')).toHaveLength(1);
      expect(await batches(place)).toHaveLength(0);
      expect(await stop(running)).toMatchObject({ code: 0, err: '' });
    },
    4 * minutes,
  );

  it(
    'writes its log as JSON lines, and nothing else, with --json',
    async () => {
      const place = await newPlace();
      const running = startCommand(place, ['start', '--json']);
      await until('the ready line', () => running.out().includes('"ready"'));
      const { code, out } = await stop(running);
      expect(code).toBe(0);
      for (const line of out.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('msg');
      expect(out).not.toMatch(/"token"/);
    },
    4 * minutes,
  );
});
