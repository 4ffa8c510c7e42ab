/** Judge runs over real batches: each answer judged once, whatever a fake judge gets wrong; rules, metrics, pairs and panels. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { llmJudge } from '../../../src/contracts/judging.ts';
import { judgmentQuery } from '../../../src/contracts/judgments.ts';
import type { AssayError } from '../../../src/errors.ts';
import type { JudgeFile } from '../../../src/judge/figures/files.ts';
import { query } from '../../batches/seed.ts';
import { asked, promptLines } from '../../runs/run-place.ts';
import { until } from '../../scheduler/workplace.ts';
import { fakeJudge, idsAsked } from './fake-judge.ts';
import { type JudgePlace, judgeAsked, openJudgePlace } from './judge-place.ts';

let place: JudgePlace;
beforeAll(async () => {
  place = await openJudgePlace('judging');
});
afterAll(() => place.end());

const numberIn = (shown: string) => Number(/number (\d+)\./.exec(shown)?.[1] ?? Number.NaN);

test('a batched judge that gets much wrong: every answer has its own verdict, exactly once', async () => {
  const run = await place.answered(400);
  place.behave(
    fakeJudge(
      { seed: 7, malformed: 0.1, missing: 0.03, doubled: 0.02, invented: 0.1 },
      (shown) => (numberIn(shown) % 10) + 1,
    ),
  );
  const begun = await place.judging.start(
    'local',
    judgeAsked({
      benchmark_id: run,
      mode: 'batch',
      judge_model: 'judge',
      batch_size: 20,
      check_rate: 0,
      // The last answers are asked about alone, and may meet a fault twice in a row.
      on_error: 'retry',
      max_retries: 8,
    }),
  );
  await place.ended(begun.id);
  const ended = await place.judging.get('local', begun.id);
  expect(ended).toMatchObject({
    status: 'completed',
    answers: 400,
    judged: 400,
    failed: 0,
    passed: 160,
    problem: null,
  });
  expect(ended.asked_again).toBeGreaterThan(0);
  expect(place.engine.requests.filter(({ body }) => body.model === 'judge')).toHaveLength(ended.calls);
  const rows = await query<{ ordinal: number; score: number }>(
    place,
    `select ordinal, score from judgments where judge_run_id = $1 and judge_type = 'llm' order by ordinal`,
    [begun.id],
  );
  expect(rows.map((row) => row.score)).toEqual(Array.from({ length: 400 }, (_, n) => (n % 10) + 1));
  const first = place.engine.requests.find(({ body }) => (idsAsked(body)?.length ?? 0) === 20);
  expect(first).toBeDefined();
});

/** `type` null: of all but the rules that run beside. */
const verdicts = (id: string, part = 'verdict', type: string | null = null) =>
  query<{ ordinal: number; judge: string; score: number | null; error: string | null; preference: string | null }>(
    place,
    `select ordinal, judge, score, error, preference from judgments
     where judge_run_id = $1 and part = $2 and judge_type = coalesce($3, judge_type) and (judge_type <> 'rule' or $3 = 'rule') order by ordinal, judge`,
    [id, part, type],
  );
const judged = async (body: Parameters<typeof judgeAsked>[0]) => {
  const { id } = await place.judging.start('local', judgeAsked(body));
  await place.ended(id);
  return place.judging.get('local', id);
};

test('a sample is the same one each time, and about as large as asked for', async () => {
  const run = await place.answered(300);
  place.behave(fakeJudge({ seed: 1 }, () => 8));
  const body = {
    benchmark_id: run,
    mode: 'single',
    judge_model: 'judge',
    sample_rate: 0.2,
    criteria: ['accuracy'],
  } as const;
  const [first, second] = [await judged(body), await judged({ ...body, threshold: 9 })];
  // 300 draws at 0.2: 60, within four standard deviations.
  expect(Math.abs(first.answers - 60)).toBeLessThan(28);
  expect((await verdicts(second.id)).map((row) => row.ordinal)).toEqual(
    (await verdicts(first.id)).map((row) => row.ordinal),
  );
  expect([first.passed, second.passed]).toEqual([first.answers, 0]);
  expect(first.calls).toBe(first.answers);
  // Rules look at all of them, also where the judge is not asked.
  const byRules = await verdicts(first.id, 'verdict', 'rule');
  expect(byRules.map((row) => row.ordinal)).toEqual(Array.from({ length: 300 }, (_, n) => n));
});

