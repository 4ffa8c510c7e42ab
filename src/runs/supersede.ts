/** Puts a run in the place that an earlier run of its model has in the grid, and gives the place back when it goes. */

import { randomBytes } from 'node:crypto';
import type { PoolClient } from 'pg';
import { noDataset } from '../datasets/version-items.ts';
import type { RunDeps, VersionOf } from './deps.ts';

/** A run of a model over a version. */
export interface RunOf extends VersionOf {
  runId: string;
  modelId: string;
}

/** A run to be written; `items` as in the table. */
export interface NewRunRow extends RunOf {
  source: 'batch' | 'import';
  settings: object;
  total: number;
  items: number[] | null;
}

export const newRunId = (): string => `bm_${randomBytes(12).toString('hex')}`;

/** A run that is still being imported, or is being deleted, supersedes itself: no grid and no list shows it. */
export const isShown = (alias: string): string => `${alias}.superseded_by is distinct from ${alias}.run_id`;

/** Items whose state is recomputed in one transaction. */
const refreshRows = 500;

/** Of two who change which run of a model is the current one, the second waits until the first has committed. */
async function lockPlace(q: PoolClient, place: { versionId: string; modelId: string }): Promise<void> {
  await q.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`runs/${place.versionId}/${place.modelId}`]);
}

/** Writes runs, each as the current one of its model over its version. @throws AssayError not_found for the dataset */
export async function insertRuns(q: PoolClient, runs: NewRunRow[]): Promise<void> {
  // In the order of the models, so that two starts of the same models wait instead of dying of each other.
  for (const run of runs.toSorted((a, b) => (a.modelId < b.modelId ? -1 : 1))) await lockPlace(q, run);
  for (const run of runs) {
    await supersede(q, run);
    await insertRun(q, run, { shown: true });
  }
}

/** Writes a run, later than those written before in the transaction; one that is not shown has no place in the grid yet. @throws AssayError not_found for the dataset */
export async function insertRun(q: PoolClient, run: NewRunRow, { shown }: { shown: boolean }): Promise<void> {
  const values = [run.runId, run.userId, run.datasetId, run.versionId, run.modelId, run.source];
  await q
    .query(
      `insert into runs (run_id, user_id, dataset_id, version_id, model_id, source, settings, total, items, superseded_by, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, clock_timestamp())`,
      [...values, JSON.stringify(run.settings), run.total, run.items, shown ? null : run.runId],
    )
    .catch((error: { code?: string }) => {
      // The dataset has just been deleted.
      throw error.code === '23503' ? noDataset(run.datasetId) : error;
    });
}

async function supersede(q: PoolClient, run: RunOf): Promise<string | null> {
  const { rows } = await q.query<{ run_id: string }>(
    `update runs set superseded_by = $3 where version_id = $1 and model_id = $2 and superseded_by is null returning run_id`,
    [run.versionId, run.modelId, run.runId],
  );
  return rows[0]?.run_id ?? null;
}

/**
 * Gives a run that was not shown its place; gives the run that had it. `changed` are settings laid over its own. The
 * items of both are to be refreshed. Null when `unless` gives a run first, which is asked when nobody else can.
 */
export async function showRun<T>(
  q: PoolClient,
  run: RunOf,
  on: { changed: object; unless: () => Promise<T | null> },
): Promise<{ supersedes: string | null; instead: null } | { instead: T }> {
  await lockPlace(q, run);
  const instead = await on.unless();
  if (instead !== null) return { instead };
  const supersedes = await supersede(q, run);
  await q.query('update runs set superseded_by = null, settings = (settings::jsonb || $2)::json where run_id = $1', [
    run.runId,
    JSON.stringify(on.changed),
  ]);
  return { supersedes, instead: null };
}

/**
 * Deletes a run with its answers. What it had superseded gets what superseded it, so that this is the current run again
 * when the deleted one was. First it is hidden, then items are recomputed in blocks, last it goes: a kill in between
 * leaves a hidden run, for which this is called again.
 */
export async function deleteRun(deps: RunDeps, run: RunOf): Promise<void> {
  const refresh = await deps.db.asUser(run.userId, async (q) => {
    await lockPlace(q, run);
    const { rows } = await q.query<{ superseded_by: string | null }>(
      'select superseded_by from runs where run_id = $1',
      [run.runId],
    );
    if (rows[0] === undefined) return [];
    const { superseded_by: by } = rows[0];
    if (by !== run.runId) {
      await q.query('update runs set superseded_by = $2 where superseded_by = $1', [run.runId, by]);
      await q.query('update runs set superseded_by = run_id where run_id = $1', [run.runId]);
    }
    if (by !== null && by !== run.runId) return [];
    const current = await q.query<{ run_id: string }>(
      'select run_id from runs where version_id = $1 and model_id = $2 and superseded_by is null',
      [run.versionId, run.modelId],
    );
    return [run.runId, ...current.rows.map((row) => row.run_id)];
  });
  if (refresh.length > 0) await refreshAnswered(deps, run, refresh);
  await deps.db.asUser(run.userId, async (q) => {
    await deps.takeTurn(q);
    await q.query('delete from runs where run_id = $1', [run.runId]);
  });
}

/** Recomputes the items that runs of a version have answers of, in blocks, each in its own transaction. */
export async function refreshAnswered(deps: RunDeps, version: VersionOf, runIds: string[]): Promise<void> {
  for (let after: number | undefined = -1; after !== undefined; ) {
    const from: number = after;
    after = await deps.db.asUser(version.userId, async (q) => {
      const { rows } = await q.query<{ ordinal: number }>(
        `select distinct ordinal from answers where run_id = any ($1) and ordinal > $2 order by ordinal limit ${refreshRows}`,
        [runIds, from],
      );
      const ordinals = rows.map((row) => row.ordinal);
      if (ordinals.length > 0) await deps.refreshItems(q, version, ordinals);
      return ordinals.length < refreshRows ? undefined : ordinals.at(-1);
    });
  }
}
