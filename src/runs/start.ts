/** Starts runs: writes their rows, makes the batch of each, and finishes after a kill what had been begun. */

import type { PoolClient } from 'pg';
import { CONTEXT_KEY } from '../contracts/context.ts';
import type { ModelSpec } from '../contracts/models.ts';
import { REUSE_KEY } from '../contracts/reuse.ts';
import type { NewRun } from '../contracts/runs.ts';
import { AssayError } from '../errors.ts';
import { createFile } from '../files/create.ts';
import { discard } from '../files/store.ts';
import type { RunDeps } from './deps.ts';
import { batchMadeFor, removeRun, stopBatch, stopSuperseded } from './end.ts';
import { planRun, type RunPlan, type RunSettings } from './plan.ts';
import { selectRun } from './run-row.ts';
import { insertRuns, isShown, type NewRunRow, newRunId, refreshAnswered } from './supersede.ts';
import { type StagedRequests, stageRequests } from './write-requests.ts';

/** Ids of the runs, one a model in the order asked. Throws model_not_found, and what {@link planRun} throws; then none began. */
export async function startRuns(deps: RunDeps, userId: string, asked: NewRun): Promise<string[]> {
  const models = await askedModels(deps, userId, asked);
  return launch(deps, await planRun(deps, userId, asked), models);
}

/** The models a run names, each once. @throws AssayError model_not_found, invalid_parameter when it names none */
export async function askedModels(deps: RunDeps, userId: string, asked: NewRun): Promise<ModelSpec[]> {
  const named = asked.model_ids ?? (asked.model_id === undefined ? [] : [asked.model_id]);
  if (named.length === 0) {
    const values = {
      param: 'model_id',
      problem: 'name a model with model_id, or several with model_ids',
      value: 'none',
    };
    throw new AssayError('invalid_parameter', values, { param: 'model_id' });
  }
  if (asked.column !== undefined && new Set(named).size > 1) {
    const values = {
      param: 'column',
      problem: 'a column holds one model; start the others apart',
      value: asked.column,
    };
    throw new AssayError('invalid_parameter', values, { param: 'column' });
  }
  const models: ModelSpec[] = [];
  for (const model of new Set(named)) models.push(await deps.models.find(userId, model));
  return models;
}

/** The same run over the same items once more, each asked anew. @throws AssayError not_found, conflict for imported answers, model_not_found */
export async function runAgain(deps: RunDeps, userId: string, runId: string): Promise<string> {
  const { run, items } = await deps.db.asUser(userId, async (q) => ({
    run: await selectRun(q, runId),
    items: await itemsOfRun(q, runId),
  }));
  if (run.source === 'import') {
    throw new AssayError('conflict', {
      what: `Benchmark ${runId} holds answers that were imported`,
      remedy: 'Import the newer file; it takes the place of this one.',
    });
  }
  const settings = run.settings as unknown as RunSettings;
  const model = await deps.models.find(userId, settings.model ?? run.model_id);
  const plan: RunPlan = {
    userId,
    datasetId: run.dataset_id,
    versionId: run.version_id,
    items,
    total: run.total,
    settings: { ...settings, reuse: false },
  };
  return (await launch(deps, plan, [model]))[0]!;
}

async function itemsOfRun(q: PoolClient, runId: string): Promise<number[] | null> {
  const { rows } = await q.query<{ items: number[] | null }>('select items from runs where run_id = $1', [runId]);
  return rows[0]?.items ?? null;
}

async function launch(deps: RunDeps, plan: RunPlan, models: ModelSpec[]): Promise<string[]> {
  // Whatever is wrong with the items or the template shows here, before anything is kept.
  const first = await stageRequests(deps, plan, models[0]!.id);
  const runs = models.map(({ id, price }) => ({
    ...plan,
    settings: { ...plan.settings, price: price ?? null, model: id },
    modelId: plan.settings.column ?? id,
    runId: newRunId(),
    source: 'batch' as const,
  }));
  try {
    await deps.db.asUser(plan.userId, (q) => insertRuns(q, runs));
    for (const [place, run] of runs.entries()) {
      await send(deps, run, place === 0 ? first : await stageRequests(deps, plan, run.settings.model));
    }
  } catch (error) {
    for (const run of runs) await takeBack(deps, run);
    throw error;
  } finally {
    await discard(first.staged);
  }
  return runs.map((run) => run.runId);
}

