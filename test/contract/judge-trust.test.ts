/** The whole flow on a real small model, by the commands: judged, held against labels, and plainly called no better than chance. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TrustPanel } from '../../src/contracts/trust.ts';
import { command } from '../cli/command.ts';
import { lines, sendFile } from '../harness/browser.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';

const count = 16;
/** Every second sum is wrong. */
const sum = (n: number) => ({ question: `What is ${n} plus ${2 * n}?`, said: 3 * n + (n % 2), right: n % 2 === 0 });

let home: string;
let server: RunningAssay;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'assay-judge-'));
  server = await startAssay({ dataFolder: join(home, 'data'), env: { ASSAY_JUDGE_BATCH_REASONING_CHARS: '60' } });
});
afterAll(async () => {
  await server?.remove();
  await rm(home, { recursive: true, force: true });
});

/** Runs `assay judge ...` against the server, as who sits at the machine does. */
async function judge(...args: string[]): Promise<string> {
  const ended = await command({ data: server.dataFolder, cwd: home }, ['judge', ...args]);
  expect([ended.code, ended.err]).toEqual([0, expect.anything()]);
  return ended.out;
}

test('judge, labels, trust', { timeout: 240_000 }, async () => {
  const text = lines(count, (n) => ({ custom_id: `q-${n}`, prompt: sum(n).question, expected: String(3 * n) }));
  const dataset = await sendFile<{ id: string }>(`${server.url}/admin/datasets/upload`, { name: 'sums.jsonl', text });
  const answers = lines(count, (n) => ({ custom_id: `q-${n}`, content: `It is ${sum(n).said}.` }));
  const { id: run } = await sendFile<{ id: string }>(
    `${server.url}/admin/benchmarks/import`,
    { name: 'answers.jsonl', text: answers },
    { dataset_id: dataset.id, model_id: 'elsewhere' },
  );
  await writeFile(
    join(home, 'labels.jsonl'),
    lines(count, (n) => ({ candidate_id: `q-${n}`, pass: sum(n).right })),
  );
  await judge(run, '--import', 'labels.jsonl', '--as', 'human', '--by', 'arithmetic');

  const asked = [run, '--judge', 'smollm2-135m', '--batch-size', '4', '--criteria', 'accuracy', '--out', 'small'];
  const { id, judged, failed } = JSON.parse(await judge(...asked, '--json')).judge_run;
  expect(judged + failed).toBe(count);
  const small = JSON.parse(await judge(id, '--trust', '--json')) as TrustPanel;
  expect(small.agreement).toMatchObject({ n: count, verdict: { level: 'red', chance: true } });
  expect(small.labels).toMatchObject({ n: count, people: ['arithmetic'] });
  expect(await judge(id, '--trust')).toMatch(/No better than chance: kappa .* over 16\s+labels/);

  // The rule that compares numbers does what the small model cannot.
  const rules = join(home, 'rules.json');
  await writeFile(rules, JSON.stringify([{ kind: 'numeric' }]));
  const byRule = JSON.parse(await judge(run, '--mode', 'rules', '--rules', rules, '--out', 'rules', '--json'));
  const exact = JSON.parse(await judge(byRule.judge_run.id, '--trust', '--json')) as TrustPanel;
  expect(exact.agreement).toMatchObject({ kappa: 1, accuracy: { hits: count, n: count }, unusable: 0 });
});
