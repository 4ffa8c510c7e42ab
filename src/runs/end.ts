/** Ends, retries and deletes runs. */

import { finalStatuses } from '../contracts/openai-batch.ts';
import { AssayError } from '../errors.ts';
import type { RunDeps, VersionOf } from './deps.ts';
import { isLive, type RunRow, selectRun, selectRuns } from './run-row.ts';
import { deleteRun } from './supersede.ts';

const versionOf = (run: RunRow): VersionOf => ({
  userId: run.user_id,
  datasetId: run.dataset_id,
  versionId: run.version_id,
});

/** Ends a run early; what is answered stays. @throws AssayError not_found, conflict */
export async function cancelRun(deps: RunDeps, userId: string, runId: string): Promise<void> {
  const run = await deps.db.asUser(userId, (q) => selectRun(q, runId));
  await deps.batches.cancel(userId, batchOf(run, 'cancelled'));
}

/** Asks for the failed answers of an ended run again. @throws AssayError not_found, conflict */
export async function retryRun(deps: RunDeps, userId: string, runId: string): Promise<void> {
  const run = await deps.db.asUser(userId, (q) => selectRun(q, runId));
  const batchId = batchOf(run, 'retried');
  await deps.batches.retry(userId, batchId);
  await forgetFailures(deps, run, batchId);
}

/** Takes the failed answers away whose requests run again, unless a new answer has landed in the meantime. */
async function forgetFailures(deps: RunDeps, run: RunRow, batchId: string): Promise<void> {
  await deps.db.asUser(run.user_id, async (q) => {
    await deps.takeTurn(q);
    const { rows } = await q.query<{ ordinal: number }>(
      `with places as (
         select f.ordinal, coalesce(i.line, f.ordinal + 1)::integer as line from answers f
         left join (select u.ordinal, u.line from runs r, unnest(r.items) with ordinality as u (ordinal, line) where r.run_id = $1) i
           on i.ordinal = f.ordinal
         where f.run_id = $1 and not f.ok
       )
       delete from answers a using places p where a.run_id = $1 and a.ordinal = p.ordinal and not a.ok
         and not exists (select from results x where x.batch_id = $2 and x.line = p.line)
       returning a.ordinal`,
      [run.run_id, batchId],
    );
    const ordinals = rows.map((row) => row.ordinal).sort((a, b) => a - b);
    for (let from = 0; from < ordinals.length; from += 1000) {
      await deps.refreshItems(q, versionOf(run), ordinals.slice(from, from + 1000));
    }
  });
}

/** Deletes a run with its answers; one that still runs is cancelled. @throws AssayError not_found */
export async function removeRun(deps: RunDeps, userId: string, runId: string): Promise<void> {
  const run = await deps.db.asUser(userId, (q) => selectRun(q, runId));
  if (isLive(run)) {
    const batchId = run.batch_id ?? (await batchMadeFor(deps, userId, runId));
    if (batchId !== null) await stopBatch(deps, userId, batchId);
  }
  await deleteRun(deps, { ...versionOf(run), runId, modelId: run.model_id });
}

/** The batch that was made for a run, whether or not the run's row knows it yet. */
export async function batchMadeFor(deps: RunDeps, userId: string, runId: string): Promise<string | null> {
  const made = await deps.batches.list(userId, { limit: 1, metadata: { assay_run_id: runId } });
  return made.data[0]?.id ?? null;
}

/** Cancels a batch, unless it has ended. */
export async function stopBatch(deps: RunDeps, userId: string, batchId: string): Promise<void> {
  await deps.batches.cancel(userId, batchId).catch((error: unknown) => {
    if (!(error instanceof AssayError) || error.code !== 'conflict') throw error;
  });
}

/**
 * Ends the batches of runs whose place in the grid `by` has taken; what they have answered stays. A run whose batch is still
 * being made ends it when it is there. A fault goes to the log, and the next start tries again.
 */
export async function stopSuperseded(deps: RunDeps, { userId, by }: { userId: string; by: string }): Promise<void> {
  await stopAll(deps, await deps.db.asUser(userId, (q) => selectRuns(q, 'r.superseded_by = $1', [by])));
}

/** The same for all superseded runs that still work; for the start of the server. */
export async function stopAllSuperseded(deps: RunDeps): Promise<void> {
  const condition = 'r.superseded_by is not null and not b.status = any ($1)';
  await stopAll(deps, await deps.db.asSystem((q) => selectRuns(q, condition, [finalStatuses])));
}

async function stopAll(deps: RunDeps, runs: RunRow[]): Promise<void> {
  for (const run of runs) {
    if (run.batch_id === null || !isLive(run)) continue;
    await stopBatch(deps, run.user_id, run.batch_id).catch((error: Error) =>
      deps.log.warn({ run: run.run_id, problem: error.message }, 'a superseded run works on until the next start'),
    );
  }
}

function batchOf(run: RunRow, what: 'cancelled' | 'retried'): string {
  if (run.source === 'import') {
    throw new AssayError('conflict', {
      what: `Benchmark ${run.run_id} holds answers that were imported; it cannot be ${what}`,
      remedy: 'Import a newer file, or remove it.',
    });
  }
  if (run.batch_id === null) {
    throw new AssayError('conflict', {
      what: `The batch of benchmark ${run.run_id} is still being made`,
      remedy: 'Try again in a moment.',
    });
  }
  return run.batch_id;
}
