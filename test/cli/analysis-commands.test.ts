/** analyze-failures, mine and sample on input that gives nothing to find, or is wrong: what they say, and that nothing is left half-written. */

import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AnalysisObject } from '../../src/contracts/analyses.ts';
import { getJson } from '../harness/batches.ts';
import { lines } from '../harness/browser.ts';
import { type FakeOpenAi, startFakeOpenAi } from '../harness/fake-openai.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';
import { command, type Ended, type Place } from './command.ts';

let home = '';
let place: Place;
let upstream: FakeOpenAi;
let server: RunningAssay;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'assay-analyses-'));
  // It always says seven.
  upstream = await startFakeOpenAi(() => ({ do: 'answer', text: 'It is 7.' }));
  const models = join(home, 'models.yaml');
  await writeFile(models, `- {id: seven, engine: openai, base_url: "${upstream.url}", concurrency: 4}\n`);
  server = await startAssay({ dataFolder: join(home, 'data'), env: { ASSAY_MODELS: models } });
  place = { data: server.dataFolder, cwd: home };
  await file('rules.json', JSON.stringify([{ kind: 'numeric' }]));
}, 180_000);
afterAll(async () => {
  await server?.remove();
  await upstream.close();
  await rm(home, { recursive: true, force: true });
});

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(home, name), text);
  return name;
}

/** Questions whose answers are the numbers given. */
const questions = (name: string, answers: number[]): Promise<string> =>
  file(
    name,
    lines(answers.length, (n) => ({
      custom_id: `${name}-${n}`,
      prompt: `Solve the equation number ${n} of ${name}: how many apples does each of the ${n + 2} children get?`,
      answer: String(answers[n]),
    })),
  );

const analyze = (source: string, ...flags: string[]): Promise<Ended> =>
  command(place, [
    ...['analyze-failures', source, '--model', 'seven', '--rules', 'rules.json', '--embeddings', 'tfidf'],
    ...flags,
  ]);

const analyses = async (): Promise<AnalysisObject[]> =>
  (await getJson<{ data: AnalysisObject[] }>(server, '/api/analyses?limit=100')).data;

test('without a failure it says so, keeps what was done, and writes no clusters', async () => {
  const { code, err } = await analyze(
    await questions('right.jsonl', Array(12).fill(7)),
    '--sample',
    '6',
    '--out',
    'right',
  );
  expect(code).not.toBe(0);
  expect(err).toContain('There are no failures to cluster');
  expect(err).toContain('judge with other rules or a higher threshold');
  expect(err).not.toMatch(/\n\s+at /);
  const [newest] = await analyses();
  expect([newest!.status, newest!.failures, newest!.clusters]).toEqual(['failed', 0, 0]);
  // What was drawn has the category that rules gave it.
  const drawn = (await readFile(join(home, 'right', 'test_dataset.jsonl'), 'utf8')).trim().split('\n');
  expect(drawn).toHaveLength(6);
  for (const line of drawn) expect(JSON.parse(line).category).toBe('math');
  expect(existsSync(join(home, 'right', 'judged_results.jsonl'))).toBe(true);
  expect(existsSync(join(home, 'right', 'clusters.json'))).toBe(false);
});

test('one failure is no pattern, and is named', async () => {
  const { code, err } = await analyze(await questions('one.jsonl', [7, 7, 8, 7]), '--out', 'one');
  expect(code).not.toBe(0);
  expect(err).toContain('There is one failure, and one is no pattern');
  expect(err).toContain('one.jsonl-2');
  expect(existsSync(join(home, 'one', 'clusters.json'))).toBe(false);
});

test('failures that are all the same are one pattern', async () => {
  const same = { pass: false, prompt: 'How far is it?', reasoning: 'Minutes were read as hours.', model_id: 'seven' };
  const judged = await file(
    'same.jsonl',
    lines(30, (n) => ({ candidate_id: `q-${n}`, ...same })),
  );
  const { code, err } = await command(place, ['mine', judged, '--embeddings', 'tfidf', '--out', 'same']);
  expect([code, err]).toEqual([0, '']);
  const { clusters } = JSON.parse(await readFile(join(home, 'same', 'clusters.json'), 'utf8'));
  expect(clusters.map(({ cluster, size }: { cluster: number; size: number }) => [cluster, size])).toEqual([[0, 30]]);
});

test('judged answers from elsewhere with missing fields are refused with line and field, all of them', async () => {
  const before = (await analyses()).length;
  const good = { candidate_id: 'a', pass: false, reasoning: 'It is off by ten.' };
  for (const [bad, said] of [
    [{ candidate_id: 'b', reasoning: 'No verdict.' }, /line 2: pass: is missing, and so is score/],
    [{ candidate_id: 'b', pass: false }, /line 2: reasoning: is missing, and so is prompt/],
    [{ candidate_id: 'b', score: 'low' }, /line 2: score: .*expected number/i],
  ] as const) {
    const { code, err } = await command(place, [
      'mine',
      await file(
        'bad.jsonl',
        lines(2, (n) => [good, bad][n]!),
      ),
    ]);
    expect([code === 0, err]).toEqual([false, expect.stringMatching(said)]);
    expect(err).not.toMatch(/\n\s+at /);
  }
  const passed = await command(place, [
    'mine',
    await file(
      'passed.jsonl',
      lines(3, () => ({ pass: true, prompt: 'x' })),
    ),
  ]);
  expect(passed.err).toContain('All 3 answers of the file passed');
  expect(await analyses()).toHaveLength(before);
});

test('a category that is not there is refused with those that are, by the command and on the wire', async () => {
  const source = await questions('some.jsonl', [1, 2, 3, 4]);
  const flags = ['--weights', 'maths=0.5', '--out', 'drawn'];
  const { code, err } = await command(place, ['sample', source, '-n', '2', ...flags]);
  expect([code === 0, err]).toEqual([false, expect.stringMatching(/categories of the source, which are: math.*maths/)]);
  expect(existsSync(join(home, 'drawn'))).toBe(false);

  await analyze(source, '--out', 'some');
  const { dataset_id } = (await analyses())[0]!;
  const reply = await fetch(`${server.url}/api/analyses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      dataset_id,
      model_ids: ['seven'],
      cluster: { model: null },
      test_set: { n: 2, allocation: 'weights', weights: { maths: 0.5 } },
    }),
  });
  expect(reply.status).toBe(200);
  const { id } = (await reply.json()) as AnalysisObject;
  await expect
    .poll(async () => getJson<AnalysisObject>(server, `/api/analyses/${id}`), { timeout: 20_000 })
    .toMatchObject({ status: 'failed', problem: expect.stringContaining('maths'), test_dataset_id: null });
});
