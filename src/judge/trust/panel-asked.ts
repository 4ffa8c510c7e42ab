/** Settles what a question about trust is about: whose verdicts, by which labels, at which threshold. */

import type { PoolClient } from 'pg';
import type { TrustQuery } from '../../contracts/trust.ts';
import { AssayError } from '../../errors.ts';
import { type JudgeRunRow, selectJudgeRun } from '../passes/judge-run-row.ts';
import { type LabelChoice, type Labels, labelsOf } from './panel-labels.ts';
import { judgesIn } from './panel-verdicts.ts';

/** What a question about trust comes to. */
export interface TrustAsked {
  run: JudgeRunRow;
  judges: string[];
  judge: string;
  threshold: number;
  labels: Labels;
}

/**
 * Settles whose verdicts are looked into and by which labels. A person's verdicts are held against those of other people.
 * @throws AssayError not_found (the run, or a judge run of people over the same answers), invalid_parameter (judge)
 */
export async function trustAsked(q: PoolClient, id: string, query: TrustQuery): Promise<TrustAsked> {
  const run = await selectJudgeRun(q, id);
  const judges = await judgesIn(q, run);
  const judge = query.judge ?? judges[0]!;
  if (!judges.includes(judge)) {
    const problem = `is none of the judges of ${run.judge_run_id}: ${judges.join(', ')}`;
    throw new AssayError('invalid_parameter', { param: 'judge', problem, value: judge }, { param: 'judge' });
  }
  const choice: LabelChoice = {
    labels: query.labels,
    ...(run.mode === 'human' ? { without: { judgeRunId: run.judge_run_id, judge } } : {}),
  };
  const labels = await labelsOf(q, run, choice);
  if (query.labels.startsWith('jr_') && !labels.sources.some((source) => source.labels === query.labels)) {
    const kind = `judge run of people over the answers of ${run.judge_run_id}`;
    const list = `/api/evaluation/runs?benchmark_id=${run.run_id}`;
    throw new AssayError('not_found', { kind, id: query.labels, list }, { param: 'labels' });
  }
  return { run, judges, judge, threshold: query.threshold ?? run.threshold, labels };
}
