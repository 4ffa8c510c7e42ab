/** Reads runs: one, a page of them newest first, and those that are queued or running with their progress. */

import { finalStatuses } from '../contracts/openai-batch.ts';
import type { ActiveRun, RunObject } from '../contracts/runs.ts';
import { idText, newestVersion } from '../datasets/version-items.ts';
import type { RunDeps } from './deps.ts';
import { isLive, type RunRow, selectRun, selectRuns, statusOf, toRunObject } from './run-row.ts';

/** Live runs shown at most. */
const activeMost = 200;

/** @throws AssayError not_found */
export async function getRun(deps: RunDeps, userId: string, runId: string): Promise<RunObject> {
  return describeRun(deps, await deps.db.asUser(userId, (q) => selectRun(q, runId)));
}

/** A page after the run `after`. @throws AssayError not_found for the dataset or the run */
export async function listRuns(
  deps: RunDeps,
  userId: string,
  query: { datasetId?: string; after?: string; limit: number },
): Promise<{ data: RunObject[]; has_more: boolean }> {
  const rows = await deps.db.asUser(userId, async (q) => {
    if (query.datasetId !== undefined) await newestVersion(q, userId, query.datasetId);
    if (query.after !== undefined) await selectRun(q, query.after);
    // The cursor's created_at is compared inside the database: a JavaScript date drops its microseconds.
    return selectRuns(
      q,
      `r.user_id = $1 and ($2::text is null or r.dataset_id = $2)
         and ($3::text is null or (r.created_at, r.run_id) < ((select created_at from runs where run_id = $3), $3))
       order by r.created_at desc, r.run_id desc limit $4`,
      [
        userId,
        query.datasetId === undefined ? null : idText(query.datasetId),
        query.after === undefined ? null : idText(query.after),
        query.limit + 1,
      ],
    );
  });
  const page = rows.slice(0, query.limit);
  return { data: await Promise.all(page.map((row) => describeRun(deps, row))), has_more: rows.length > query.limit };
}

/** Only a batch that runs without a first answer has to be asked whether requests are out. */
async function describeRun(deps: RunDeps, run: RunRow): Promise<RunObject> {
  const unsure = run.batch_status === 'in_progress' && run.completed! + run.failed! === 0;
  const inFlight = unsure ? (await deps.batches.metrics(run.user_id, run.batch_id!)).rows.in_flight : 0;
  return toRunObject(run, inFlight);
}

/** Runs that wait or work, oldest first. */
export async function activeRuns(deps: RunDeps, userId: string): Promise<ActiveRun[]> {
  const rows = await deps.db.asUser(userId, (q) =>
    selectRuns(
      q,
      `r.user_id = $1 and r.source = 'batch' and (r.batch_id is null or not b.status = any ($2))
       order by r.created_at, r.run_id limit ${activeMost}`,
      [userId, finalStatuses],
    ),
  );
  return Promise.all(rows.filter(isLive).map((row) => progressOf(deps, row)));
}

async function progressOf(deps: RunDeps, run: RunRow): Promise<ActiveRun> {
  const known = {
    id: run.run_id,
    model_id: run.model_id,
    dataset_id: run.dataset_id,
    batch_id: run.batch_id,
    total: run.total,
  };
  if (run.batch_id === null) return { ...known, ...waitingFor('its requests are being written') };
  const metrics = await deps.batches.metrics(run.user_id, run.batch_id);
  const { completed, failed, in_flight } = metrics.rows;
  const done = completed + failed;
  return {
    ...known,
    status: statusOf({ ...run, batch_status: metrics.status, completed, failed }, in_flight),
    progress: run.total === 0 ? 0 : Math.min(100, Math.round((done / run.total) * 1000) / 10),
    completed,
    failed,
    throughput: metrics.rate.completion_tokens_per_s,
    prompt_tokens_per_s: metrics.rate.prompt_tokens_per_s,
    cached_share: metrics.prefix.saved,
    eta_seconds: metrics.eta_seconds,
    waiting: metrics.status === 'cancelling' ? 'it is being cancelled' : (metrics.waiting?.reason ?? null),
  };
}

const waitingFor = (waiting: string) => ({
  status: 'queued' as const,
  progress: 0,
  completed: 0,
  failed: 0,
  throughput: 0,
  prompt_tokens_per_s: 0,
  cached_share: null,
  eta_seconds: null,
  waiting,
});
