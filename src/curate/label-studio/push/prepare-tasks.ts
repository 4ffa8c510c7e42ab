/** Makes the tasks of rows as they would be sent now, from the answers and annotations that Assay holds. */

import type { PoolClient } from 'pg';
import type { GridFilter } from '../../../contracts/workbench.ts';
import { readEntries } from '../../entries.ts';
import type { LabelStudioDeps } from '../label-studio-deps.ts';
import type { ProjectRow, SlotAnswer, TaskRow } from '../rows.ts';
import { slotKeys } from '../slot-key.ts';
import { makeTask } from '../task/make-task.ts';
import type { NewTask } from '../wire/client.ts';

/** A task as it would be sent now. */
export interface Prepared {
  row: TaskRow;
  task: NewTask;
  answers: Record<string, SlotAnswer>;
  dataHash: Buffer;
  predictionsHash: Buffer;
}

/** In the order of `rows`. */
export async function prepareTasks(
  q: PoolClient,
  { sealer }: Pick<LabelStudioDeps, 'sealer'>,
  { project, rows }: { project: ProjectRow; rows: TaskRow[] },
): Promise<Prepared[]> {
  const slotKey = slotKeys(sealer, project);
  const prepared = new Map<string, Prepared>();
  for (const [versionId, of] of Map.groupBy(rows, (row) => row.version_id)) {
    const choice = { versionId, datasetId: project.dataset_id, filter: filterOf(project), kinds: null };
    const byOrdinal = new Map(of.map((row) => [row.ordinal, row]));
    for (const entry of await readEntries(q, choice, [...byOrdinal.keys()])) {
      const row = byOrdinal.get(entry.ordinal)!;
      const { cluster, audit } = row;
      const score = orderedScore(row);
      prepared.set(row.item_id, { row, ...makeTask(entry, { project, score, cluster, audit, slotKey }) });
    }
  }
  return rows.map((row) => prepared.get(row.item_id)!);
}

/**
 * Label Studio shows the least score first, and tasks of one score in no order that is ours: its import drops the cluster of a
 * prediction. So the last hundredth tells those of one disagreement apart by their place, which knows what else was ranked by.
 */
const orderedScore = ({ score, place }: TaskRow): number => 0.99 * score + (0.01 * place) / (place + 1000);

const filterOf = (project: ProjectRow): GridFilter => ({
  dataset_id: project.dataset_id,
  models: project.models,
  filter: [],
  differs_at: [],
  agree_on: [],
  category: [],
  decided: [],
});
