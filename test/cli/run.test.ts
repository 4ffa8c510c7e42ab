/** `assay run` against a real server with a fake remote engine: to the end, again, interrupted, restarted, failing. */

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readHolder } from '../../src/db/folder.ts';
import { type FakeOpenAi, startFakeOpenAi } from '../harness/fake-openai.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';
import { command, type Place, startCommand } from './command.ts';

const minutes = 60_000;
let folder = '';
let upstream: FakeOpenAi;
let models = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-run-'));
  upstream = await startFakeOpenAi(({ marker }) => {
    if (marker.startsWith('bad')) return { do: 'status', status: 400 };
    return { do: 'answer', text: `answer to ${marker}`, delayMs: marker.startsWith('slow') ? 300 : 0 };
  });
  models = join(folder, 'models.yaml');
  const model = (id: string) => `- {id: ${id}, engine: openai, base_url: "${upstream.url}", concurrency: 4}\n`;
  await writeFile(models, model('fake-a') + model('fake-b'));
});
afterAll(async () => {
  await upstream.close();
  await rm(folder, { recursive: true, force: true });
});

/** An input of plain lines, named so that its rows have markers of their own. */
async function input(name: string, rows: number): Promise<string> {
  const file = join(folder, `${name}.jsonl`);
  const lines = Array.from({ length: rows }, (_, i) => `{"id":"${name}-${i}","prompt":"${name} ${i}"}\n`);
  await writeFile(file, lines.join(''));
  return file;
}

async function newPlace(): Promise<Place> {
  const home = await mkdtemp(join(folder, 'home-'));
  return { data: join(home, 'data'), cwd: home, env: { ASSAY_MODELS: models, ASSAY_PROGRESS_LINE_SECONDS: '1' } };
}

async function ids(file: string): Promise<string[]> {
  return (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).custom_id);
}

const asked = (name: string): number => upstream.requests.filter(({ marker }) => marker.startsWith(`${name} `)).length;

