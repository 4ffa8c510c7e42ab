/** An analysis of a fake model's failures, killed three times on the way: it ends, and no call is made twice beyond those in flight. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type AnalysisObject, analysisFiles } from '../../src/contracts/analyses.ts';
import { waitFor } from '../harness/batches.ts';
import { lines, sendFile } from '../harness/browser.ts';
import { startFakeOpenAi } from '../harness/fake-openai.ts';
import { seededRandom } from '../harness/random.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';

const items = 60;
const concurrency = 4;
/** Two kinds of questions, in several phrasings, so that there is something to find. */
const kinds = [
  (n: number) =>
    `A train leaves at ${1 + (n % 11)} o'clock and travels ${n + 20} miles an hour. How far is it after ${2 + (n % 3)} hours?`,
  (n: number) =>
    `A baker sells ${n + 5} loaves of bread at ${1 + (n % 4)} dollars each. How many dollars does the baker earn?`,
];

const isOf = (marker: string, kind: (n: number) => string, k: number): boolean =>
  Array.from({ length: items }, (_, n) => n).some((n) => n % 2 === k && kind(n) === marker);

async function ask<T>(server: RunningAssay, path: string, body?: object): Promise<T> {
  const answer = await fetch(`${server.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

test('an analysis is killed three times and asked for again', { timeout: 180_000 }, async () => {
  const seed = Number(process.env.ASSAY_CHAOS_SEED ?? Date.now() % 1_000_000);
  console.log(`analyses.test.ts: ASSAY_CHAOS_SEED=${seed}`);
  const random = seededRandom(seed);
  const folder = await mkdtemp(join(tmpdir(), 'assay-analyses-'));
  const fake = await startFakeOpenAi(() => ({ do: 'answer', text: 'It is 0.', delayMs: 150 }));
  const models = join(folder, 'models.json');
  await writeFile(
    models,
    JSON.stringify({ models: [{ id: 'far', engine: 'openai', base_url: fake.url, concurrency }] }),
  );
  await using server = await startAssay({ env: { ASSAY_MODELS: models } });
  const dataset = await sendFile<{ id: string }>(`${server.url}/admin/datasets/upload`, {
    name: 'questions.jsonl',
    text: lines(items, (n) => ({ custom_id: `q-${n}`, prompt: kinds[n % 2]!(n), answer: String(n + 1) })),
  });
  const asked = {
    dataset_id: dataset.id,
    model_ids: ['far'],
    judge: { mode: 'rules', rules: [{ kind: 'numeric' }] },
    cluster: { model: null },
    label: { model: 'far' },
    generate: { model: 'far', rows: 4 },
  };
  const answers = () => fake.requests.filter(({ marker }) => kinds.some((kind, k) => isOf(marker, kind, k)));
  const distinct = () => new Set(answers().map(({ marker }) => marker)).size;
  /** Answers that were sent for and not committed when a kill came: in flight (docs/decisions/0011). */
  let inFlight = 0;
  const { id } = await ask<AnalysisObject>(server, '/api/analyses', asked);
  for (const [from, to] of [
    [1, items / 2],
    [items / 2, items],
    [items + 1, items + 4],
  ] as const) {
    const point = Math.floor(from + random() * (to - from));
    const done = () => Promise.resolve(fake.requests.length);
    await waitFor(done, (sent) => sent >= point, { timeoutMs: 60_000, everyMs: 5, what: `${point} calls sent` });
    const committed = (await ask<{ data: { completed: number }[] }>(server, '/admin/benchmarks')).data[0]!.completed;
    await server.killGroup();
    inFlight += distinct() - committed;
    await server.restart();
    // The same content again is the same analysis.
    expect((await ask<AnalysisObject>(server, '/api/analyses', asked)).id).toBe(id);
  }
  const ended = await waitFor(
    () => ask<AnalysisObject>(server, `/api/analyses/${id}`),
    ({ status }) => status !== 'running',
    { timeoutMs: 90_000, what: 'the analysis has ended' },
  );
  expect([ended.status, ended.problem]).toEqual(['completed', null]);
  expect(ended.failures).toBe(items);
  expect(ended.clusters).toBeGreaterThan(0);

  // A reply that cannot be read is asked for once more with the same words, so only the answers are told apart by their bodies.
  const again = answers().length - distinct();
  console.log(`${again} of ${distinct()} answers asked for again after the kills, ${inFlight} were in flight`);
  expect(distinct()).toBe(items);
  expect(again).toBeLessThanOrEqual(inFlight);
  for (const file of Object.values(analysisFiles).flat())
    expect([file, (await fetch(`${server.url}/api/analyses/${id}/files/${file}`)).status]).toEqual([file, 200]);

  const before = fake.requests.length;
  await ask<AnalysisObject>(server, '/api/analyses', asked);
  await waitFor(
    () => ask<AnalysisObject>(server, `/api/analyses/${id}`),
    ({ status }) => status === 'completed',
    { timeoutMs: 30_000, what: 'it has ended once more' },
  );
  expect(fake.requests.length).toBe(before);
  await fake.close();
  await rm(folder, { recursive: true, force: true });
});
