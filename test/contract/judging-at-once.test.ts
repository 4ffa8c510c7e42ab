/** A real small model judges at once over HTTP, and a real embeddings model measures answers by cosine. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JudgedNow } from '../../src/contracts/judge-now.ts';
import type { JudgeRunObject } from '../../src/contracts/judging.ts';
import type { Judgment } from '../../src/contracts/judgments.ts';
import { builtInModels } from '../../src/engines/built-in.ts';
import { getJson, postJson, waitFor } from '../harness/batches.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';

let folder: string;
let server: RunningAssay;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-contract-'));
  const models = join(folder, 'models.yaml');
  const { source, sha256 } = builtInModels[0]!;
  const entry = `engine: llama-server, source: "${source}", sha256: ${sha256}`;
  await writeFile(models, `- {id: small, ${entry}, context: 4096}\n`);
  const settings = {
    ASSAY_JUDGE_EMBEDDINGS_MODEL: 'minilm',
    ASSAY_JUDGE_REASONING_CHARS: '60',
    ASSAY_LLAMA_SLOTS: '2',
  };
  server = await startAssay({ env: { ASSAY_MODELS: models, ...settings } });
}, 180_000);

afterAll(async () => {
  await server?.remove();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

async function uploaded<T>(path: string, lines: object[], fields: Record<string, string> = {}): Promise<T> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('file', new Blob([lines.map((line) => JSON.stringify(line)).join('\n')]), 'lines.jsonl');
  const headers = { authorization: `Bearer ${server.token}` };
  const answer = await fetch(`${server.url}${path}`, { method: 'POST', headers, body: form });
  expect(answer.status).toBe(200);
  return (await answer.json()) as T;
}

test('cosine: the same meaning is near, another one far; a text that is longer than the context is told', async () => {
  const expected = 'The river runs through the old town.';
  const alike = 'A stream flows across the ancient city.';
  const answers = [expected, alike, '12 * 12 = 144', 'and on and on and on. '.repeat(300)];
  const items = answers.map((_, n) => ({ custom_id: `q-${n}`, prompt: `Say ${n}`, category: 'creative', expected }));
  const { id: dataset_id } = await uploaded<{ id: string }>('/admin/datasets/upload', items);
  const lines = answers.map((content, n) => ({ custom_id: `q-${n}`, content }));
  const { id } = await uploaded<{ id: string }>('/admin/benchmarks/import', lines, { dataset_id, model_id: 'm' });
  const begun = await postJson<JudgeRunObject>(server, '/api/evaluation/runs', { benchmark_id: id, mode: 'metrics' });
  const ended = await waitFor(
    () => getJson<JudgeRunObject>(server, `/api/evaluation/runs/${begun.id}`),
    (run) => run.status !== 'running',
    { timeoutMs: 120_000, what: 'the judge run' },
  );
  expect(ended).toMatchObject({ status: 'completed', judged: 4, problem: null });
  const path = `/api/evaluation/judgments?judge_run_id=${begun.id}`;
  const { data } = await getJson<{ data: Judgment[] }>(server, path);
  const [same, near, other, long] = data.sort((a, b) => a.ordinal - b.ordinal);
  expect(same!.criteria.cosine).toBeCloseTo(10, 2);
  expect(near!.criteria.cosine).toBeGreaterThan(5);
  expect(other!.criteria.cosine).toBeLessThan(2);
  expect(long).toMatchObject({ score: 0, pass: false, reasoning: expect.stringMatching(/did not take it/) });
});

test('judged at once by a small model: verdicts within the scale, with tokens; what they say is not looked at', async () => {
  const criteria = [{ name: 'accuracy', description: 'Is it right?' }];
  const items = [
    { id: 'paris', input: 'What is the capital of France?', answer: 'Paris.', expected: 'Paris' },
    { id: 'sum', input: { prompt: 'What is 12 times 12?' }, answer: 'It is 124.' },
  ];
  for (const mode of ['single', 'batch']) {
    const body = { judge_model: 'small', mode, criteria, items };
    const judged = await postJson<JudgedNow>(server, '/api/evaluation/judge', body);
    expect(judged.data.map(({ id, error }) => [id, error])).toEqual([
      ['paris', null],
      ['sum', null],
    ]);
    for (const { score } of judged.data) expect(score! >= 1 && score! <= 10).toBe(true);
    expect(judged.prompt_tokens).toBeGreaterThan(100);
    expect(judged).toMatchObject({ judge: 'small', cost: null });
  }
});
