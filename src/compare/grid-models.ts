/** Finds the columns of the grid: the current run of each model over a version, in the order in which they were asked for. */

import type { PoolClient } from 'pg';
import { AssayError } from '../errors.ts';

export interface CurrentRun {
  runId: string;
  modelId: string;
  /** Ids of the items that its prompt shows as examples; left out of its figures. */
  exampleItems: string[];
  batchId: string | null;
}

/** All current runs of the version, oldest first; with `models` those alone. Throws invalid_parameter for a model without one. */
export async function currentRuns(q: PoolClient, versionId: string, models: string[]): Promise<CurrentRun[]> {
  const { rows } = await q.query<CurrentRun>(
    `select run_id as "runId", model_id as "modelId", batch_id as "batchId",
       coalesce(settings -> 'example_items', '[]') as "exampleItems"
     from runs where version_id = $1 and superseded_by is null order by created_at, run_id`,
    [versionId],
  );
  if (models.length === 0) return rows;
  return [...new Set(models)].map((model) => {
    const run = rows.find((row) => row.modelId === model);
    if (run !== undefined) return run;
    const known = rows.map((row) => row.modelId).join(', ') || 'none';
    throw new AssayError(
      'invalid_parameter',
      {
        param: 'models',
        problem: `there is no run of this model over the dataset; models there are: ${known}`,
        value: model,
      },
      { param: 'models' },
    );
  });
}
