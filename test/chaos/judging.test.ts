/** 20,000 answers judged 50 a call by a fake judge with faults and an outage, killed twice on the way: each exactly once. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { JudgeRunObject } from '../../src/contracts/judging.ts';
import type { Judgment } from '../../src/contracts/judgments.ts';
import { waitFor } from '../harness/batches.ts';
import { lines, sendFile } from '../harness/browser.ts';
import { type FakeOpenAi, startFakeOpenAi } from '../harness/fake-openai.ts';
import { type RunningAssay, startAssay } from '../harness/server.ts';
import { fakeJudge, idsAsked } from '../judge/passes/fake-judge.ts';

const answers = 20_000;
const perCall = 50;
const concurrency = 8;
const outageSeconds = 30;

/** The score that the fake judge gives to an answer, known by its number. */
const scoreOf = (n: number): number => 1 + (n % 10);
const numberIn = (shown: string): number => Number(/answer number (\d+)/.exec(shown)?.[1]);

/** A run of imported answers; gives its id. */
async function importRun(server: RunningAssay): Promise<string> {
  const dataset = await sendFile<{ id: string }>(`${server.url}/admin/datasets/upload`, {
    name: 'questions.jsonl',
    text: lines(answers, (n) => ({ custom_id: `q-${n}`, prompt: `Question ${n}?` })),
  });
  const text = lines(answers, (n) => ({ custom_id: `q-${n}`, content: `This is answer number ${n}.` }));
  const imported = await sendFile<{ id: string }>(
    `${server.url}/admin/benchmarks/import`,
    { name: 'answers.jsonl', text },
    { dataset_id: dataset.id, model_id: 'far-model' },
  );
  return imported.id;
}

async function get<T>(server: RunningAssay, path: string): Promise<T> {
  const answer = await fetch(`${server.url}${path}`);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** A judge whose requests are kept by what they ask about, and that counts those it answered 429. */
async function startJudge(seed: number): Promise<{ fake: FakeOpenAi; busy(): number }> {
  const behave = fakeJudge(
    { seed, malformed: 0.03, missing: 0.02, doubled: 0.01, invented: 0.01, busy: 0.02 },
    (shown) => scoreOf(numberIn(shown)),
  );
  let busy = 0;
  const fake = await startFakeOpenAi((request) => {
    const behaviour = behave(request);
    if (behaviour.do === 'status') busy += 1;
    return behaviour.do === 'answer' ? { ...behaviour, delayMs: 150 } : behaviour;
  });
  return { fake, busy: () => busy };
}

/** Kills everything twice and takes the judge away once, each at some share of the calls. */
async function strike(server: RunningAssay, fake: FakeOpenAi): Promise<void> {
  const asked = (share: number) =>
    waitFor(
      () => Promise.resolve(fake.requests.length),
      (sent) => sent >= (share * answers) / perCall,
      {
        timeoutMs: 120_000,
        everyMs: 20,
        what: `${100 * share} % of the calls sent`,
      },
    );
  await asked(0.2);
  await server.killGroup();
  await server.restart();
  await asked(0.4);
  await fake.refuse();
  await sleep(outageSeconds * 1000);
  await fake.listen();
  await asked(0.8);
  await server.killGroup();
  await server.restart();
}

test('20,000 answers, 50 a call, two kills and an outage', { timeout: 400_000 }, async () => {
  const seed = Number(process.env.ASSAY_CHAOS_SEED ?? Date.now() % 1_000_000);
  console.log(`judging.test.ts: ASSAY_CHAOS_SEED=${seed}`);
  const folder = await mkdtemp(join(tmpdir(), 'assay-judging-'));
  const { fake, busy } = await startJudge(seed);
  const models = join(folder, 'models.json');
  const spec = { id: 'judge', engine: 'openai', base_url: fake.url, concurrency };
  await writeFile(models, JSON.stringify({ models: [spec] }));
  await using server = await startAssay({ env: { ASSAY_MODELS: models } });
  const benchmark = await importRun(server);
  const asked = { benchmark_id: benchmark, mode: 'batch', judge_model: 'judge', batch_size: perCall, check_rate: 0 };
  const started = await fetch(`${server.url}/api/evaluation/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...asked, on_error: 'retry' }),
  });
  const { id, estimate } = (await started.json()) as JudgeRunObject & { estimate: { calls: number } };
  expect(estimate.calls).toBe(answers / perCall);

  await strike(server, fake);
  const run = await waitFor(
    () => get<JudgeRunObject>(server, `/api/evaluation/runs/${id}`),
    ({ status }) => status !== 'running',
    { timeoutMs: 200_000, what: 'the judge run has ended' },
  );
  expect(run).toMatchObject({ status: 'completed', answers, judged: answers, failed: 0 });

  const text = await (await fetch(`${server.url}/api/evaluation/runs/${id}/files/judged_results.jsonl`)).text();
  const judged = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Judgment);
  expect(judged.map((one) => one.candidate_id)).toEqual(Array.from({ length: answers }, (_, n) => `q-${n}`));
  expect(judged.filter((one) => one.score !== scoreOf(numberIn(one.content!)))).toEqual([]);

  // A call is known by the ids it asks about: the same ones each time it is sent.
  const sends = Map.groupBy(fake.requests, ({ body }) => idsAsked(body)?.join() ?? JSON.stringify(body.messages));
  const firsts = [...sends.values()].filter(([first]) => idsAsked(first!.body)?.length === perCall);
  const extra = fake.requests.length - sends.size;
  console.log(
    `${firsts.length} calls of ${perCall}, ${sends.size - firsts.length} that ask again; ${extra} sent again (${busy()} answered 429)`,
  );
  expect(firsts.length).toBe(answers / perCall);
  expect(run.calls).toBe(sends.size);
  // At each kill calls at the judge and answers that waited for their commit; at the outage calls at the judge alone.
  expect(extra).toBeLessThanOrEqual(busy() + (2 * 2 + 1) * concurrency);
  await fake.close();
  await rm(folder, { recursive: true, force: true });
});
