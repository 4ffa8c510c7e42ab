/** The judge's room as the routes see it: each function with what it needs already in its hands. */

import type { Readable } from 'node:stream';
import type { JudgeEstimate, JudgeRunObject, LlmJudge, NewJudgeRun, NewRubric, Rubric } from '../contracts/judging.ts';
import type { JudgeSummary, Judgment, JudgmentQuery } from '../contracts/judgments.ts';
import { idText } from '../datasets/version-items.ts';
import { AssayError } from '../errors.ts';
import { estimateJudging } from './estimate-judging.ts';
import { type JudgeFile, judgeFile } from './figures/files.ts';
import { listJudgments } from './figures/list-judgments.ts';
import { objectOf, passedOf, summaryOf } from './figures/summary.ts';
import { checkFollowing, followRuns } from './follow-runs.ts';
import { endBatches } from './passes/end-batches.ts';
import type { JudgeDeps } from './passes/judge-deps.ts';
import { type JudgeRunRow, selectJudgeRun } from './passes/judge-run-row.ts';
import { openPump } from './passes/pump.ts';
import { scoredOrdinals, showScores } from './passes/show-scores.ts';
import { findRubric, keepRubric, listRubrics } from './rubrics/store-rubrics.ts';
import { planJudging, startJudging } from './start-judging.ts';

export interface Judging {
  rubrics(userId: string): Promise<Rubric[]>;
  rubric(userId: string, id: string, version?: number): Promise<Rubric>;
  /** A new rubric, or with `id` the next version of one. */
  keepRubric(userId: string, rubric: NewRubric, id?: string): Promise<Rubric>;
  /** Throws what keeps a run's answers from being judged while it goes, before there is a run. */
  checkFollowing(userId: string, asked: LlmJudge): Promise<void>;
  /** What such a judge run would take. */
  estimate(userId: string, asked: NewJudgeRun): Promise<JudgeEstimate>;
  start(userId: string, asked: NewJudgeRun & { follows?: boolean }): Promise<JudgeRunObject>;
  list(
    userId: string,
    query: { benchmarkId?: string; after?: string; limit: number },
  ): Promise<{ data: JudgeRunObject[]; has_more: boolean }>;
  get(userId: string, id: string): Promise<JudgeRunObject>;
  cancel(userId: string, id: string): Promise<JudgeRunObject>;
  /** Goes on with a run that a budget stopped or that was cancelled or failed, under a new budget when one is given. */
  resume(userId: string, id: string, budget?: NewJudgeRun['budget']): Promise<JudgeRunObject>;
  remove(userId: string, id: string): Promise<void>;
  summary(userId: string, id: string, threshold?: number): Promise<JudgeSummary>;
  judgments(userId: string, query: JudgmentQuery): Promise<{ data: Judgment[]; next: string | null }>;
  file(userId: string, of: { id: string; file: JudgeFile; threshold?: number }): Promise<Readable>;
  /** Looks after judge runs now. */
  wake(): void;
  stop(): Promise<void>;
}

