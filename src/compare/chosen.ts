/** What the figures of the grid are over: the version, the current runs of the models asked for, and a filter's condition. */

import type { PoolClient } from 'pg';
import type { GridFilter } from '../contracts/workbench.ts';
import { newestVersion, type Version } from '../datasets/version-items.ts';
import { filterSql } from './grid-filter.ts';
import { type CurrentRun, currentRuns } from './grid-models.ts';

/** A run with the ordinals of its examples, which are left out of its figures. */
export interface FigureRun extends CurrentRun {
  examples: number[];
}

export interface Chosen {
  version: Version;
  runs: FigureRun[];
  /** Over `s` and `i`; `values` begin with the version. */
  condition: string;
  values: unknown[];
}

/** Throws not_found for the dataset, invalid_parameter for an unknown model. */
export async function chosenBy(q: PoolClient, userId: string, filter: GridFilter): Promise<Chosen> {
  const version = await newestVersion(q, userId, filter.dataset_id);
  const runs = await currentRuns(q, version.versionId, filter.models);
  const shown = runs.flatMap((run) => run.exampleItems);
  const { rows } = await q.query<{ item_id: string; ordinal: number }>(
    'select item_id, ordinal from items where version_id = $1 and item_id = any ($2::text[])',
    [version.versionId, shown],
  );
  const ordinalOf = new Map(rows.map((row) => [row.item_id, row.ordinal]));
  const values: unknown[] = [version.versionId];
  return {
    version,
    runs: runs.map((run) => ({ ...run, examples: run.exampleItems.flatMap((id) => ordinalOf.get(id) ?? []) })),
    condition: filterSql(filter, values),
    values,
  };
}

/** Items with their states, of those that the condition chooses; further conditions may follow. */
export const chosenStates = ({ condition }: Chosen): string =>
  `item_states s join items i on i.version_id = s.version_id and i.ordinal = s.ordinal
   where s.version_id = $1 and ${condition}`;

/** A condition on `answers a`: of the runs (`$n`), of chosen items, and no examples of their own run. */
export function chosenAnswers(chosen: Chosen, values: unknown[]): string {
  const { runs, condition } = chosen;
  const parts = [`a.run_id = any ($${values.push(runs.map((run) => run.runId))}::text[])`];
  for (const { runId, examples } of runs) {
    if (examples.length === 0) continue;
    parts.push(`not (a.run_id = $${values.push(runId)} and a.ordinal = any ($${values.push(examples)}::int[]))`);
  }
  if (condition !== 'true') {
    parts.push(`a.ordinal in (select i.ordinal from items i
      left join item_states s on s.version_id = i.version_id and s.ordinal = i.ordinal
      where i.version_id = $1 and ${condition})`);
  }
  return parts.join(' and ');
}
