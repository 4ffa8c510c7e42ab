/** Does the steps of an analysis one after the other; what was done with the same inputs is not done again. */

import { createHash } from 'node:crypto';
import { type AnalysisStep, analysisSteps } from '../../contracts/analyses.ts';
import type { Tell } from '../asks/ask.ts';
import { openAsk } from '../asks/open-ask.ts';
import { clusterStep } from '../steps/cluster.ts';
import { generateStep } from '../steps/generate.ts';
import { judgeStep } from '../steps/judge.ts';
import { labelStep } from '../steps/label.ts';
import { outputsStep } from '../steps/outputs.ts';
import type { AnalysisColumns, AtStep, Begun, Outcome, Step } from '../steps/step.ts';
import { testSetStep } from '../steps/test-set.ts';
import type { AnalysisDeps } from './analysis-deps.ts';
import { type AnalysisRow, selectAnalysis, selectSteps } from './analysis-row.ts';

/** How often progress is written, in ms. */
const tellMs = 1000;

const steps: Step[] = [testSetStep, outputsStep, judgeStep, clusterStep, labelStep, generateStep];

/** Which analysis, and what ends the work on it. */
export interface Work {
  userId: string;
  analysisId: string;
  signal: AbortSignal;
}

/** Brings the analysis to its end. @throws what keeps a step from its end; done steps stay done */
export async function drive(deps: AnalysisDeps, work: Work): Promise<void> {
  for (const step of steps) {
    work.signal.throwIfAborted();
    const at = await atStep(deps, work, step.name);
    if (!step.wanted(at.analysis)) {
      await deps.db.asUser(work.userId, (q) =>
        q.query(`update analysis_steps set status = 'skipped' where analysis_id = $1 and step = $2`, [
          work.analysisId,
          step.name,
        ]),
      );
      continue;
    }
    const hash = await hashOf(step, at);
    const done = at.row.status === 'done' || at.row.status === 'reused';
    if (done && at.row.inputs_hash?.equals(hash)) continue;
    await doStep(step, at, { work, hash });
  }
  await deps.db.asUser(work.userId, (q) =>
    q.query(
      `update analyses set status = 'completed', problem = null, ended_at = now() where analysis_id = $1 and status = 'running'`,
      [work.analysisId],
    ),
  );
}

/** Ends what the steps of an analysis have under way in other rooms. */
export async function endSteps(deps: AnalysisDeps, analysis: AnalysisRow): Promise<void> {
  for (const step of steps) {
    const at = await atStep(deps, { userId: analysis.user_id, analysisId: analysis.analysis_id }, step.name);
    if (at.row.status === 'running') await step.end?.(at);
  }
}

async function atStep(
  deps: AnalysisDeps,
  { userId, analysisId }: Pick<Work, 'userId' | 'analysisId'>,
  name: AnalysisStep,
): Promise<AtStep> {
  return deps.db.asUser(userId, async (q) => {
    const analysis = await selectAnalysis(q, analysisId);
    const rows = await selectSteps(q, [analysisId]);
    return { deps, analysis, row: rows[analysisSteps.indexOf(name)]! };
  });
}

/** A step that is to be done anew takes in how often, so that nothing of before is taken. */
async function hashOf(step: Step, at: AtStep): Promise<Buffer> {
  const inputs = [step.name, anewOf(at), await step.inputs(at)];
  return createHash('sha256').update(JSON.stringify(inputs)).digest();
}

const anewOf = ({ analysis, row }: AtStep): string | null =>
  row.anew === 0 ? null : `${analysis.analysis_id} ${row.anew}`;

async function doStep(step: Step, at: AtStep, { work, hash }: { work: Work; hash: Buffer }): Promise<void> {
  const { deps } = at;
  const begun = await begin(step, at, { work, hash });
  const { tell, settled } = openTell(deps, { ...work, step: step.name });
  const ask = openAsk(deps, {
    ...work,
    step: step.name,
    anew: anewOf(at),
    waiting: ({ purpose, done, total }) => tell({ done, total, note: purpose }),
  });
  try {
    const outcome = await step.run({ ...begun, hands: { ask, tell, signal: work.signal } });
    await deps.db.asUser(work.userId, (q) =>
      q.query('update analyses set problem = null where analysis_id = $1 and problem is not null', [work.analysisId]),
    );
    await settled();
    await end(step, begun, outcome);
  } catch (error) {
    await settled();
    throw error;
  }
}