/** Begins to look after the judge runs that are under way; `stop` ends that. */
export function openJudging(deps: JudgeDeps): Judging {
  const { db } = deps;
  const pump = openPump(deps, () => followRuns(deps));
  const get = (userId: string, id: string) =>
    db.asUser(userId, async (q) => {
      const run = await selectJudgeRun(q, id);
      return objectOf(q, run, await passedOf(q, run));
    });
  return {
    rubrics: (userId) => db.asUser(userId, listRubrics),
    rubric: (userId, id, version) => db.asUser(userId, (q) => findRubric(q, id, version)),
    keepRubric: (userId, rubric, id) => db.asUser(userId, (q) => keepRubric(q, userId, { ...rubric, id })),
    checkFollowing: (userId, asked) => checkFollowing(deps, userId, asked),
    estimate: (userId, asked) => estimateJudging(deps, userId, asked),
    async start(userId, asked) {
      const id = await startJudging(deps, await planJudging(deps, userId, asked));
      pump.wake();
      return get(userId, id);
    },
    list: (userId, query) => listJudgeRuns(deps, userId, query),
    get,
    async cancel(userId, id) {
      await cancelJudging(deps, userId, id);
      return get(userId, id);
    },
    async resume(userId, id, budget) {
      await resumeJudging(deps, userId, { id, budget });
      pump.wake();
      return get(userId, id);
    },
    async remove(userId, id) {
      const run = await db.asUser(userId, (q) => selectJudgeRun(q, id));
      if (run.status === 'running') await cancelJudging(deps, userId, id);
      await showScores(db, run, { ordinals: await scoredOrdinals(db, run), remove: true });
      await db.asUser(userId, (q) => q.query('delete from judge_runs where judge_run_id = $1', [id]));
    },
    summary: (userId, id, threshold) =>
      db.asUser(userId, async (q) => {
        const run = await selectJudgeRun(q, id);
        return summaryOf(q, run, threshold ?? run.threshold);
      }),
    judgments: (userId, query) =>
      db.asUser(userId, async (q) => listJudgments(q, await selectJudgeRun(q, query.judge_run_id), query)),
    file: (userId, of) => judgeFile(db, userId, of),
    wake: pump.wake,
    stop: pump.stop,
  };
}

async function listJudgeRuns(
  { db }: JudgeDeps,
  userId: string,
  query: { benchmarkId?: string; after?: string; limit: number },
): Promise<{ data: JudgeRunObject[]; has_more: boolean }> {
  return db.asUser(userId, async (q) => {
    const { rows } = await q.query<JudgeRunRow>(
      `select * from judge_runs where user_id = $1 and ($2::text is null or run_id = $2)
         and ($3::text is null or (created_at, judge_run_id) < (select created_at, judge_run_id from judge_runs where judge_run_id = $3))
       order by created_at desc, judge_run_id desc limit $4`,
      [
        userId,
        query.benchmarkId === undefined ? null : idText(query.benchmarkId),
        query.after === undefined ? null : idText(query.after),
        query.limit + 1,
      ],
    );
    const data: JudgeRunObject[] = [];
    for (const run of rows.slice(0, query.limit)) data.push(await objectOf(q, run, await passedOf(q, run)));
    return { data, has_more: rows.length > query.limit };
  });
}

/** Ends a judge run and its batches; the verdicts there are stay. @throws AssayError not_found, conflict */
async function cancelJudging(deps: JudgeDeps, userId: string, id: string): Promise<void> {
  await deps.db.asUser(userId, async (q) => {
    const run = await selectJudgeRun(q, id);
    if (run.status !== 'running') {
      throw new AssayError('conflict', {
        what: `Judge run ${id} has ended (${run.status}); it cannot be cancelled`,
        remedy: 'Delete it, or start another one.',
      });
    }
    await q.query(
      `update judge_runs set status = 'cancelled', ended_at = now() where judge_run_id = $1 and status = 'running'`,
      [id],
    );
  });
  await endBatches(deps, userId, id);
}

/** Calls whose batch was cancelled are made anew. @throws AssayError not_found, conflict */
async function resumeJudging(
  { db }: JudgeDeps,
  userId: string,
  { id, budget }: { id: string; budget: NewJudgeRun['budget'] },
): Promise<void> {
  await db.asUser(userId, async (q) => {
    const run = await selectJudgeRun(q, id);
    if (run.status === 'running' || run.status === 'completed' || run.source === 'import') {
      throw new AssayError('conflict', {
        what: `Judge run ${id} is ${run.status}; there is nothing to resume`,
        remedy: 'Start another one.',
      });
    }
    await q.query(
      `update judge_calls c set state = 'planned', wave = null, batch_id = null, line = null
       where c.judge_run_id = $1 and c.state = 'sent'
         and not exists (select from results r where r.batch_id = c.batch_id and r.line = c.line and r.ok)`,
      [id],
    );
    await q.query(
      `update judge_runs set status = 'running', problem = null, ended_at = null,
         settings = case when $2::jsonb is null then settings else jsonb_set(settings, '{budget}', $2::jsonb) end
       where judge_run_id = $1`,
      [id, budget === undefined ? null : JSON.stringify(budget)],
    );
  });
}