test('answers of batched calls are judged again alone; where both disagree calls become smaller', async () => {
  const run = await place.answered(300);
  // Alone the judge says what the answer deserves, in a batch the same of all of them.
  const fake = fakeJudge({ seed: 2 }, (shown) => (numberIn(shown) % 2 === 0 ? 9 : 2));
  const careless = fakeJudge({ seed: 2 }, (shown) => (numberIn(shown) % 3 === 0 ? 9 : 2));
  place.behave((request) => (idsAsked(request.body) === null ? fake(request) : careless(request)));
  const ended = await judged({
    benchmark_id: run,
    mode: 'batch',
    judge_model: 'judge',
    batch_size: 16,
    check_rate: 0.5,
  });
  expect(ended.status).toBe('completed');
  expect(ended.check!.n).toBeGreaterThan(100);
  expect(ended.check!.kappa!).toBeLessThan(0.3);
  expect(ended.check!.batch_size).toBeLessThan(16);
  expect((await verdicts(ended.id)).length).toBe(300);
});

test('rules and metrics ask nobody', async () => {
  const run = await place.answered(6, (n) => ({ expected: `This is answer number ${n % 2 === 0 ? n : 99}.` }));
  const before = place.engine.requests.length;
  const rules = await judged({ benchmark_id: run, mode: 'rules', rules: [{ kind: 'regex', pattern: 'number [024]' }] });
  expect(rules).toMatchObject({ status: 'completed', judged: 6, passed: 3, calls: 0, judges: [] });
  const metrics = await judged({ benchmark_id: run, mode: 'metrics', metric: 'exact' });
  expect(metrics).toMatchObject({ status: 'completed', judged: 6, passed: 3, calls: 0 });
  expect(place.engine.requests.length).toBe(before);
});

test('a rule that fails can spare the judge its call', async () => {
  const run = await place.answered(10);
  place.behave(fakeJudge({ seed: 3 }, () => 9));
  const rule = { kind: 'regex', pattern: 'number [0-3]', must: 'not_match', spares_llm: true };
  const ended = await judged({ benchmark_id: run, mode: 'single', judge_model: 'judge', rules: [rule] });
  expect(ended).toMatchObject({ judged: 10, spared: 4, passed: 6, calls: 6 });
});

test('pairs are asked about in both orders; a verdict that follows the order is undecided', async () => {
  const [a, b] = [await place.answered(4), null];
  expect(b).toBeNull();
  const [{ dataset_id: datasetId }] = (await query<{ dataset_id: string }>(
    place,
    'select dataset_id from runs where run_id = $1',
    [a],
  )) as [{ dataset_id: string }];
  const lines = Array.from(
    { length: 4 },
    (_, n) => `{"custom_id": "q-${n}", "content": "Another answer ${n}."}\n`,
  ).join('');
  const [other] = await place.answers('other.jsonl', lines, { datasetId, modelId: 'other' });
  place.behave(({ body }) => {
    const shown = (body.messages as { content: string }[])[1]!.content;
    const ids = /Which is better: (\S+) or ([^\s,]+),/.exec(shown)!;
    // Of even numbers the first shown, of odd ones always the other run's.
    const even = /nswer (?:number )?[02]\./.test(shown);
    const first = shown.indexOf('Another') > shown.indexOf('This is answer') ? 2 : 1;
    return {
      do: 'answer',
      text: JSON.stringify({ reasoning: 'So.', preferred: ids[even ? 1 : first], confidence: 1 }),
    };
  });
  const ended = await judged({
    benchmark_id: a,
    other_benchmark_id: other!.id,
    mode: 'pairwise',
    judge_model: 'judge',
  });
  expect(ended).toMatchObject({ status: 'completed', judged: 4, calls: 8 });
  expect((await verdicts(ended.id)).map((row) => row.preference)).toEqual(['undecided', 'b', 'undecided', 'b']);
});

