/** Takes up runs that asked to be judged while they go: each gets its judge run once, also after a kill. */

import { type LlmJudge, type NewJudgeRun, newJudgeRun } from '../contracts/judging.ts';
import { AssayError } from '../errors.ts';
import type { JudgeDeps } from './passes/judge-deps.ts';
import { insertJudgeRun } from './passes/judge-run-row.ts';
import { checkJudging, planJudging } from './start-judging.ts';

/** The judge run that an `llm_judge` stands for. */
export function followingOf({ enabled: _, ...asked }: LlmJudge, runId: string): NewJudgeRun {
  return newJudgeRun.parse({ ...asked, benchmark_id: runId });
}

/** @throws AssayError what the start of such a judge run would throw, before there is a run */
export const checkFollowing = (deps: JudgeDeps, userId: string, asked: LlmJudge): Promise<void> =>
  checkJudging(deps, userId, followingOf(asked, ''));

/** A judge that has gone since (its model was removed) is told in the log, and never keeps the run from its answers. */
export async function followRuns(deps: JudgeDeps): Promise<void> {
  const rows = await deps.db.look<{ run_id: string; user_id: string; asked: LlmJudge }>(
    `select r.run_id, r.user_id, r.settings->'llm_judge' as asked from runs r
     where r.settings->'llm_judge'->>'enabled' = 'true' and r.superseded_by is distinct from r.run_id
       and not exists (select from followed_runs f where f.run_id = r.run_id) order by r.created_at`,
  );
  for (const { run_id: runId, user_id: userId, asked } of rows) {
    const plan = await planJudging(deps, userId, { ...followingOf(asked, runId), follows: true }).catch(
      (error: unknown) => {
        if (!(error instanceof AssayError)) throw error;
        deps.log.warn({ run: runId, problem: error.message }, 'the answers of a run are not judged');
        return null;
      },
    );
    await deps.db.asUser(userId, async (q) => {
      const { rowCount } = await q.query(
        'insert into followed_runs (run_id, user_id) values ($1, $2) on conflict do nothing',
        [runId, userId],
      );
      if (rowCount === 1 && plan !== null) await insertJudgeRun(q, plan);
    });
  }
}
