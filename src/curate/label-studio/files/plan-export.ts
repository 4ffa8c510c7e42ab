/** Chooses the items of a file of tasks, and keeps a row for each task, so that what comes back of it is recognised. */

import type { PoolClient } from 'pg';
import type { PushSelection } from '../../../contracts/label-studio.ts';
import type { GridFilter } from '../../../contracts/workbench.ts';
import { newestVersion } from '../../../datasets/version-items.ts';
import { type RankedItem, rankItems } from '../../review/rank-items.ts';
import type { ProjectRow } from '../rows.ts';

/** What a file is made of; `limit` is items at most. */
export interface ExportPlan {
  select: PushSelection;
  filter: Partial<GridFilter>;
  limit: number;
}

/** Rows kept in one statement. */
const rowsAtOnce = 5000;

/** The chosen items in their order, most useful first. @throws AssayError not_found, invalid_parameter (filter) */
export async function planExport(
  q: PoolClient,
  userId: string,
  { project, plan }: { project: ProjectRow; plan: ExportPlan },
): Promise<{ versionId: string; items: RankedItem[] }> {
  const { versionId, datasetId } = await newestVersion(q, userId, project.dataset_id);
  const items = await rankItems(q, {
    datasetId,
    versionId,
    models: project.models,
    ...plan,
    auditShare: project.audit_share,
    seed: project.seed,
  });
  await keepRows(q, { project, versionId, items });
  return { versionId, items };
}

/** Those that are there keep what an annotator may have seen: place, audit mark and cluster. */
async function keepRows(
  q: PoolClient,
  { project, versionId, items }: { project: ProjectRow; versionId: string; items: RankedItem[] },
): Promise<void> {
  const { project_id: projectId, user_id: userId } = project;
  const { rows } = await q.query<{ place: number }>(
    'select coalesce(max(place) + 1, 0) as place from label_studio_tasks where project_id = $1',
    [projectId],
  );
  for (let from = 0; from < items.length; from += rowsAtOnce) {
    const part = items.slice(from, from + rowsAtOnce);
    await q.query(
      `insert into label_studio_tasks (project_id, item_id, user_id, version_id, ordinal, place, answers, score, cluster, audit)
       select $1, r.item_id, $2, $3, r.ordinal, $4 + r.at - 1, '{}', r.score, r.cluster, r.audit
       from unnest($5::text[], $6::int[], $7::real[], $8::int[], $9::bool[]) with ordinality
         as r (item_id, ordinal, score, cluster, audit, at)
       on conflict (project_id, item_id) do nothing`,
      [
        projectId,
        userId,
        versionId,
        rows[0]!.place + from,
        part.map((item) => item.itemId),
        part.map((item) => item.ordinal),
        part.map((item) => item.score),
        part.map((item) => item.cluster),
        part.map((item) => item.audit),
      ],
    );
  }
}