describe('run on a running server', () => {
  let server: RunningAssay;
  let place: Place;
  beforeAll(async () => {
    const home = await mkdtemp(join(folder, 'home-'));
    await mkdir(home, { recursive: true });
    server = await startAssay({ dataFolder: join(home, 'data'), env: { ASSAY_MODELS: models } });
    place = { data: server.dataFolder, cwd: home, env: { ASSAY_PROGRESS_LINE_SECONDS: '1' } };
  }, 3 * minutes);
  afterAll(() => server?.remove());

  it(
    'runs two models, saves their answers in the input order, shows a summary',
    async () => {
      const file = await input('first', 30);
      const args = ['run', file, '-m', 'fake-a', '-m', 'fake-b', '--temperature', '0', '--max-tokens', '9'];
      const { code, out, err } = await command(place, args);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      for (const model of ['fake-a', 'fake-b']) {
        expect(out).toContain(`${model}: completed`);
        const answers = join(place.cwd!, 'assay-results', `first.${model}.output.jsonl`);
        expect(out).toContain(answers);
        expect(await ids(answers)).toEqual(Array.from({ length: 30 }, (_, i) => `first-${i}`));
        expect(existsSync(answers.replace('.output.', '.errors.'))).toBe(false);
      }
      expect(out).toMatch(/30 done, 0 failed, of 30/);
      expect(out).toMatch(/210 in, 90 out/);
      expect(out).toMatch(/cached +57 % of the prompt tokens/);
      expect(asked('first')).toBe(60);
      expect(upstream.requests.at(-1)!.body).toMatchObject({ temperature: 0, max_tokens: 9 });
    },
    2 * minutes,
  );

  it(
    'shows the summary of the same work again, and runs it anew only with --again',
    async () => {
      const file = await input('twice', 5);
      const args = ['run', file, '--model', 'fake-a'];
      await command(place, args);
      const second = await command(place, args);
      expect(second).toMatchObject({ code: 0, out: expect.stringContaining('--again') });
      expect(asked('twice')).toBe(5);
      const third = await command(place, [...args, '--again']);
      expect(third).toMatchObject({ code: 0, out: expect.not.stringContaining('--again') });
      expect(asked('twice')).toBe(10);
    },
    2 * minutes,
  );

  it(
    'ends with 3 when rows failed, and saves them',
    async () => {
      const file = join(folder, 'mixed.csv');
      await writeFile(file, 'id,what\na,good\nb,bad\nc,good\n');
      const template = join(folder, 'mixed.txt');
      await writeFile(template, '{{what}} row');
      const out = join(folder, 'elsewhere');
      const ended = await command(place, ['run', file, '-m', 'fake-a', '-t', template, '--out', out, '--json']);
      expect({ code: ended.code, err: ended.err }).toEqual({ code: 3, err: '' });
      const objects = ended.out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(objects.length).toBeGreaterThan(1);
      const summary = objects.at(-1);
      expect(summary).toMatchObject({ type: 'summary', results: [{ model: 'fake-a', status: 'completed' }] });
      expect(summary.results[0].metrics.rows).toMatchObject({ total: 3, completed: 2, failed: 1 });
      expect(await ids(summary.results[0].files.output)).toEqual(['a', 'c']);
      expect(await ids(summary.results[0].files.errors)).toEqual(['b']);
    },
    2 * minutes,
  );

  it(
    'names the models there are when one is unknown',
    async () => {
      const { code, err } = await command(place, ['run', await input('unknown', 1), '-m', 'fake-c']);
      expect(code).toBe(2);
      expect(err).toMatch(/No model fake-c\. Models there are: .*fake-a, fake-b/);
    },
    2 * minutes,
  );

  it(
    'names the columns there are when the template wants another',
    async () => {
      const file = join(folder, 'people.csv');
      await writeFile(file, 'name,age\nAda,36\n');
      const template = join(folder, 'wants.txt');
      await writeFile(template, 'Who is {{surname}}?');
      const { code, err } = await command(place, ['run', file, '-m', 'fake-a', '-t', template]);
      expect(code).toBe(1);
      expect(err).toContain('{{surname}}');
      expect(err).toContain('name, age');
    },
    2 * minutes,
  );

  it(
    'lists the faults of a refused input with their lines',
    async () => {
      const file = join(folder, 'double.jsonl');
      await writeFile(file, '{"id":"x","prompt":"1"}\n{"id":"y","prompt":"2"}\n{"id":"x","prompt":"3"}\n');
      const { code, out } = await command(place, ['run', file, '-m', 'fake-a']);
      expect(code).toBe(1);
      expect(out).toMatch(/line 3: duplicate_custom_id: .*x/);
    },
    2 * minutes,
  );

  it(
    'outlives a kill of the server and goes on when it is started again',
    async () => {
      const file = await input('slow-kill', 60);
      const running = startCommand(place, ['run', file, '--model', 'fake-a']);
      await until(() => asked('slow-kill') > 8);
      await server.killGroup();
      await until(() => running.out().includes('does not answer'));
      await server.restart();
      const { code, out, err } = await running.ended;
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toContain('60 done, 0 failed');
      const answers = await ids(join(place.cwd!, 'assay-results', 'slow-kill.fake-a.output.jsonl'));
      expect(new Set(answers).size).toBe(60);
      expect(answers).toHaveLength(60);
    },
    4 * minutes,
  );
});

describe('run without a server', () => {
  it(
    'starts what it needs, leaves nothing behind, and goes on where Ctrl-C stopped it',
    async () => {
      const place = await newPlace();
      const file = await input('slow-stop', 40);
      const args = ['run', file, '--model', 'fake-a'];
      const running = startCommand(place, args);
      await until(() => asked('slow-stop') > 6);
      running.child.kill('SIGINT');
      const stopped = await running.ended;
      expect({ code: stopped.code, err: stopped.err }).toEqual({ code: 130, err: '' });
      expect(stopped.out).toContain(`Go on with: npx assay run ${file} --model fake-a`);
      expect(stopped.out).toContain('stops with it');
      expect(await readHolder(place.data)).toBeNull();

      const again = await command(place, args);
      expect({ code: again.code, err: again.err }).toEqual({ code: 0, err: '' });
      expect(again.out).toContain('going on with batch_');
      expect(await ids(join(place.cwd!, 'assay-results', 'slow-stop.fake-a.output.jsonl'))).toEqual(
        Array.from({ length: 40 }, (_, i) => `slow-stop-${i}`),
      );
      // What was in flight when it stopped may be asked twice, no more.
      expect(asked('slow-stop')).toBeLessThanOrEqual(44);
      expect(await readHolder(place.data)).toBeNull();
    },
    4 * minutes,
  );

  it('does not start a server for an input that cannot be used', async () => {
    const place = await newPlace();
    const { code, err } = await command(place, ['run', join(folder, 'nothing.csv'), '-m', 'fake-a']);
    expect(code).toBe(1);
    expect(err).toContain('nothing.csv');
    expect(existsSync(place.data)).toBe(false);
  });
});

async function until(reached: () => boolean): Promise<void> {
  for (let waited = 0; !reached(); waited += 50) {
    if (waited > 2 * minutes) throw new Error('waited for two minutes in vain');
    await sleep(50);
  }
}
