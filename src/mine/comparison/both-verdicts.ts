/** Reads how the items of an analysis were judged in two judge runs: the one it was made of, and a later one. */

import type { PoolClient } from 'pg';
import type { PatternComparison } from '../../contracts/mining.ts';
import { AssayError } from '../../errors.ts';
import { countingJudge, type JudgeRunRow, selectJudgeRun } from '../../judge/passes/judge-run-row.ts';
import { selectAnalysis } from '../analyses/analysis-row.ts';
import type { PairedItem } from './compare-patterns.ts';

export interface Both {
  analysisId: string;
  beforeJudgeRunId: string;
  afterJudgeRunId: string;
}

export interface BothVerdicts extends Pick<PatternComparison, 'before' | 'after'> {
  /** Items with a verdict in both, in the order of the later run; `clusterAfter` is null throughout. */
  items: PairedItem[];
  /** What makes the two less comparable, in words. */
  notes: string[];
}

interface Row {
  item_id: string;
  passed_before: boolean;
  passed_after: boolean;
  cluster: number | null;
}

/** Verdicts of a judge run by item; $n stand for the run, its judge, its version and its threshold. */
const verdicts = (from: number): string =>
  `select i.item_id, j.ordinal, coalesce(j.passed, j.score >= $${from + 3}::real) as passed
   from judgments j join items i on i.version_id = $${from + 2} and i.ordinal = j.ordinal
   where j.judge_run_id = $${from} and j.judge = $${from + 1} and j.part = 'verdict'`;

/**
 * The counting verdict of each, at the run's own threshold. Items are the same when their ids are: the later run may be over another
 * version of the dataset.
 * @throws AssayError not_found for the analysis or a judge run; conflict when the first is none of the analysis, when both are one, when they
 * are over different datasets, or share no item with a verdict in both
 */
export async function readBothVerdicts(q: PoolClient, both: Both): Promise<BothVerdicts> {
  const [before, after] = await checkedRuns(q, both);
  const { rows } = await q.query<Row>(
    `with before as (${verdicts(1)}), after as (${verdicts(5)}),
       known as (select distinct on (item_id) item_id, cluster from analysis_failures
         where analysis_id = $9 and coalesce(run_id, $10) = $10 order by item_id, ordinal)
     select after.item_id, before.passed as passed_before, after.passed as passed_after, known.cluster
     from before join after using (item_id) left join known using (item_id)
     where before.passed is not null and after.passed is not null order by after.ordinal`,
    [...valuesOf(before), ...valuesOf(after), both.analysisId, before.run_id],
  );
  if (rows.length === 0)
    throw new AssayError('conflict', {
      what: `Judge runs ${before.judge_run_id} and ${after.judge_run_id} share no item that has a verdict in both`,
      remedy: 'Judge a run over the test set of the analysis; pairs of answers have no verdict of their own.',
    });
  const models = await modelsOf(q, [before.run_id, after.run_id]);
  return {
    before: { judge_run_id: before.judge_run_id, model_id: models.get(before.run_id)! },
    after: { judge_run_id: after.judge_run_id, model_id: models.get(after.run_id)! },
    items: rows.map((row) => ({
      itemId: row.item_id,
      failedBefore: !row.passed_before,
      failedAfter: !row.passed_after,
      clusterBefore: row.passed_before ? null : row.cluster,
      clusterAfter: null,
    })),
    notes: notesOn(before, after),
  };
}

const valuesOf = (run: JudgeRunRow): unknown[] => [run.judge_run_id, countingJudge(run), run.version_id, run.threshold];

async function checkedRuns(q: PoolClient, { analysisId, beforeJudgeRunId, afterJudgeRunId }: Both) {
  const analysis = await selectAnalysis(q, analysisId);
  const before = await selectJudgeRun(q, beforeJudgeRunId);
  const after = await selectJudgeRun(q, afterJudgeRunId);
  const conflict = (what: string, remedy: string) => new AssayError('conflict', { what, remedy });
  // One that was made of a file has no judge runs of its own.
  if (analysis.judge_run_ids.length > 0 && !analysis.judge_run_ids.includes(beforeJudgeRunId))
    throw conflict(
      `Judge run ${beforeJudgeRunId} is none of those that analysis ${analysisId} was made of`,
      `Give one of ${analysis.judge_run_ids.join(', ')}.`,
    );
  if (beforeJudgeRunId === afterJudgeRunId)
    throw conflict(`Judge run ${beforeJudgeRunId} cannot be compared with itself`, 'Give a judge run of a later run.');
  if (before.dataset_id !== after.dataset_id)
    throw conflict(
      `Judge run ${before.judge_run_id} is over dataset ${before.dataset_id}, ${after.judge_run_id} over ${after.dataset_id}`,
      'Run the later model over the test set of the analysis, and judge that.',
    );
  return [before, after] as const;
}

async function modelsOf(q: PoolClient, runIds: string[]): Promise<Map<string, string>> {
  const { rows } = await q.query<{ run_id: string; model_id: string }>(
    'select run_id, model_id from runs where run_id = any ($1)',
    [runIds],
  );
  return new Map(rows.map((row) => [row.run_id, row.model_id]));
}

function notesOn(before: JudgeRunRow, after: JudgeRunRow): string[] {
  const how = (run: JudgeRunRow) => `${countingJudge(run)} (${run.mode}, passing from ${run.threshold})`;
  const rubric = ({ rubric_id, rubric_version, settings }: JudgeRunRow) =>
    JSON.stringify([rubric_id, rubric_version, settings.criteria, settings.rules]);
  const going = [before, after].filter(({ status }) => status === 'running');
  return [
    ...(how(before) === how(after)
      ? []
      : [`Before was judged by ${how(before)}, after by ${how(after)}: a change may be the judge's.`]),
    ...(rubric(before) === rubric(after)
      ? []
      : ['The two were judged by different criteria or rules: a change may be theirs.']),
    ...(before.version_id === after.version_id
      ? []
      : ['The two are over different versions of the dataset: items are matched by their ids, and may have changed.']),
    ...going.map(
      ({ judge_run_id: id }) => `Judge run ${id} is under way: items without a verdict so far are left out.`,
    ),
  ];
}
