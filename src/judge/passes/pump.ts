/** Looks after the judge runs that are under way: reads replies, plans the next answers, sends the next wave, ends what is done. */

import type { PoolClient } from 'pg';
import { callsLeft } from './budget.ts';
import { openBodies } from './call-bodies.ts';
import { openCalls } from './calls.ts';
import { shrinkCalls } from './check-agreement.ts';
import { endBatches } from './end-batches.ts';
import type { JudgeDeps } from './judge-deps.ts';
import { type JudgeRunRow, selectJudgeRun } from './judge-run-row.ts';
import { planAnswers } from './plan-answers.ts';
import { readReplies } from './read-replies.ts';
import { sendDue, sendWave } from './send-wave.ts';
import { scoredOrdinals, showScores } from './show-scores.ts';

/** Calls read in one transaction. */
const readAtOnce = 100;
/** Answers planned in one transaction. */
const planAtOnce = 500;

/** One turn of one judge run: everything that can be done now. Gives whether anything was. */
export async function turn(deps: JudgeDeps, userId: string, judgeRunId: string): Promise<boolean> {
  const moved = await deps.db.asUser(userId, async (q) => {
    const run = await heldRun(q, judgeRunId);
    if (run === null) return null;
    if (run.problem !== null)
      await q.query('update judge_runs set problem = null where judge_run_id = $1', [judgeRunId]);
    const { read, fatal, ordinals } = await readReplies(q, run, {
      retryMs: deps.limits.retryMs,
      limit: readAtOnce,
    });
    if (fatal !== null) {
      await end(q, run, { status: 'failed', problem: fatal });
      return { run, ordinals, busy: true, over: true, fatal: true };
    }
    if (read > 0) await shrinkCalls(q, run);
    const planned = await planMore(q, run, deps);
    const over = read === 0 && !planned.busy && (await endWhenDone(q, run, planned));
    return { run, ordinals: [...ordinals, ...planned.ordinals], busy: read > 0 || planned.busy, over, fatal: false };
  });
  if (moved !== null) await showScores(deps.db, moved.run, { ordinals: moved.ordinals });
  if (moved?.fatal) await endBatches(deps, userId, judgeRunId);
  if (moved === null || moved.over) return false;
  return (await sendCalls(deps, moved.run)) || moved.busy;
}

/** The run, its row held until the transaction ends; null when it has ended, or another server looks after it right now. */
async function heldRun(q: PoolClient, judgeRunId: string): Promise<JudgeRunRow | null> {
  const { rows } = await q.query<JudgeRunRow>(
    `select * from judge_runs where judge_run_id = $1 and status = 'running' for update skip locked`,
    [judgeRunId],
  );
  return rows[0] ?? null;
}

interface PlannedMore {
  /** Whether anything was planned or judged. */
  busy: boolean;
  /** Whether the budget keeps answers from being asked about. */
  bound: boolean;
  /** Answers that were judged without a call. */
  ordinals: number[];
}

/** Keeps a wave ahead: the next answers are planned when half of the last ones have their verdicts. */
async function planMore(q: PoolClient, run: JudgeRunRow, deps: JudgeDeps): Promise<PlannedMore> {
  const open = await openCalls(q, run.judge_run_id);
  if (open.answers > deps.limits.waveAnswers / 2) return { busy: false, bound: false, ordinals: [] };
  const left = callsLeft(run, { calls: open.planned + open.sent, readCalls: run.next_call - open.planned - open.sent });
  const limit = Math.min(planAtOnce, deps.limits.waveAnswers);
  const planned = await planAnswers(q, run, { deps, limit, calls: left });
  return { ...planned, busy: planned.landed > 0 && !planned.bound };
}

/** Sends what is planned, and what a killed server had numbered but not sent; of two servers one at a time. */
async function sendCalls(deps: JudgeDeps, run: JudgeRunRow): Promise<boolean> {
  return deps.db.asUser(run.user_id, async (q) => {
    const { rows } = await q.query<{ mine: boolean }>(
      'select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as mine',
      [`judge/${run.judge_run_id}`],
    );
    return rows[0]!.mine && sendWaves(deps, run);
  });
}

async function sendWaves(deps: JudgeDeps, run: JudgeRunRow): Promise<boolean> {
  let sent = false;
  const prepare = (calls: Parameters<typeof openBodies>[2]) =>
    deps.db.asUser(run.user_id, (q) => openBodies(q, run, calls));
  for (const { wave, judge } of await unsentWaves(deps, run)) {
    await sendWave(deps, run, { wave, judge, prepare });
    sent = true;
  }
  for (const judge of run.judges) {
    if ((await sendDue(deps, run, { judge, prepare })) !== null) sent = true;
  }
  return sent;
}

