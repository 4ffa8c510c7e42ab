/** Writes tasks as a file that Label Studio's import takes: data, predictions, and the annotations that are known here. */

import type { PoolClient } from 'pg';
import type { PushSelection } from '../../../contracts/label-studio.ts';
import type { GridFilter } from '../../../contracts/workbench.ts';
import type { RankedItem } from '../../review/rank-items.ts';
import type { LabelStudioDeps } from '../label-studio-deps.ts';
import { type Prepared, prepareTasks } from '../push/prepare-tasks.ts';
import { type AnnotationRow, type ProjectRow, selectProject, type TaskRow } from '../rows.ts';
import { planExport } from './plan-export.ts';

/** `limit` is items at most. */
export interface ExportAsked {
  projectId: string;
  select: PushSelection;
  filter?: Partial<GridFilter>;
  limit: number;
}

/** Tasks that are read and written at a time. */
const pageTasks = 100;

interface Exporting {
  project: ProjectRow;
  versionId: string;
}

/**
 * The file in pieces, a JSON list. Its tasks stay planned: a push sends them only when it chooses them too. A task that
 * somebody deleted in Label Studio is left out.
 * @throws AssayError not_found, invalid_parameter (filter), before the first piece
 */
export async function exportTasks(
  deps: LabelStudioDeps,
  userId: string,
  { projectId, select, filter = {}, limit }: ExportAsked,
): Promise<AsyncGenerator<string>> {
  const { exporting, items } = await deps.db.asUser(userId, async (q) => {
    const project = await selectProject(q, projectId);
    const { versionId, items } = await planExport(q, userId, { project, plan: { select, filter, limit } });
    return { exporting: { project, versionId }, items };
  });
  return pieces(deps, userId, { exporting, items });
}

async function* pieces(
  deps: LabelStudioDeps,
  userId: string,
  { exporting, items }: { exporting: Exporting; items: RankedItem[] },
): AsyncGenerator<string> {
  let between = '[\n';
  for (let from = 0; from < items.length; from += pageTasks) {
    const page = items.slice(from, from + pageTasks);
    const tasks = await deps.db.asUser(userId, (q) => writtenTasks(deps, q, { exporting, page }));
    for (const task of tasks) {
      yield `${between}${task}`;
      between = ',\n';
    }
  }
  yield between === '[\n' ? '[]\n' : '\n]\n';
}

/** The page's tasks as text, in its order. */
async function writtenTasks(
  deps: LabelStudioDeps,
  q: PoolClient,
  { exporting, page }: { exporting: Exporting; page: RankedItem[] },
): Promise<string[]> {
  const { project, versionId } = exporting;
  const ids = page.map((item) => item.itemId);
  const { rows } = await q.query<TaskRow>(
    `select * from label_studio_tasks where project_id = $1 and item_id = any ($2) and state <> 'gone'
     order by array_position($2, item_id)`,
    [project.project_id, ids],
  );
  const ordinals = new Map(page.map((item) => [item.itemId, item.ordinal]));
  const asNow = rows.map((row) => ({ ...row, version_id: versionId, ordinal: ordinals.get(row.item_id)! }));
  const prepared = await prepareTasks(q, deps, { project, rows: asNow });
  await keepShown(q, prepared);
  const annotations = await annotationsOf(q, project.project_id, ids);
  return prepared.map(({ row, task }) =>
    JSON.stringify({ ...task, annotations: (annotations.get(row.item_id) ?? []).map(annotationOf) }),
  );
}

/** Which answers the blocks of tasks show that are in files alone; those that were sent show what was sent. */
async function keepShown(q: PoolClient, prepared: Prepared[]): Promise<void> {
  const planned = prepared.filter(({ row }) => row.state === 'planned');
  if (planned.length === 0) return;
  await q.query(
    `update label_studio_tasks t set answers = r.answers, version_id = r.version_id, ordinal = r.ordinal
     from unnest($2::text[], $3::jsonb[], $4::text[], $5::int[]) as r (item_id, answers, version_id, ordinal)
     where t.project_id = $1 and t.item_id = r.item_id and t.state = 'planned'`,
    [
      planned[0]!.row.project_id,
      planned.map(({ row }) => row.item_id),
      planned.map(({ answers }) => JSON.stringify(answers)),
      planned.map(({ row }) => row.version_id),
      planned.map(({ row }) => row.ordinal),
    ],
  );
}

type KnownAnnotation = Pick<AnnotationRow, 'item_id' | 'annotator' | 'raw'>;

async function annotationsOf(q: PoolClient, projectId: string, ids: string[]): Promise<Map<string, KnownAnnotation[]>> {
  const { rows } = await q.query<KnownAnnotation>(
    `select item_id, annotator, raw from label_studio_annotations
     where project_id = $1 and item_id = any ($2) and deleted_at is null order by item_id, remote_id`,
    [projectId, ids],
  );
  return Map.groupBy(rows, (row) => row.item_id);
}

/** As it came, but by address where that is known: a number is another person's in another Label Studio. */
function annotationOf({ annotator, raw }: KnownAnnotation): Record<string, unknown> {
  const by = raw.completed_by;
  if (!annotator.includes('@')) return raw;
  const number = typeof by === 'number' ? by : (by as { id?: number } | null | undefined)?.id;
  return { ...raw, completed_by: { ...(number === undefined ? {} : { id: number }), email: annotator } };
}
