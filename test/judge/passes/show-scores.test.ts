/** Scores of judge runs stand in the grid, are filtered and sorted by there, are mended after a kill, and go with their judge run. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { query } from '../../batches/seed.ts';
import { fakeJudge } from './fake-judge.ts';
import { type JudgePlace, judgeAsked, openJudgePlace } from './judge-place.ts';

let place: JudgePlace;
beforeAll(async () => {
  place = await openJudgePlace('show_scores');
});
afterAll(() => place.end());

const count = 30;

/** The score that the judge gives to an answer by its number. */
const said = (n: number) => 1 + (n % 10);

async function judgedRun(): Promise<{ benchmark: string; judgeRun: string }> {
  const benchmark = await place.answered(count);
  place.behave(fakeJudge({ seed: 1 }, (shown) => said(Number(/number (\d+)\./.exec(shown)?.[1]))));
  const asked = {
    benchmark_id: benchmark,
    mode: 'batch',
    judge_model: 'judge',
    batch_size: 10,
    check_rate: 0,
  } as const;
  const { id } = await place.judging.start('local', judgeAsked(asked));
  await place.ended(id);
  return { benchmark, judgeRun: id };
}

const scoresOf = (benchmark: string) =>
  query<{ scores: Record<string, number> | null; lowest: number | null }>(
    place,
    `select a.scores, s.lowest_score as lowest from answers a join item_states s using (version_id, ordinal)
     where a.run_id = $1 order by a.ordinal`,
    [benchmark],
  );

test('each score stands beside its answer and in the state of its item', async () => {
  const { benchmark } = await judgedRun();
  const rows = await scoresOf(benchmark);
  expect(rows).toEqual(Array.from({ length: count }, (_, n) => ({ scores: { judge: said(n) }, lowest: said(n) })));
});

test('scores of another judge stand beside them; a second judge run by the same judge takes their place', async () => {
  const { benchmark } = await judgedRun();
  const rules = [{ kind: 'regex', pattern: 'number 1' }];
  const byRules = await place.judging.start(
    'local',
    judgeAsked({ benchmark_id: benchmark, mode: 'rules', rules } as never),
  );
  await place.ended(byRules.id);
  place.behave(fakeJudge({ seed: 1 }, () => 3));
  const again = await place.judging.start(
    'local',
    judgeAsked({ benchmark_id: benchmark, mode: 'single', judge_model: 'judge' }),
  );
  await place.ended(again.id);
  expect((await scoresOf(benchmark)).map((row) => row.scores)).toEqual(
    Array.from({ length: count }, (_, n) => ({ judge: 3, rules: /number 1/.test(`number ${n}.`) ? 10 : 0 })),
  );
});

test('what a killed server had not shown is shown when the judge run is next looked after', async () => {
  const { benchmark, judgeRun } = await judgedRun();
  await query(place, `update answers set scores = null where run_id = $1 and ordinal > 10`, [benchmark]);
  await query(place, `update judge_runs set status = 'cancelled' where judge_run_id = $1`, [judgeRun]);
  await place.reopen();
  await place.judging.resume('local', judgeRun);
  await place.ended(judgeRun);
  expect((await scoresOf(benchmark)).map((row) => row.scores)).toEqual(
    Array.from({ length: count }, (_, n) => ({ judge: said(n) })),
  );
});

test('scores go with their judge run', async () => {
  const { benchmark, judgeRun } = await judgedRun();
  await place.judging.remove('local', judgeRun);
  const rows = await scoresOf(benchmark);
  expect(rows).toEqual(Array.from({ length: count }, () => ({ scores: null, lowest: null })));
});
