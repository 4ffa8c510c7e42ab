/** The step "judge": has the answers of each run judged, or takes the judge runs that were named. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { JudgeRunObject, NewJudgeRun } from '../../contracts/judging.ts';
import { AssayError } from '../../errors.ts';
import type { AnalysisRow } from '../analyses/analysis-row.ts';
import type { Begun, Outcome, Step } from './step.ts';

export const judgeStep: Step = {
  name: 'judge',
  wanted: ({ source }) => source === 'assay',
  inputs: async ({ analysis }) => {
    const { judge_run_ids: named, judge } = analysis.settings;
    return named === undefined ? [analysis.run_ids, judge] : [named];
  },
  async run(begun) {
    const { analysis } = begun;
    const named = analysis.settings.judge_run_ids;
    if (named !== undefined) {
      await begun.set({ judge_run_ids: named });
      return { ...outcomeOf(await waitFor(begun, named)), reused: true };
    }
    const ids: string[] = [];
    for (const runId of analysis.run_ids) {
      ids.push((await judgeRunOf(begun, runId)) ?? (await startJudge(begun, runId)));
      await begun.set({ judge_run_ids: ids });
    }
    const reused = begun.earlier !== null && ids.every((id) => begun.earlier!.judge_run_ids.includes(id));
    const runs = await waitFor(begun, ids);
    return { ...outcomeOf(runs), reused, spent: spentBy(reused ? [] : runs) };
  },
  async end({ deps, analysis }) {
    if (analysis.settings.judge_run_ids !== undefined) return;
    for (const id of analysis.judge_run_ids) {
      const run = await deps.judging.get(analysis.user_id, id).catch(() => null);
      if (run?.status === 'running') await deps.judging.cancel(analysis.user_id, id);
    }
  },
};

/** What the judge run of a run is asked for. */
export const judgingOf = ({ settings }: Pick<AnalysisRow, 'settings'>, runId: string): NewJudgeRun => ({
  ...settings.judge,
  benchmark_id: runId,
});

/** A judge run that is there: of an earlier analysis with the same inputs, or begun for this one before a kill. */
async function judgeRunOf({ deps, analysis, earlier, since }: Begun, runId: string): Promise<string | null> {
  const begun = [...analysis.judge_run_ids, ...(await unlinked({ deps, analysis, since }, runId))];
  const { rows } = await deps.db.asUser(analysis.user_id, (q) =>
    q.query<{ judge_run_id: string; status: string }>(
      `select judge_run_id, status from judge_runs where run_id = $1 and user_id = $2 and source = 'assay' and mode = $3
         and (judge_run_id = any ($4) or (judge_run_id = any ($5) and created_at >= $6))
       order by created_at limit 1`,
      [runId, analysis.user_id, analysis.settings.judge.mode, earlier?.judge_run_ids ?? [], begun, since],
    ),
  );
  const run = rows[0];
  if (run === undefined) return null;
  if (run.status === 'cancelled' || run.status === 'failed' || run.status === 'stopped_by_budget')
    await deps.judging.resume(analysis.user_id, run.judge_run_id, analysis.settings.judge.budget);
  return run.judge_run_id;
}

/** Judge runs that a killed server had begun and not noted: of this run and these judges, since the step began. */
async function unlinked(
  { deps, analysis, since }: Pick<Begun, 'deps' | 'analysis' | 'since'>,
  runId: string,
): Promise<string[]> {
  const { judge_models: several, judge_model: one } = analysis.settings.judge;
  const judges = [...new Set(several ?? (one === undefined ? [] : [one]))];
  const { rows } = await deps.db.asUser(analysis.user_id, (q) =>
    q.query<{ judge_run_id: string }>(
      `select judge_run_id from judge_runs where run_id = $1 and created_at >= $2 and judges = $3 and not follows`,
      [runId, since, judges],
    ),
  );
  return rows.map(({ judge_run_id: id }) => id);
}

async function startJudge({ deps, analysis }: Begun, runId: string): Promise<string> {
  return (await deps.judging.start(analysis.user_id, judgingOf(analysis, runId))).id;
}

async function waitFor({ deps, analysis, hands }: Begun, ids: string[]): Promise<JudgeRunObject[]> {
  for (;;) {
    hands.signal.throwIfAborted();
    const runs = await Promise.all(ids.map((id) => deps.judging.get(analysis.user_id, id)));
    const done = runs.reduce((sum, run) => sum + run.judged + run.failed, 0);
    const total = runs.reduce((sum, run) => sum + Math.max(run.answers, run.judged + run.failed), 0);
    const problem = runs.find((run) => run.status === 'running' && run.problem !== null)?.problem ?? null;
    hands.tell({ done, total, note: problem });
    const bad = runs.find(({ status }) => status === 'failed' || status === 'cancelled');
    if (bad !== undefined) {
      throw new AssayError('conflict', {
        what: `Judge run ${bad.id} ${bad.status === 'failed' ? `failed: ${bad.problem}` : 'was cancelled'}`,
        remedy: 'Resume the analysis to go on with it.',
      });
    }
    if (runs.every(({ status }) => status !== 'running')) return runs;
    await sleep(deps.limits.pollMs, undefined, { signal: hands.signal }).catch(() => hands.signal.throwIfAborted());
  }
}

function outcomeOf(runs: JudgeRunObject[]): Outcome {
  const sum = (of: (run: JudgeRunObject) => number) => runs.reduce((all, run) => all + of(run), 0);
  const short = runs.find(({ status }) => status === 'stopped_by_budget');
  const unusable = sum(({ failed }) => failed);
  const notes = [
    ...(short === undefined ? [] : [`${short.id}: ${short.problem}`]),
    ...(unusable === 0 ? [] : [`${unusable} answers have no usable verdict; they count as no failures`]),
  ];
  return {
    counts: { judged: sum(({ judged }) => judged), passed: sum(({ passed }) => passed), unusable },
    note: notes.length === 0 ? null : notes.join('; '),
  };
}

function spentBy(runs: JudgeRunObject[]): Outcome['spent'] {
  const sum = (of: (run: JudgeRunObject) => number) => runs.reduce((all, run) => all + of(run), 0);
  return {
    calls: sum(({ calls }) => calls),
    prompt: sum((run) => run.prompt_tokens),
    completion: sum((run) => run.completion_tokens),
    cost: runs.some(({ cost }) => cost === null) ? null : sum(({ cost }) => cost ?? 0),
  };
}