test('a panel: the majority counts, and each judge stays visible', async () => {
  await place.addModel('second');
  await place.addModel('third');
  const run = await place.answered(3);
  place.behave((request) => fakeJudge({ seed: 4 }, () => (request.body.model === 'third' ? 2 : 8))(request));
  const ended = await judged({
    benchmark_id: run,
    mode: 'batch',
    judge_models: ['judge', 'second', 'third'],
    check_rate: 0,
  });
  expect(ended).toMatchObject({ judged: 3, passed: 3, calls: 3 });
  expect((await verdicts(ended.id)).slice(0, 4).map((row) => [row.judge, row.score])).toEqual([
    ['judge', 8],
    ['panel', 8],
    ['second', 8],
    ['third', 2],
  ]);
  const listed = (query: object) =>
    place.judging.judgments('local', judgmentQuery.parse({ judge_run_id: ended.id, ...query }));
  const disputed = await listed({ show: 'disputed' });
  expect(disputed.data.map((one) => one.panel?.map(({ judge, pass }) => [judge, pass]))).toEqual(
    [0, 1, 2].map(() => [
      ['judge', true],
      ['second', true],
      ['third', false],
    ]),
  );
  // At a lower threshold all three pass it.
  expect((await listed({ show: 'disputed', threshold: 1 })).data).toEqual([]);
  expect((await listed({ judge: 'third' })).data.map(({ score, panel }) => [score, panel])).toEqual(
    [0, 1, 2].map(() => [2, null]),
  );
});

test('on_error: skip keeps going, retry asks again, fail ends the judge run', async () => {
  const run = await place.answered(5);
  const broken = (times: number) => {
    let left = times;
    const fine = fakeJudge({ seed: 5 }, () => 8);
    place.behave((request) =>
      /number 2\./.test(JSON.stringify(request.body)) && left-- > 0 ? { do: 'answer', text: 'No.' } : fine(request),
    );
  };
  const body = { benchmark_id: run, mode: 'single', judge_model: 'judge' } as const;
  broken(99);
  expect(await judged({ ...body, on_error: 'skip' })).toMatchObject({
    status: 'completed',
    judged: 4,
    failed: 1,
    asked_again: 1,
  });
  broken(3);
  expect(await judged({ ...body, on_error: 'retry' })).toMatchObject({
    status: 'completed',
    judged: 5,
    failed: 0,
    asked_again: 3,
  });
  broken(99);
  const failed = await judged({ ...body, on_error: 'fail' });
  expect(failed.status).toBe('failed');
  expect(failed.problem).toMatch(/call \d+/);
});

test('a budget of calls ends the run cleanly; a larger one goes on where it was', async () => {
  const run = await place.answered(40);
  place.behave(fakeJudge({ seed: 6 }, () => 8));
  const stopped = await judged({ benchmark_id: run, mode: 'single', judge_model: 'judge', budget: { calls: 15 } });
  expect(stopped).toMatchObject({ status: 'stopped_by_budget', judged: 15, calls: 15, answers: 15 });
  await place.judging.resume('local', stopped.id, { calls: 100 });
  await place.ended(stopped.id);
  expect(await place.judging.get('local', stopped.id)).toMatchObject({
    status: 'completed',
    judged: 40,
    calls: 40,
    answers: 40,
  });
});

test('a run is judged while it goes; a judge that fails neither loses nor delays an answer', async () => {
  await place.addModel('answerer');
  const { id: datasetId } = await place.dataset('followed.jsonl', promptLines(30));
  const judge = fakeJudge({ seed: 8 }, () => 8);
  place.behave((request) => (request.body.model === 'judge' ? judge(request) : { do: 'answer', delayMs: 30 }));
  const llm_judge = { enabled: true, mode: 'single', judge_model: 'judge' } as const;
  const [run] = await place.runs.start('local', asked({ dataset_id: datasetId, model_id: 'answerer', llm_judge }));
  place.judging.wake();
  const follower = await until(
    async () => (await place.judging.list('local', { benchmarkId: run!.id, limit: 5 })).data[0],
    'a judge run follows',
  );
  expect(follower).toMatchObject({ follows: true, status: 'running' });
  await place.ended(follower.id);
  expect(await place.judging.get('local', follower.id)).toMatchObject({ status: 'completed', judged: 30, answers: 30 });
  // Taken up once, also when it is deleted.
  await place.judging.remove('local', follower.id);
  place.judging.wake();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect((await place.judging.list('local', { benchmarkId: run!.id, limit: 5 })).data).toEqual([]);

  place.behave((request) => (request.body.model === 'judge' ? { do: 'status', status: 401 } : { do: 'answer' }));
  const [second] = await place.runs.start('local', asked({ dataset_id: datasetId, model_id: 'answerer', llm_judge }));
  place.judging.wake();
  const broken = await until(
    async () => (await place.judging.list('local', { benchmarkId: second!.id, limit: 5 })).data[0],
    'a judge run follows',
  );
  await place.ended(broken.id);
  expect(await place.judging.get('local', broken.id)).toMatchObject({ status: 'completed', judged: 0, failed: 30 });
  expect(await place.runs.get('local', second!.id)).toMatchObject({ status: 'completed', completed: 30, failed: 0 });
  const none = { ...llm_judge, judge_model: 'nobody' };
  await expect(place.judging.checkFollowing('local', llmJudge.parse(none))).rejects.toMatchObject({
    code: 'model_not_found',
  });
});