async function begin(
  step: Step,
  at: AtStep,
  { work, hash }: { work: Work; hash: Buffer },
): Promise<Omit<Begun, 'hands'>> {
  const { deps, analysis } = at;
  return deps.db.asUser(work.userId, async (q) => {
    const { rows } = await q.query<{ started_at: Date }>(
      `update analysis_steps set status = 'running', ended_at = null, note = null, done = 0, total = null, inputs_hash = $3,
         started_at = case when inputs_hash = $3 and started_at is not null then started_at else now() end
       where analysis_id = $1 and step = $2 returning started_at`,
      [analysis.analysis_id, step.name, hash],
    );
    const { rows: earlier } = await q.query<AnalysisRow>(
      `select a.* from analysis_steps s join analyses a using (analysis_id)
       where s.user_id = $1 and s.step = $2 and s.inputs_hash = $3 and s.status in ('done', 'reused') and s.analysis_id <> $4
       order by s.ended_at desc limit 1`,
      [work.userId, step.name, hash, analysis.analysis_id],
    );
    return {
      ...at,
      since: rows[0]!.started_at,
      earlier: earlier[0] ?? null,
      set: (columns) => setColumns(at, columns),
    };
  });
}

async function setColumns({ deps, analysis }: AtStep, columns: AnalysisColumns): Promise<void> {
  Object.assign(analysis, columns);
  const names = Object.keys(columns) as (keyof AnalysisColumns)[];
  const values = names.map((name) => {
    const value = columns[name];
    return name === 'vectors' || name === 'targeted_stats' ? JSON.stringify(value) : value;
  });
  await deps.db.asUser(analysis.user_id, (q) =>
    q.query(
      `update analyses set ${names.map((name, at) => `${name} = $${at + 2}`).join(', ')} where analysis_id = $1`,
      [analysis.analysis_id, ...values],
    ),
  );
}

/** Counts what it asked models for this analysis: its asks, and what it had others ask. */
async function end(step: Step, { deps, analysis }: AtStep, outcome: Outcome): Promise<void> {
  const { calls, prompt, completion, cost } = outcome.spent ?? { calls: 0, prompt: 0, completion: 0, cost: 0 };
  await deps.db.asUser(analysis.user_id, (q) =>
    q.query(
      `update analysis_steps set status = $3, counts = $4, note = $5, outcome = $6, ended_at = now(),
         calls = $7 + asked.calls, prompt_tokens = $8 + asked.prompt, completion_tokens = $9 + asked.completion, cost = $10 + asked.cost
       from (select coalesce(sum(calls), 0)::int as calls, coalesce(sum(prompt_tokens), 0) as prompt,
               coalesce(sum(completion_tokens), 0) as completion,
               case when count(*) = count(cost) then coalesce(sum(cost), 0) end as cost
             from analysis_asks where analysis_id = $1 and step = $2) as asked
       where analysis_id = $1 and step = $2`,
      [
        analysis.analysis_id,
        step.name,
        outcome.reused ? 'reused' : 'done',
        JSON.stringify(outcome.counts),
        outcome.note ?? null,
        outcome.outcome === undefined ? null : JSON.stringify(outcome.outcome),
        calls,
        prompt,
        completion,
        cost,
      ],
    ),
  );
}

/** Writes progress now and then; `settled` waits for the last writing. What cannot be written is left out. */
function openTell(
  deps: AnalysisDeps,
  of: Pick<Work, 'userId' | 'analysisId'> & { step: AnalysisStep },
): { tell: Tell; settled(): Promise<void> } {
  let last = 0;
  let writing: Promise<unknown> = Promise.resolve();
  const tell: Tell = ({ done, total, note }) => {
    if (Date.now() - last < tellMs) return;
    last = Date.now();
    const write = () =>
      deps.db.asUser(of.userId, (q) =>
        q.query(
          `update analysis_steps set done = $3, total = coalesce($4, total), note = coalesce($5, note) where analysis_id = $1 and step = $2`,
          [of.analysisId, of.step, done, total ?? null, note ?? null],
        ),
      );
    writing = writing.then(write).catch(() => undefined);
  };
  return { tell, settled: async () => void (await writing) };
}