async function unsentWaves(deps: JudgeDeps, run: JudgeRunRow): Promise<{ wave: number; judge: string }[]> {
  const { rows } = await deps.db.asUser(run.user_id, (q) =>
    q.query<{ wave: number; judge: string }>(
      `select wave, min(judge) as judge from judge_calls where judge_run_id = $1 and state = 'sent' and batch_id is null
       group by wave order by wave`,
      [run.judge_run_id],
    ),
  );
  return rows;
}

/** Ends the run when no call is open and no answer is to come. */
async function endWhenDone(q: PoolClient, run: JudgeRunRow, planned: PlannedMore): Promise<boolean> {
  const open = await openCalls(q, run.judge_run_id);
  if (open.planned + open.sent > 0) return false;
  if (planned.bound) {
    const { judged, failed } = run;
    const problem = `the budget is used up after ${judged + failed} answers; the rest is not judged`;
    await end(q, run, { status: 'stopped_by_budget', problem });
    return true;
  }
  if (run.follows && (await isGoing(q, run.run_id))) return false;
  await end(q, run, { status: 'completed', problem: null });
  return true;
}

/** Whether a run may still get answers. */
async function isGoing(q: PoolClient, runId: string): Promise<boolean> {
  const { rows } = await q.query<{ going: boolean }>(
    `select r.source = 'batch' and coalesce(b.status not in ('completed', 'failed', 'expired', 'cancelled'), true) as going
     from runs r left join batches b using (batch_id) where r.run_id = $1`,
    [runId],
  );
  return rows[0]?.going ?? false;
}

async function end(q: PoolClient, run: JudgeRunRow, to: { status: JudgeRunRow['status']; problem: string | null }) {
  await q.query(`update judge_runs set status = $2, problem = $3, ended_at = now() where judge_run_id = $1`, [
    run.judge_run_id,
    to.status,
    to.problem,
  ]);
}

/** Why a judge run waits stands on it until it goes on. */
async function tellProblem(deps: JudgeDeps, on: { userId: string; id: string; problem: string }): Promise<void> {
  await deps.db.asUser(on.userId, (q) =>
    q.query(`update judge_runs set problem = $2 where judge_run_id = $1 and status = 'running'`, [
      on.id,
      `waits: ${on.problem}`,
    ]),
  );
}

export interface Pump {
  /** Looks after all judge runs now, and again while there is something to do. */
  wake(): void;
  stop(): Promise<void>;
}

/** Looks after judge runs every `pollMs`, and calls `before` each time; a fault of one (the database is away) is tried again at the next look. */
export function openPump(deps: JudgeDeps, before: () => Promise<void>): Pump {
  let stopped = false;
  let going: Promise<void> | null = null;
  /** Judge runs whose verdicts are all shown, but for those of the next turn: a killed server may have shown too few. */
  const shown = new Set<string>();
  const look = async (userId: string, id: string) => {
    if (!shown.has(id)) {
      const run = await deps.db.asUser(userId, (q) => selectJudgeRun(q, id));
      await showScores(deps.db, run, { ordinals: await scoredOrdinals(deps.db, run) });
      shown.add(id);
    }
    return turn(deps, userId, id);
  };
  const once = async () => {
    await before();
    const rows = await deps.db.look<{ judge_run_id: string; user_id: string }>(
      `select judge_run_id, user_id from judge_runs where status = 'running' order by created_at`,
    );
    for (const { judge_run_id: id, user_id: userId } of rows) {
      for (let busy = true; busy && !stopped; ) {
        busy = await look(userId, id).catch(async (error: Error) => {
          shown.delete(id);
          deps.log.warn({ judge_run: id, problem: error.message }, 'a judge run waits; it is looked after again');
          await tellProblem(deps, { userId, id, problem: error.message }).catch(() => undefined);
          return false;
        });
      }
    }
  };
  const wake = () => {
    if (stopped) return;
    going ??= once()
      .catch((error: Error) => deps.log.debug({ problem: error.message }, 'judge runs were not looked after'))
      .finally(() => (going = null));
  };
  const timer = setInterval(wake, deps.limits.pollMs);
  return {
    wake,
    async stop() {
      stopped = true;
      clearInterval(timer);
      await going;
    },
  };
}