test('the estimate names the calls that are made', async () => {
  const run = await place.answered(60);
  place.behave(fakeJudge({ seed: 9 }, () => 8));
  const body = { benchmark_id: run, mode: 'batch', judge_model: 'judge', batch_size: 10, check_rate: 0 } as const;
  const estimate = await place.judging.estimate('local', judgeAsked(body));
  expect(estimate).toMatchObject({ answers: 60, calls: 6, calls_one_by_one: 60, cost: null });
  expect(estimate.prompt_tokens!).toBeLessThan(estimate.prompt_tokens_one_by_one! / 2);
  expect((await judged(body)).calls).toBe(6);
});

test('files of a judge run: all verdicts, those below a threshold, and the figures; another threshold asks nobody', async () => {
  const run = await place.answered(12);
  place.behave(fakeJudge({ seed: 10 }, (shown) => (numberIn(shown) < 4 ? 3 : 8)));
  const { id } = await judged({ benchmark_id: run, mode: 'single', judge_model: 'judge' });
  const read = async (file: JudgeFile, threshold?: number) =>
    (await (await place.judging.file('local', { id, file, ...(threshold ? { threshold } : {}) })).toArray()).join('');
  const count = (text: string) => text.split('\n').length - 1;
  expect([count(await read('judged_results.jsonl')), count(await read('failures.jsonl'))]).toEqual([12, 4]);
  expect(count(await read('failures.jsonl', 9))).toBe(12);
  const summary = JSON.parse(await read('summary.json'));
  expect(summary).toMatchObject({ n: 12, passed: 8, threshold: 7, categories: { none: { n: 12 } } });
  expect(summary.criteria.helpfulness).toMatchObject({ n: 12, pass: 7, pass_rate: 8 / 12 });
  expect((await place.judging.summary('local', id, 2)).passed).toBe(12);
});

test('what cannot be kept to is refused before anything runs: a metric without its model, a budget of money without a price', async () => {
  const run = await place.answered(2);
  const refusal = (body: Parameters<typeof judgeAsked>[0]) =>
    place.judging.start('local', judgeAsked(body)).then(
      () => null,
      (error: AssayError) => [error.code, error.message],
    );
  expect(await refusal({ benchmark_id: run, mode: 'metrics', metric: 'cosine' })).toEqual([
    'invalid_parameter',
    expect.stringMatching(/metric.*needs an embeddings model/),
  ]);
  const paid = { benchmark_id: run, mode: 'single', judge_model: 'judge', budget: { usd: 1 } } as const;
  expect(await refusal(paid)).toEqual(['invalid_parameter', expect.stringMatching(/budget\.usd.*judge has no price/)]);
  expect((await place.judging.list('local', { benchmarkId: run, limit: 5 })).data).toEqual([]);
});

test('why a judge run waits stands on it, and goes when it goes on', async () => {
  const run = await place.answered(3);
  place.behave(fakeJudge({ seed: 11 }, () => 8));
  const { create } = place.judgeDeps.batches;
  let refused = 0;
  place.judgeDeps.batches.create = async () => {
    refused += 1;
    throw new Error('no room left');
  };
  const { id } = await place.judging.start(
    'local',
    judgeAsked({ benchmark_id: run, mode: 'single', judge_model: 'judge' }),
  );
  await until(async () => (await place.judging.get('local', id)).problem === 'waits: no room left', 'the reason');
  await until(() => refused > 3, 'some tries');
  const files = await query<{ n: number }>(place, 'select count(*)::int as n from files where filename = $1', [
    `${id}-0.jsonl`,
  ]);
  expect(files).toEqual([{ n: 1 }]);
  place.judgeDeps.batches.create = create;
  await place.ended(id);
  expect(await place.judging.get('local', id)).toMatchObject({ status: 'completed', judged: 3, problem: null });
});
