/**
 * How far small models can be trusted as judges: real answers to mathematics questions, half of them right, judged against the
 * published truth. `node bench/judge-trust.ts [--answers 40] [--judges smollm2-135m,qwen2.5-coder-1.5b] [--mode batch]
 * [--batch-size 5] [--no-reference] [--minutes 30] [--record]`. Needs the real data (see CONTRIBUTING.md).
 */

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { JudgeRunObject } from '../src/contracts/judging.ts';
import type { TrustPanel } from '../src/contracts/trust.ts';
import { ask, getJson, postJson, waitFor } from '../test/harness/batches.ts';
import { lines, sendFile } from '../test/harness/browser.ts';
import { seededRandom, shuffled } from '../test/harness/random.ts';
import { startAssay } from '../test/harness/server.ts';
import { machine, percent, record } from './measure.ts';

const { values } = parseArgs({
  options: {
    answers: { type: 'string', default: '40' },
    judges: { type: 'string', default: 'smollm2-135m,qwen2.5-coder-1.5b' },
    mode: { type: 'string', default: 'batch' },
    'batch-size': { type: 'string', default: '5' },
    'no-reference': { type: 'boolean', default: false },
    minutes: { type: 'string', default: '30' },
    record: { type: 'boolean', default: false },
  },
});
const count = Number(values.answers);
const model = '175b_verification';

interface Solved {
  question: string;
  ground_truth: string;
  [model]: { is_correct: boolean; solution: string };
}

const data = process.env.ASSAY_TEST_DATA ?? resolve(import.meta.dirname, '../../shared/data');
const solved = readFileSync(join(data, 'gsm8k', 'example_model_solutions.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Solved);
const drawn = shuffled(solved, seededRandom(1));
const rows = shuffled(
  [true, false].flatMap((right) => drawn.filter((row) => row[model].is_correct === right).slice(0, count / 2)),
  seededRandom(2),
);

/** The one criterion, since there is one truth. */
const accuracy = {
  name: 'accuracy',
  description: 'The final result of the answer is right. A wrong final result scores 1, however good the way to it.',
};

process.once('SIGINT', () => process.exit(130));
await using server = await startAssay({ env: { ASSAY_LOG_LEVEL: 'warn' } });
const dataset = await sendFile<{ id: string }>(`${server.url}/admin/datasets/upload`, {
  name: 'questions.jsonl',
  text: lines(rows.length, (n) => ({
    custom_id: `q-${n}`,
    prompt: rows[n]!.question,
    expected: rows[n]!.ground_truth,
  })),
});
const run = await sendFile<{ id: string }>(
  `${server.url}/admin/benchmarks/import`,
  {
    name: 'answers.jsonl',
    text: lines(rows.length, (n) => ({ custom_id: `q-${n}`, content: rows[n]![model].solution })),
  },
  { dataset_id: dataset.id, model_id: model },
);
await ask(server, `/api/evaluation/judgments/import?benchmark_id=${run.id}&judge_type=human&judge=published`, {
  method: 'POST',
  headers: { 'content-type': 'application/x-ndjson' },
  body: lines(rows.length, (n) => ({ candidate_id: `q-${n}`, pass: rows[n]![model].is_correct })),
});

console.log(machine());
for (const judge of values.judges.split(',')) {
  const started = performance.now();
  const { id } = await postJson<JudgeRunObject>(server, '/api/evaluation/runs', {
    benchmark_id: run.id,
    mode: values.mode,
    judge_model: judge,
    batch_size: Number(values['batch-size']),
    criteria: [accuracy],
    reference: !values['no-reference'],
  });
  const ended = await waitFor(
    () => getJson<JudgeRunObject>(server, `/api/evaluation/runs/${id}`),
    ({ status }) => status !== 'running',
    { timeoutMs: Number(values.minutes) * 60_000, everyMs: 1000, what: `${judge} has judged` },
  );
  const seconds = (performance.now() - started) / 1000;
  const panel = await getJson<TrustPanel>(server, `/api/evaluation/runs/${id}/trust`);
  const { accuracy: right, verdict, unusable } = panel.agreement;
  const line =
    `judge ${judge}, ${values.mode}${values.mode === 'batch' ? ` of ${values['batch-size']}` : ''}, ${values['no-reference'] ? 'without' : 'with'} reference, ` +
    `${count} answers to gsm8k, half of them right: ${percent(right.value!)} judged as published, ${unusable} unusable, ${verdict.level}: ${verdict.words} ` +
    `${ended.calls} calls (${ended.asked_again} asked again), ${ended.prompt_tokens} tokens in, ${ended.completion_tokens} out, ${seconds.toFixed(0)} s` +
    `${ended.check?.kappa == null ? '' : `; batched against alone: kappa ${ended.check.kappa.toFixed(2)} over ${ended.check.n}`}`;
  console.log(line);
  if (values.record) await record(line);
}