/** A run that cannot be taken back either (the database is gone) is finished at the next start, see {@link resumeStarts}. */
async function takeBack(deps: RunDeps, run: NewRunRow): Promise<void> {
  await removeRun(deps, run.userId, run.runId).catch((error: unknown) => {
    if (error instanceof AssayError && error.code === 'not_found') return;
    deps.log.warn({ run: run.runId, problem: (error as Error).message }, 'a run that failed to start stays');
  });
}

/** Makes the file and the batch of a run whose row stands. Called again for the same run it finds what it made before. */
async function send(deps: RunDeps, run: RunPlan & { runId: string; modelId: string }, requests: StagedRequests) {
  const { userId, runId } = run;
  const repeat = { key: `run/${runId}`, retryCount: 0, arrivedAt: new Date() };
  const file = await createFile(deps.db, deps.store, {
    userId,
    filename: `${runId}.jsonl`,
    purpose: 'batch',
    expiresSeconds: deps.limits.inputFileSeconds,
    staged: requests.staged,
    repeat: { ...repeat, windowSeconds: deps.limits.repeatWindowSeconds },
  });
  const { rows } = await deps.db.asUser(userId, (q) =>
    q.query<{ run_id: string }>('select run_id from runs where superseded_by = $1', [runId]),
  );
  if (rows.length > 0) {
    await refreshAnswered(
      deps,
      run,
      rows.map((former) => former.run_id),
    );
  }
  const batch = await deps.batches.create(
    userId,
    {
      input_file_id: file.fileId,
      endpoint: requests.endpoint as '/v1/chat/completions',
      completion_window: deps.limits.completionWindow,
      metadata: {
        assay_run_id: runId,
        assay_dataset: run.datasetId,
        assay_version: run.versionId,
        assay_priority: String(run.settings.priority),
        ...(run.settings.context ? { [CONTEXT_KEY]: run.settings.context } : {}),
        ...(run.settings.reuse ? { [REUSE_KEY]: 'true' } : {}),
      },
    },
    repeat,
  );
  await linkBatch(deps, { userId, runId }, batch.id);
  // The batch may have been taken in with all its answers before the run was known by it.
  if (run.settings.reuse) deps.deriveMissing({ userId, runId });
  await stopSuperseded(deps, { userId, by: runId });
}

/** A run that was deleted or superseded while its batch was made ends the batch. */
async function linkBatch(deps: RunDeps, run: { userId: string; runId: string }, batchId: string): Promise<void> {
  const { rows } = await deps.db.asUser(run.userId, (q) =>
    q.query<{ superseded_by: string | null }>(
      `update runs set batch_id = $2 where run_id = $1 and (batch_id is null or batch_id = $2) returning superseded_by`,
      [run.runId, batchId],
    ),
  );
  if (rows[0]?.superseded_by !== null) await stopBatch(deps, run.userId, batchId);
}

interface BegunRun {
  run_id: string;
  user_id: string;
  dataset_id: string;
  version_id: string;
  model_id: string;
  items: number[] | null;
  total: number;
  settings: RunSettings;
}

/** Finishes the runs that a killed server had written but not sent; gives how many. */
export async function resumeStarts(deps: RunDeps): Promise<number> {
  const { rows } = await deps.db.asSystem((q) =>
    q.query<{ run_id: string; user_id: string }>(
      `select run_id, user_id from runs r where source = 'batch' and batch_id is null and ${isShown('r')} order by created_at`,
    ),
  );
  for (const { run_id, user_id } of rows) {
    await resume(deps, user_id, run_id).catch((error: Error) =>
      deps.log.warn({ run: run_id, problem: error.message }, 'a run could not be resumed; the next start tries again'),
    );
  }
  return rows.length;
}

async function resume(deps: RunDeps, userId: string, runId: string): Promise<void> {
  const row = await deps.db.asUser(userId, async (q) => {
    const { rows } = await q.query<BegunRun>(
      `select run_id, user_id, dataset_id, version_id, model_id, items, total, settings from runs
       where run_id = $1 and batch_id is null`,
      [runId],
    );
    return rows[0];
  });
  if (row === undefined) return;
  // Longer ago than repeats are remembered only the metadata tells that the batch was made.
  const made = await batchMadeFor(deps, userId, runId);
  if (made !== null) return linkBatch(deps, { userId, runId }, made);
  const run = {
    userId,
    runId,
    datasetId: row.dataset_id,
    versionId: row.version_id,
    modelId: row.model_id,
    items: row.items,
    total: row.total,
    settings: row.settings,
  };
  const requests = await stageRequests(deps, run, run.settings.model ?? run.modelId);
  try {
    await send(deps, run, requests);
  } finally {
    await discard(requests.staged);
  }
  deps.log.info({ run: runId }, 'run resumed');
}
