/** A judge run on the page: its form, its address, how far it is, what batching saved, which words it is told in. */

import { expect, test } from 'vitest';
import type { JudgingChoices } from '../../src/contracts/judge-now.ts';
import { newJudgeRun } from '../../src/contracts/judging.ts';
import { judgmentQuery } from '../../src/contracts/judgments.ts';
import {
  answersToJudge,
  rateOf,
  type Sample,
  savedBy,
  secondsLeft,
  withSample,
} from '../../web/src/judging/judge-progress.ts';
import { judgmentParams, readJudgeView, writeJudgeView } from '../../web/src/judging/judge-view.ts';
import { judgeOf, priceText, wantingText } from '../../web/src/judging/judge-words.ts';
import {
  emptyJudging,
  faultsOf,
  fieldOf,
  type JudgingField,
  type JudgingForm,
  judgingOf,
} from '../../web/src/judging/new-judging.ts';

const criteria = ['accuracy', 'clarity', 'safety'];
const form = (part: Partial<JudgingForm> = {}): JudgingForm => ({
  ...emptyJudging,
  dataset: 'ds_1',
  run: 'bm_1',
  judges: ['judge'],
  ...part,
});

test('a form without faults is a judge run that the contract takes', () => {
  const filled = form({ batchSize: 20, share: 25, threshold: 8.5, leftOut: ['safety'], usd: 1.5, tokens: 1000 });
  expect(faultsOf(filled, criteria)).toEqual({});
  expect(newJudgeRun.parse(judgingOf(filled, criteria))).toMatchObject({
    benchmark_id: 'bm_1',
    mode: 'batch',
    judge_models: ['judge'],
    rubric_id: 'rb_default',
    criteria: ['accuracy', 'clarity'],
    batch_size: 20,
    sample_rate: 0.25,
    threshold: 8.5,
    on_error: 'skip',
    budget: { usd: 1.5, tokens: 1000 },
  });
});

test('all criteria are the rubric’s own, so that another version brings its own', () => {
  expect(judgingOf(form(), criteria)).not.toHaveProperty('criteria');
  expect(judgingOf(form({ version: 2 }), criteria)).toMatchObject({ rubric_version: 2 });
  expect(judgingOf(form(), criteria)).not.toHaveProperty('budget');
});

test('what asks no model sends nothing of a judge, also when one was chosen before', () => {
  for (const mode of ['rules', 'metrics'] as const) {
    const body = newJudgeRun.parse(judgingOf(form({ mode, calls: 5 }), criteria));
    expect([body.judge_models, body.budget, body.criteria]).toEqual([undefined, undefined, undefined]);
    expect(faultsOf(form({ mode, judges: [] }), criteria)).toEqual({});
  }
  expect(judgingOf(form({ mode: 'metrics', metric: 'chrf' }), null)).toMatchObject({ metric: 'chrf' });
});

test.each<[string, Partial<JudgingForm>, JudgingField]>([
  ['no run', { run: null }, 'run'],
  ['no judge', { judges: [] }, 'judges'],
  ['ten judges', { judges: Array.from({ length: 10 }, (_, i) => `j${i}`) }, 'judges'],
  ['no other run', { mode: 'pairwise' }, 'other'],
  ['a run against itself', { mode: 'pairwise', other: 'bm_1' }, 'other'],
  ['no criterion', { leftOut: criteria }, 'leftOut'],
  ['51 a call', { batchSize: 51 }, 'batchSize'],
  ['half an answer a call', { batchSize: 1.5 }, 'batchSize'],
  ['nothing of the answers', { share: 0 }, 'share'],
  ['a threshold beyond', { threshold: 10.5 }, 'threshold'],
  ['no number of tries', { onError: 'retry', maxRetries: '' }, 'maxRetries'],
  ['a budget of nothing', { usd: 0 }, 'usd'],
  ['half a call', { calls: 0.5 }, 'calls'],
])('%s is a fault at its field', (_, part, field) => {
  expect(Object.keys(faultsOf(form(part), criteria))).toEqual([field]);
});

test('a refusal of the server is shown at the field that it is about', () => {
  const at = (param: string | null, code = 'invalid_parameter') => fieldOf({ code, param });
  expect([at('budget.usd'), at('judge_models.0'), at('criteria.1'), at('rubric_version')]).toEqual([
    'usd',
    'judges',
    'leftOut',
    'version',
  ]);
  expect([at(null, 'engine_unavailable'), at('model', 'model_not_found')]).toEqual(['judges', 'judges']);
  expect([at(null), at('seed'), at('')]).toEqual([null, null, null]);
});

