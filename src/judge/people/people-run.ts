/** Judge runs that nobody is asked for: people's labels and imported judgments, with the majority of several people kept beside them. */

import type { PoolClient } from 'pg';
import type { JudgeRunStatus } from '../../contracts/judging.ts';
import { countingJudge, type JudgeRunRow, type JudgeSettings, newJudgeRunId } from '../passes/judge-run-row.ts';
import type { LabelledPair } from './labelled-pair.ts';

/** The threshold of a labelling queue; people there say pass or fail, so it moves nothing. */
const labelThreshold = 7;

/** What a judge run is asked with when nobody is asked. */
const askedNobody = {
  criteria: [],
  instructions: '',
  rules: [],
  panel: 'majority',
  sample_rate: 1,
  seed: 1,
  on_error: 'skip',
  max_retries: 0,
  budget: null,
  reference: false,
  check_rate: 0,
  min_agreement: 0,
  metric: null,
  metric_threshold: null,
  engines: {},
  prices: {},
} satisfies JudgeSettings;

/** What makes such a run; `beside` is kept in its settings. */
export interface StandingRun {
  pair: LabelledPair;
  mode: JudgeRunRow['mode'];
  source: JudgeRunRow['source'];
  status: Extract<JudgeRunStatus, 'completed' | 'imported'>;
  threshold: number;
  beside?: Record<string, unknown>;
}

/** Writes a judge run that is at its end from the start, so that nothing looks after it; null where the labelling of its runs is there already. */
export async function insertStandingRun(q: PoolClient, run: StandingRun): Promise<JudgeRunRow | null> {
  const { pair, mode, source, status, threshold, beside = {} } = run;
  const { rows } = await q.query<JudgeRunRow>(
    `insert into judge_runs (judge_run_id, user_id, dataset_id, version_id, run_id, other_run_id, mode, source, settings, threshold,
       status, ended_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, now())
     on conflict (run_id, coalesce(other_run_id, '')) where mode = 'human' and source = 'assay' do nothing returning *`,
    [
      newJudgeRunId(),
      pair.user_id,
      pair.dataset_id,
      pair.version_id,
      pair.run_id,
      pair.other_run_id,
      mode,
      source,
      JSON.stringify({ ...askedNobody, ...beside }),
      threshold,
      status,
    ],
  );
  return rows[0] ?? null;
}

/** The labelling of a run or pair, its row held until the transaction ends; null before the first label. */
export async function labellingRun(q: PoolClient, pair: LabelledPair): Promise<JudgeRunRow | null> {
  const { rows } = await q.query<JudgeRunRow>(
    `select * from judge_runs where run_id = $1 and other_run_id is not distinct from $2 and mode = 'human' and source = 'assay'
     for update`,
    [pair.run_id, pair.other_run_id],
  );
  return rows[0] ?? null;
}

/** The same, made when it is not there. */
export async function openLabelling(q: PoolClient, pair: LabelledPair): Promise<JudgeRunRow> {
  const there = await labellingRun(q, pair);
  if (there !== null) return there;
  const wanted = { pair, mode: 'human', source: 'assay', status: 'completed', threshold: labelThreshold } as const;
  return (await insertStandingRun(q, wanted)) ?? (await labellingRun(q, pair))!;
}

/**
 * Brings a run's judges, the majority and the counts up to date after judgments of `ordinals` (null: any) were written or
 * removed. Who calls holds the row of the run.
 */
export async function settle(q: PoolClient, run: JudgeRunRow, ordinals: number[] | null): Promise<void> {
  const { rows } = await q.query<{ judge: string }>(
    `select distinct judge from judgments where judge_run_id = $1 and judge <> 'panel' order by judge`,
    [run.judge_run_id],
  );
  const judges = rows.map(({ judge }) => judge);
  // The first person alone counts; with the second one the majority has to be made of all.
  const all = ordinals === null || run.judges.length < 2 !== judges.length < 2;
  const some = all ? null : ordinals;
  await q.query(
    `delete from judgments where judge_run_id = $1 and judge = 'panel' and ($2::int[] is null or ordinal = any ($2))`,
    [run.judge_run_id, some],
  );
  if (judges.length > 1) await q.query(majority, [run.judge_run_id, some]);
  await q.query(
    `update judge_runs r set judges = $2, answers = c.judged + c.failed, judged = c.judged, failed = c.failed, ended_at = now()
     from (select count(*) filter (where error is null)::int as judged, count(error)::int as failed from judgments
       where judge_run_id = $1 and part = 'verdict' and judge = $3) c
     where r.judge_run_id = $1`,
    [run.judge_run_id, judges, countingJudge({ mode: run.mode, judges })],
  );
}

/**
 * The verdict of several people on each answer: what more than half of those say who came to a verdict, or the median of
 * their scores where all gave one. Without such a majority there is none (error no_majority).
 */
const majority = `
  with said as (
    select j.ordinal, j.score, coalesce(j.preference,
        case coalesce(j.passed, j.score >= r.threshold) when true then 'pass' when false then 'fail' end) as verdict
    from judgments j join judge_runs r using (judge_run_id)
    where j.judge_run_id = $1 and j.judge <> 'panel' and j.part = 'verdict' and ($2::int[] is null or j.ordinal = any ($2))
  ), most as (
    select ordinal, mode() within group (order by verdict) as verdict, count(verdict) as said, count(score) as scored,
      percentile_disc(0.5) within group (order by score) as median,
      2 * greatest(${['pass', 'fail', 'a', 'b', 'tie'].map((one) => `count(*) filter (where verdict = '${one}')`).join(', ')})
        > count(verdict) as more
    from said group by ordinal
  )
  insert into judgments (judge_run_id, ordinal, judge, part, user_id, run_id, judge_type, score, passed, preference, error)
  select r.judge_run_id, c.ordinal, 'panel', 'verdict', r.user_id, r.run_id, 'human',
    case when c.scored = c.said then c.median end,
    case when c.scored < c.said and c.more and c.verdict in ('pass', 'fail') then c.verdict = 'pass' end,
    case when c.more and c.verdict not in ('pass', 'fail') then c.verdict end,
    case when c.said = 0 then 'unsure' when c.scored < c.said and not c.more then 'no_majority' end
  from most c join judge_runs r on r.judge_run_id = $1`;
