/** status, results, cancel and retry on batches of a real server with a fake remote engine. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeOpenAi, startFakeOpenAi } from '../harness/fake-openai.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';
import { command, type Place, startCommand } from './command.ts';

const minutes = 60_000;
let home = '';
let place: Place;
let upstream: FakeOpenAi;
let server: RunningAssay;
let mended = false;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'assay-commands-'));
  upstream = await startFakeOpenAi(({ marker }) => {
    if (marker.startsWith('bad') && !mended) return { do: 'status', status: 400 };
    return { do: 'answer', text: `answer to ${marker}`, delayMs: marker.startsWith('slow') ? 500 : 0 };
  });
  const models = join(home, 'models.yaml');
  await writeFile(models, `- {id: fake, engine: openai, base_url: "${upstream.url}", concurrency: 2}\n`);
  server = await startAssay({ dataFolder: join(home, 'data'), env: { ASSAY_MODELS: models } });
  place = { data: server.dataFolder, cwd: home, env: { ASSAY_PROGRESS_LINE_SECONDS: '1' } };
}, 3 * minutes);
afterAll(async () => {
  await server?.remove();
  await upstream.close();
  await rm(home, { recursive: true, force: true });
});

/** Runs rows of these prompts and gives the batch's id. */
async function ran(name: string, prompts: string[]): Promise<string> {
  const file = join(home, `${name}.jsonl`);
  await writeFile(file, prompts.map((prompt, i) => `${JSON.stringify({ id: `${name}-${i}`, prompt })}\n`).join(''));
  const { out } = await command(place, ['run', file, '-m', 'fake', '--json']);
  return JSON.parse(out.trimEnd().split('\n').at(-1)!).results[0].batch_id;
}

describe('status', () => {
  it(
    'lists the batches, newest first, and shows one',
    async () => {
      const older = await ran('older', ['one', 'two']);
      const newer = await ran('newer', ['three']);
      const list = await command(place, ['status']);
      expect(list.code).toBe(0);
      expect(list.out.indexOf(newer)).toBeGreaterThan(0);
      expect(list.out.indexOf(older)).toBeGreaterThan(list.out.indexOf(newer));
      expect(list.out).toMatch(new RegExp(`${older}  completed  2/2 .* fake +older.jsonl`));
      expect(list.out).not.toContain('WORKER');
      expect(JSON.parse((await command(place, ['status', '--json'])).out).workers).toHaveLength(1);
      const one = await command(place, ['status', older]);
      expect(one.out).toContain('2 done, 0 failed, of 2');
      expect(one.out).toContain(`assay results ${older}`);
      const json = JSON.parse((await command(place, ['status', older, '--json'])).out);
      expect(json).toMatchObject({ batch: { id: older, status: 'completed' }, metrics: { rows: { completed: 2 } } });
    },
    2 * minutes,
  );

  it(
    'says in one line when there is no such batch',
    async () => {
      const { code, err } = await command(place, ['status', 'batch_00000000000000000000000000000000']);
      expect(code).toBe(1);
      expect(err).toMatch(/^error: .*No batch with id batch_0+\..*\n$/);
    },
    2 * minutes,
  );
});

describe('run --reuse', () => {
  it(
    'asks only what no earlier batch with it was answered, and says so',
    async () => {
      const file = join(home, 'again.jsonl');
      const run = async (prompts: string[]) => {
        await writeFile(file, prompts.map((prompt) => `${JSON.stringify({ prompt })}\n`).join(''));
        return command(place, ['run', file, '-m', 'fake', '--temperature', '0', '--reuse', '--again']);
      };
      expect((await run(['first again', 'second again'])).out).not.toContain('earlier batches');
      const asked = upstream.requests.length;
      const { code, out } = await run(['first again', 'second again', 'third again']);
      expect(code).toBe(0);
      expect(out).toMatch(/rows +3 done, 0 failed, of 3\n +2 answered by earlier batches, at no cost/);
      expect(upstream.requests.slice(asked).map((request) => request.marker)).toEqual(['third again']);
    },
    2 * minutes,
  );
});

describe('results', () => {
  it(
    'writes the answers to stdout or a file, and the failed rows',
    async () => {
      const id = await ran('some', ['good', 'bad one', 'fine']);
      const { code, out } = await command(place, ['results', id]);
      expect(code).toBe(0);
      const lines = out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(lines.map((line) => line.custom_id)).toEqual(['some-0', 'some-2']);
      const file = join(home, 'saved.jsonl');
      expect(await command(place, ['results', id, '--out', file])).toMatchObject({ code: 0, out: '' });
      expect(await readFile(file, 'utf8')).toBe(out);
      const failed = await command(place, ['results', id, '--errors']);
      expect(JSON.parse(failed.out)).toMatchObject({ custom_id: 'some-1', response: { status_code: 400 } });
      const none = await command(place, ['results', await ran('allgood', ['good']), '--errors']);
      expect(none).toMatchObject({ code: 1, err: expect.stringContaining('has no error file') });
    },
    2 * minutes,
  );

  it(
    'ends quietly when its reader has seen enough',
    async () => {
      const id = await ran(
        'long',
        Array.from({ length: 300 }, (_, i) => `${i} ${'x'.repeat(3000)}`),
      );
      const program = fileURLToPath(new URL('../../src/cli/assay.ts', import.meta.url));
      const line = `"${process.execPath}" "${program}" results ${id} | head -n 1; echo "\${PIPESTATUS[0]}"`;
      const child = spawn('bash', ['-c', line], { env: { ...process.env, ASSAY_DATA: place.data }, cwd: home });
      let out = '';
      let err = '';
      child.stdout.on('data', (text) => (out += text));
      child.stderr.on('data', (text) => (err += text));
      await once(child, 'close');
      expect(err).toBe('');
      expect(JSON.parse(out.split('\n')[0]!).custom_id).toBe('long-0');
      expect(out.split('\n')[1]).toBe('0');
    },
    2 * minutes,
  );
});

describe('cancel', () => {
  it(
    'stops a batch, which keeps its answers; run then tells so',
    async () => {
      const file = join(home, 'slow.jsonl');
      await writeFile(file, Array.from({ length: 200 }, (_, i) => `{"prompt":"slow ${i}"}\n`).join(''));
      const running = startCommand(place, ['run', file, '-m', 'fake']);
      while (upstream.requests.filter(({ marker }) => marker.startsWith('slow')).length < 6) await sleep(50);
      const list = JSON.parse((await command(place, ['status', '--json'])).out);
      const cancelled = await command(place, ['cancel', list.data[0].id]);
      expect(cancelled).toMatchObject({ code: 0, out: expect.stringMatching(/cancel/) });
      const ended = await running.ended;
      expect(ended.code).toBe(3);
      expect(ended.out).toContain('fake: cancelled');
      expect(ended.out).toContain('batch_cancelled');
    },
    2 * minutes,
  );
});

describe('retry', () => {
  it(
    'runs the failed rows again, to be followed with status --watch',
    async () => {
      const id = await ran('mend', ['bad a', 'good', 'bad b']);
      mended = true;
      expect(await command(place, ['retry', id])).toMatchObject({ code: 0, err: '' });
      const watched = await command(place, ['status', id, '--watch']);
      expect(watched.out).toContain('3 done, 0 failed, of 3');
      expect((await command(place, ['results', id])).out.trimEnd().split('\n')).toHaveLength(3);
    },
    2 * minutes,
  );
});
