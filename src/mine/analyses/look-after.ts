/** Looks after the analyses that are under way: each is held by one server, which does its steps and says that it still does. */

import { AssayError } from '../../errors.ts';
import type { AnalysisDeps } from './analysis-deps.ts';
import { selectAnalysis } from './analysis-row.ts';
import { drive, endSteps } from './drive.ts';

/** Why the work on an analysis stops short: it was cancelled or deleted, the server stops, or another server holds it. */
class LetGo extends Error {}

export interface LookAfter {
  /** Looks for analyses to do now. */
  wake(): void;
  /** Ends the work on one here, and what it has under way in other rooms. */
  end(userId: string, analysisId: string): Promise<void>;
  stop(): Promise<void>;
}

export function openLookAfter(deps: AnalysisDeps): LookAfter {
  const { db, limits, log } = deps;
  const working = new Map<string, { stop: AbortController; done: Promise<void> }>();
  let stopped = false;

  const take = async (): Promise<{ analysis_id: string; user_id: string }[]> => {
    const [seen] = await db.look<{ any: boolean }>(
      `select exists (select from analyses where status = 'running') as any`,
    );
    if (!seen!.any) return [];
    const { rows } = await db.asSystem((q) =>
      q.query<{ analysis_id: string; user_id: string }>(
        `update analyses set held_by = $1, held_until = now() + $2 * interval '1 millisecond'
         where status = 'running' and (held_by is null or held_by = $1 or held_until < now()) returning analysis_id, user_id`,
        [deps.holder, limits.heldMs],
      ),
    );
    return rows;
  };

  const work = async (userId: string, analysisId: string, signal: AbortSignal): Promise<void> => {
    try {
      await drive(deps, { userId, analysisId, signal });
    } catch (error) {
      if (signal.aborted) return;
      await stumble(deps, { userId, analysisId }, error as Error);
    }
  };

  /** Those held here that are no longer to be done are let go; new ones are begun. */
  const look = async (): Promise<void> => {
    const held = await take();
    const ids = new Set(held.map(({ analysis_id: id }) => id));
    for (const [id, { stop }] of working) if (!ids.has(id)) stop.abort(new LetGo(`${id} is not to be done here`));
    for (const { analysis_id: id, user_id: userId } of held) {
      if (working.has(id) || stopped) continue;
      const stop = new AbortController();
      const done = work(userId, id, stop.signal).finally(() => working.delete(id));
      working.set(id, { stop, done });
    }
  };

  let looking: Promise<void> | null = null;
  const wake = () => {
    if (stopped) return;
    looking ??= look()
      .catch((error: Error) => log.debug({ problem: error.message }, 'analyses were not looked after'))
      .finally(() => (looking = null));
  };
  const timer = setInterval(wake, Math.min(limits.pollMs, limits.heldMs / 3));
  return {
    wake,
    async end(userId, analysisId) {
      const here = working.get(analysisId);
      here?.stop.abort(new LetGo(`${analysisId} was ended`));
      await here?.done;
      await endWork(deps, userId, analysisId);
    },
    async stop() {
      stopped = true;
      clearInterval(timer);
      await looking;
      for (const { stop } of working.values()) stop.abort(new LetGo('the server stops'));
      await Promise.all([...working.values()].map(({ done }) => done));
    },
  };
}

/** It would come again at every try; what a database, a disk or an engine throws may pass. */
const isFaultOfProgram = (error: Error): boolean =>
  [TypeError, RangeError, ReferenceError, SyntaxError].some((kind) => error instanceof kind);

/** A fault that waiting does not mend ends the analysis; any other is told on it, and the step is tried again at the next look. */
async function stumble(
  { db, log }: AnalysisDeps,
  { userId, analysisId }: { userId: string; analysisId: string },
  error: Error,
): Promise<void> {
  const broken = isFaultOfProgram(error);
  const final = broken || (error instanceof AssayError && error.status < 500);
  const problem = broken ? `a fault of Assay itself: ${error.message}` : error.message;
  log.warn(
    { analysis: analysisId, problem, ...(broken ? { stack: error.stack } : {}) },
    final ? 'an analysis ended' : 'an analysis waits',
  );
  await db
    .asUser(userId, async (q) => {
      await q.query(
        `update analyses set status = $2, problem = $3, ended_at = case when $2 = 'failed' then now() end
         where analysis_id = $1 and status = 'running'`,
        [analysisId, final ? 'failed' : 'running', final ? problem : `waits: ${problem}`],
      );
      if (final) {
        await q.query(
          `update analysis_steps set status = 'failed', note = $2, ended_at = now() where analysis_id = $1 and status = 'running'`,
          [analysisId, problem],
        );
      }
    })
    .catch(() => undefined);
}

/** Ends the batches, runs and judge runs that work for it. */
async function endWork(deps: AnalysisDeps, userId: string, analysisId: string): Promise<void> {
  const { rows } = await deps.db.asUser(userId, (q) =>
    q.query<{ batch_id: string }>(
      `select batch_id from analysis_asks a join batches b using (batch_id)
       where a.analysis_id = $1 and b.status in ('validating', 'in_progress')`,
      [analysisId],
    ),
  );
  for (const { batch_id: id } of rows) {
    await deps.batches.cancel(userId, id).catch((error: unknown) => {
      if (!(error instanceof AssayError) || error.code !== 'conflict') throw error;
    });
  }
  await endSteps(deps, await deps.db.asUser(userId, (q) => selectAnalysis(q, analysisId)));
}
