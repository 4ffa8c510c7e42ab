/** Figures of a judge run's verdicts at any threshold, computed from the store without a call. */

import type { PoolClient } from 'pg';
import type { Preference } from '../../contracts/judging.ts';
import type { GroupFigures, JudgeSummary } from '../../contracts/judgments.ts';
import { batchingCheckOf } from '../passes/check-agreement.ts';
import { countingJudge, type JudgeRunRow, toJudgeRunObject } from '../passes/judge-run-row.ts';
import { wilson } from '../trust/wilson.ts';

interface GroupRow {
  category: string | null;
  all: boolean;
  n: number;
  errors: number;
  passed: number;
  told: number;
  mean: number | null;
}

/** Whether a verdict passes at $3. A rule or metric says so itself, and the threshold of the run is another scale's. */
const passes = 'coalesce(j.passed, j.score >= $3)';
const counting = `j.judge_run_id = $1 and j.part = 'verdict' and j.judge = $2`;

/** @param threshold of 10; a verdict that says itself whether it passes is not moved by it */
export async function summaryOf(q: PoolClient, run: JudgeRunRow, threshold: number): Promise<JudgeSummary> {
  const values = [run.judge_run_id, countingJudge(run), threshold];
  const { rows: groups } = await q.query<GroupRow>(
    `select i.category, grouping(i.category) = 1 as all, count(*)::int as n, count(*) filter (where j.error is not null)::int as errors,
       count(*) filter (where ${passes})::int as passed, count(*) filter (where ${passes} is not null)::int as told, avg(j.score) as mean
     from judgments j join items i on i.version_id = $4 and i.ordinal = j.ordinal where ${counting}
     group by grouping sets ((), (i.category))`,
    [...values, run.version_id],
  );
  const { rows: histogram } = await q.query<{ bin: number; n: number }>(
    `select least(10, greatest(0, floor(j.score)))::int as bin, count(*)::int as n from judgments j
     where ${counting} and j.score is not null and $3::real is not null group by 1`,
    values,
  );
  const { rows: codes } = await q.query<{ error: string; n: number }>(
    `select j.error, count(*)::int as n from judgments j where ${counting} and j.error is not null and $3::real is not null group by 1`,
    values,
  );
  const whole = figuresOf(groups.find((row) => row.all) ?? null);
  return {
    ...whole,
    judge_run: await objectOf(q, run, whole.passed),
    threshold,
    categories: Object.fromEntries(
      groups.filter((row) => !row.all).map((row) => [row.category ?? 'none', figuresOf(row)]),
    ),
    criteria: await criteriaFigures(q, run),
    histogram: Array.from({ length: 11 }, (_, bin) => histogram.find((row) => row.bin === bin)?.n ?? 0),
    error_codes: Object.fromEntries(codes.map((row) => [row.error, row.n])),
    preferences: run.other_run_id !== null ? await preferencesOf(q, run) : null,
  };
}

function figuresOf(row: GroupRow | null): GroupFigures {
  if (row === null) return { n: 0, errors: 0, passed: 0, pass_rate: null, pass_ci: null, mean: null };
  const { n, errors, passed, told, mean } = row;
  return {
    n,
    errors,
    passed,
    pass_rate: told === 0 ? null : passed / told,
    pass_ci: told === 0 ? null : wilson(passed, told),
    mean,
  };
}

/** The wire's object of a judge run, with what is counted beside its row. */
export async function objectOf(q: PoolClient, run: JudgeRunRow, passed: number) {
  const { rows } = await q.query<{ batch_id: string }>(
    `select batch_id from judge_calls where judge_run_id = $1 and batch_id is not null group by batch_id order by min(call)`,
    [run.judge_run_id],
  );
  const check = run.mode === 'batch' ? await batchingCheckOf(q, run, { all: true }) : null;
  return toJudgeRunObject(run, { passed, batchIds: rows.map((row) => row.batch_id), check });
}

/** How many verdicts pass at the run's own threshold. */
export async function passedOf(q: PoolClient, run: JudgeRunRow): Promise<number> {
  const { rows } = await q.query<{ passed: number }>(
    `select count(*) filter (where ${passes})::int as passed from judgments j where ${counting}`,
    [run.judge_run_id, countingJudge(run), run.threshold],
  );
  return rows[0]!.passed;
}

/** By criterion; a rule or metric counts as passed from 10 on and from the run's threshold on. */
async function criteriaFigures(q: PoolClient, run: JudgeRunRow): Promise<JudgeSummary['criteria']> {
  const marks = new Map(run.settings.criteria.map((one) => [one.name, one.pass]));
  const { rows } = await q.query<{ name: string; n: number; mean: number; passed: number; pass: number }>(
    `select c.key as name, count(*)::int as n, avg(c.value::float8) as mean,
       count(*) filter (where c.value::float8 >= coalesce(($3::jsonb ->> c.key)::float8, $4))::int as passed,
       max(coalesce(($3::jsonb ->> c.key)::float8, $4)) as pass
     from judgments j, jsonb_each_text(j.criteria) c where ${counting} group by 1 order by 1`,
    [
      run.judge_run_id,
      countingJudge(run),
      JSON.stringify(Object.fromEntries(marks)),
      run.mode === 'rules' ? 10 : run.threshold,
    ],
  );
  return Object.fromEntries(
    rows.map(({ name, n, mean, passed, pass }) => [name, { n, mean, pass, pass_rate: passed / n }]),
  );
}

async function preferencesOf(q: PoolClient, run: JudgeRunRow): Promise<Record<Preference, number>> {
  const { rows } = await q.query<{ preference: Preference; n: number }>(
    `select j.preference, count(*)::int as n from judgments j where ${counting} and j.preference is not null group by 1`,
    [run.judge_run_id, countingJudge(run)],
  );
  const of = (name: Preference) => rows.find((row) => row.preference === name)?.n ?? 0;
  return { a: of('a'), b: of('b'), tie: of('tie'), undecided: of('undecided') };
}