test('an address and a view are the same, and what it cannot mean is left out', () => {
  const params = new URLSearchParams(
    'threshold=8.5&show=failed&category=math&part=check&judge=a&labels=queue&human=pass&says=fail',
  );
  expect(writeJudgeView(readJudgeView(params)).toString().split('&').sort()).toEqual(
    params.toString().split('&').sort(),
  );
  const odd = readJudgeView(new URLSearchParams('threshold=11&show=most&part=x&category='));
  expect(writeJudgeView(odd).toString()).toBe('');
  expect(judgmentQuery.parse(Object.fromEntries(judgmentParams('jr_1', readJudgeView(params))))).toMatchObject({
    judge_run_id: 'jr_1',
    threshold: 8.5,
    show: 'failed',
    part: 'check',
  });
});

test('before its end as many verdicts are awaited as the run has answers, by the share that is judged', () => {
  const run = { answers: 100, status: 'running', follows: false, settings: { sample_rate: 0.5 } } as const;
  expect(answersToJudge(run, { total: 1000, completed: 400 })).toBe(200);
  expect(answersToJudge({ ...run, follows: true }, { total: 1000, completed: 400 })).toBe(500);
  expect(answersToJudge({ ...run, status: 'stopped_by_budget' }, { total: 1000, completed: 400 })).toBe(200);
  expect(answersToJudge({ ...run, status: 'completed' }, { total: 1000, completed: 400 })).toBe(100);
  expect(answersToJudge({ ...run, settings: {} }, null)).toBe(100);
});

test('the speed is that of the last two minutes, and begins anew when a judge run is gone on with', () => {
  const samples = [0, 60, 120, 180].reduce<Sample[]>(
    (all, second) => withSample(all, { at: second * 1000, done: second < 100 ? 0 : second - 100 }),
    [],
  );
  expect(samples.map(({ at }) => at)).toEqual([60_000, 120_000, 180_000]);
  expect(rateOf(samples)).toBeCloseTo(80 / 120);
  expect(secondsLeft(100, 80, rateOf(samples))).toBeCloseTo(30);
  expect(withSample(samples, { at: 200_000, done: 3 })).toEqual([{ at: 200_000, done: 3 }]);
  expect([rateOf([]), rateOf(samples.slice(0, 1)), secondsLeft(5, 0, 0), secondsLeft(5, 0, null)]).toEqual([
    null,
    null,
    null,
    null,
  ]);
});

test('what batching saves is reckoned from the answers that were judged alone as well', () => {
  const run = {
    judged: 95,
    failed: 5,
    spared: 10,
    judges: ['a', 'b'],
    calls: 24,
    prompt_tokens: 8000,
    completion_tokens: 2000,
  };
  const checks = [
    { prompt_tokens: 100, completion_tokens: 50 },
    { prompt_tokens: 200, completion_tokens: 50 },
    { prompt_tokens: null, completion_tokens: null },
  ];
  expect(savedBy(run, checks)).toEqual({ calls: 24, callsAlone: 180, tokens: 10_000, tokensAlone: 36_000 });
  expect(savedBy(run, []).tokensAlone).toBeNull();
});

test('a judge says what it is wanting and what it costs; of a typed name what its provider needs', () => {
  const judges: JudgingChoices['judges'] = [
    {
      id: 'mine',
      provider: null,
      api_key_env: null,
      ready: true,
      prompt_per_million: 0.15,
      completion_per_million: 0.6,
      price_as_of: '2026-01-02',
    },
    {
      id: 'openai/',
      provider: 'openai',
      api_key_env: 'OPENAI_API_KEY',
      ready: false,
      prompt_per_million: null,
      completion_per_million: null,
      price_as_of: null,
    },
  ];
  expect(priceText(judgeOf('mine', judges)!)).toBe('$0.15 in and $0.60 out a million tokens, as of 2026-01-02');
  const typed = judgeOf('openai/some-model', judges)!;
  expect([typed.id, typed.ready, wantingText(typed), priceText(typed)]).toEqual([
    'openai/some-model',
    false,
    'needs OPENAI_API_KEY, which is not set where the server runs',
    'price unknown',
  ]);
  expect([judgeOf('other', judges), judgeOf('someone/model', judges)]).toEqual([null, null]);
});
