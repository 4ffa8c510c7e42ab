/** Judge runs by the settings: metrics and marks by category, cosine where there are embeddings, room for reasons and thoughts. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Judging, openJudging } from '../../../src/judge/open-judging.ts';
import type { JudgeDeps } from '../../../src/judge/passes/judge-deps.ts';
import { readTable } from '../../../src/judge/similarity/read-table.ts';
import { query } from '../../batches/seed.ts';
import { until } from '../../scheduler/workplace.ts';
import { fakeJudge } from './fake-judge.ts';
import { type JudgePlace, judgeAsked, openJudgePlace } from './judge-place.ts';

let place: JudgePlace;
beforeAll(async () => {
  place = await openJudgePlace('settings_of_judging');
  // Each test looks after its own judge runs.
  await place.judging.stop();
});
afterAll(() => place.end());

async function judged(more: Partial<JudgeDeps>, body: Parameters<typeof judgeAsked>[0]) {
  const judging: Judging = openJudging({ ...place.judgeDeps, ...more });
  try {
    const { id } = await judging.start('local', judgeAsked(body));
    await until(async () => {
      await place.sweep();
      return (await judging.get('local', id)).status !== 'running';
    }, `${id} has ended`);
    return await query<{ criteria: Record<string, number>; passed: boolean; score: number }>(
      place,
      `select criteria, passed, score from judgments where judge_run_id = $1 and part = 'verdict' order by ordinal`,
      [id],
    );
  } finally {
    await judging.stop();
  }
}

const limits = (more: Partial<JudgeDeps['limits']>): Partial<JudgeDeps> => ({
  limits: { ...place.judgeDeps.limits, ...more },
});

test('a category takes the metric and the mark of the table', async () => {
  const run = await place.answered(2, (n) => ({
    category: n === 0 ? 'math' : 'qa',
    expected: `This is answer number ${n + 1}.`,
  }));
  const body = { benchmark_id: run, mode: 'metrics' } as const;
  // By the built-in table: another number, and four of five words.
  expect((await judged({}, body)).map((row) => [Object.keys(row.criteria), row.passed])).toEqual([
    [['numeric'], false],
    [['token_f1'], true],
  ]);
  const similarity = readTable('math=chrf:0.5,token_f1:0.95');
  expect((await judged(limits({ similarity }), body)).map((row) => [Object.keys(row.criteria), row.passed])).toEqual([
    [['chrf'], true],
    [['token_f1'], false],
  ]);
});

test('with embeddings creative answers are measured by cosine, and cosine can be asked for; without it is refused', async () => {
  const run = await place.answered(2, () => ({ category: 'creative', expected: 'This is answer number 0.' }));
  const embed = async (_: string, texts: string[]) =>
    texts.map((text) => (text.includes('number 0') ? [1, 0] : [0.6, 0.8]));
  const body = { benchmark_id: run, mode: 'metrics' } as const;
  const [same, other] = await judged({ embed }, body);
  expect([same!.criteria.cosine, other!.criteria.cosine].map((value) => value!.toFixed(3))).toEqual([
    '10.000',
    '6.000',
  ]);
  expect([same!.passed, other!.passed]).toEqual([true, false]);
  expect(
    (await judged({ embed }, { ...body, metric: 'cosine', metric_threshold: 0.5 })).map((row) => row.passed),
  ).toEqual([true, true]);
  expect((await judged({}, body)).map((row) => Object.keys(row.criteria))).toEqual([['rouge_l'], ['rouge_l']]);
  await expect(judged({}, { ...body, metric: 'cosine' })).rejects.toMatchObject({
    param: 'metric',
    message: expect.stringContaining('ASSAY_JUDGE_EMBEDDINGS_MODEL'),
  });
  // A model for embeddings that is not there is said before anything runs.
  const checkEmbed = () => Promise.reject(new Error('no such model'));
  await expect(judged({ embed, checkEmbed }, body)).rejects.toThrow('no such model');
});

test('reasons and thoughts have the room of the settings, the same from start to end of a judge run', async () => {
  const run = await place.answered(3);
  place.behave(fakeJudge({ seed: 1 }, () => 8));
  const tokens = async (asking: JudgeDeps['limits']['asking'], mode: 'single' | 'batch') => {
    const before = place.engine.requests.length;
    await judged(asking === undefined ? {} : limits({ asking }), {
      benchmark_id: run,
      mode,
      judge_model: 'judge',
      check_rate: 0,
    });
    return place.engine.requests[before]!.body.max_tokens as number;
  };
  const usual = { reasoning_chars: 600, batch_reasoning_chars: 240, thinking_tokens: 0 };
  const single = await tokens(undefined, 'single');
  expect(await tokens(usual, 'single')).toBe(single);
  expect(await tokens({ ...usual, reasoning_chars: 1000, thinking_tokens: 2000 }, 'single')).toBe(single + 200 + 2000);
  const batch = await tokens(usual, 'batch');
  expect(await tokens({ ...usual, batch_reasoning_chars: 340 }, 'batch')).toBe(batch + 3 * 50);
  expect(await tokens({ ...usual, reasoning_chars: 1000 }, 'batch')).toBe(batch);
});
