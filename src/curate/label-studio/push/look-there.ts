/** Looks through the tasks that are there: knows its own again, takes doubles away, brings stale ones up to date, finds those gone. */

import type { PoolClient } from 'pg';
import { checkMapping } from '../config/check-mapping.ts';
import type { ProjectRow, TaskRow } from '../rows.ts';
import type { RemoteTask } from '../wire/client.ts';
import { bringUpToDate } from './bring-up-to-date.ts';
import { endDouble } from './end-double.ts';
import { inPush } from './held-push.ts';
import { keepGone, keepStanding, type Stood, standingOf } from './keep-standing.ts';
import { prepareTasks } from './prepare-tasks.ts';
import { markProgress } from './progress.ts';
import type { Pass } from './push-work.ts';

/** Tasks asked after in one go. */
const rowsAtOnce = 100;

/**
 * Afterwards no row is in doubt: each is planned, sent or gone. Label Studio takes pre-labels that its configuration knows nothing of,
 * so one that somebody changed there is held against what the project's controls mean.
 * @throws LetGo, AssayError label_studio_…, label_config_invalid
 */
export async function lookThere(pass: Pass): Promise<void> {
  const { work, there, project } = pass;
  const { tasks, labelConfig } = await there.client.project(there.remoteId);
  if (labelConfig !== project.label_config) checkMapping(project.mapping, labelConfig, project.models);
  if (tasks > 0) {
    for await (const page of there.client.tasks(there.remoteId)) await takePage(pass, page);
  }
  await inPush(work, (q) =>
    q.query(`update label_studio_tasks set state = 'planned' where project_id = $1 and state = 'sending'`, [
      work.projectId,
    ]),
  );
  await settleUnseen(pass, tasks === 0);
}

interface Taken {
  stood: Stood[];
  /** Tasks of items that have another task there. */
  doubles: { row: TaskRow; remote: RemoteTask }[];
}

async function takePage(pass: Pass, page: RemoteTask[]): Promise<void> {
  const { work, memory } = pass;
  const { stood, doubles } = await inPush(work, async (q, { project, record }) => {
    const taken = await recognise(q, pass, { project, page });
    const settled = taken.stood.filter(({ standing }) => standing !== 'stale');
    await keepStanding(q, work.projectId, settled);
    for (const { standing, prepared } of settled) {
      if (standing === 'kept') record.kept += 1;
      else if (prepared.row.state === 'sent') record.unchanged += 1;
    }
    markProgress(record, memory, settled.length);
    await doubt(q, work.projectId, taken.stood);
    return taken;
  });
  for (const one of stood) if (one.standing === 'stale') await bringUpToDate(pass, one);
  for (const double of doubles) {
    const taken = await endDouble(pass, double);
    if (taken !== null) await takePage(pass, [taken]);
  }
}

/** Rows that have no task yet take the one that is found; then those of this push are held against what would be sent now. */
async function recognise(
  q: PoolClient,
  { work: { deps, projectId } }: Pass,
  { project, page }: { project: ProjectRow; page: RemoteTask[] },
): Promise<Taken> {
  const rows = await rowsOf(q, projectId, page);
  const doubles: Taken['doubles'] = [];
  const found: { row: TaskRow; remote: RemoteTask }[] = [];
  const adopted: { row: TaskRow; remote: RemoteTask }[] = [];
  for (const remote of page) {
    const row = rows.byNumber.get(String(remote.id)) ?? rows.byItem.get(itemOf(remote, projectId) ?? '');
    if (row === undefined) continue;
    if (row.state === 'sent' && row.remote_id !== String(remote.id)) {
      doubles.push({ row, remote });
      continue;
    }
    if (row.state !== 'sent') adopted.push({ row: { ...row }, remote });
    found.push({ row: { ...row }, remote });
    // A second task of the same item on this page is a double of it.
    Object.assign(row, { state: 'sent', remote_id: String(remote.id) });
  }
  await adopt(q, projectId, adopted);
  const wanted = found.filter(({ row }) => row.wanted);
  const prepared = await prepareTasks(q, deps, { project, rows: wanted.map(({ row }) => row) });
  return { stood: wanted.map(({ remote }, at) => standingOf(prepared[at]!, remote)), doubles };
}

async function rowsOf(
  q: PoolClient,
  projectId: string,
  page: RemoteTask[],
): Promise<{ byNumber: Map<string, TaskRow>; byItem: Map<string, TaskRow> }> {
  const items = page.map((remote) => itemOf(remote, projectId)).filter((item) => item !== null);
  const { rows } = await q.query<TaskRow>(
    `select * from label_studio_tasks where project_id = $1 and (item_id = any($2) or remote_id = any($3::bigint[]))`,
    [projectId, items, page.map(({ id }) => id)],
  );
  return {
    byNumber: new Map(rows.filter((row) => row.state === 'sent').map((row) => [String(row.remote_id), row])),
    byItem: new Map(rows.map((row) => [row.item_id, row])),
  };
}

/** The item of a task that is ours; null: it is not, or another project of Assay's brought it. */
export function itemOf({ data, meta }: RemoteTask, projectId: string): string | null {
  const item = data.assay_item;
  const of = meta.assay as { project?: unknown } | undefined;
  const ours = of === undefined || of === null || of.project === projectId;
  return ours && typeof item === 'string' && !item.includes('\0') ? item : null;
}

async function adopt(q: PoolClient, projectId: string, found: { row: TaskRow; remote: RemoteTask }[]): Promise<void> {
  if (found.length === 0) return;
  await q.query(
    `update label_studio_tasks t set state = 'sent', remote_id = r.remote_id, sent_at = now()
     from unnest($2::text[], $3::bigint[]) as r (item_id, remote_id) where t.project_id = $1 and t.item_id = r.item_id`,
    [projectId, found.map(({ row }) => row.item_id), found.map(({ remote }) => remote.id)],
  );
}

/** Before tasks are changed there: should we be killed meanwhile, what is there is known to be ours, whichever of the two it is. */
async function doubt(q: PoolClient, projectId: string, stood: Stood[]): Promise<void> {
  const stale = stood.filter(({ standing }) => standing === 'stale');
  if (stale.length === 0) return;
  await q.query(
    `update label_studio_tasks t set predictions_hash = null, data_hash = coalesce(t.data_hash, '') || r.data
     from unnest($2::text[], $3::bytea[]) as r (item_id, data) where t.project_id = $1 and t.item_id = r.item_id`,
    [projectId, stale.map(({ prepared }) => prepared.row.item_id), stale.map(({ prepared }) => prepared.dataHash)],
  );
}

/** Tasks that were sent and were not on any page: each is asked after, unless there is none at all. */
async function settleUnseen(pass: Pass, empty: boolean): Promise<void> {
  const { work, there } = pass;
  for (;;) {
    const rows = await inPush(work, (q) =>
      q.query<{ item_id: string; remote_id: string }>(
        `select item_id, remote_id from label_studio_tasks
         where project_id = $1 and state = 'sent' and wanted order by place limit $2`,
        [work.projectId, rowsAtOnce],
      ),
    );
    if (rows.rows.length === 0) return;
    const gone: string[] = [];
    for (const row of rows.rows) {
      work.signal.throwIfAborted();
      const remote = empty ? null : await there.client.task(Number(row.remote_id));
      if (remote === null) gone.push(row.item_id);
      else await takePage(pass, [remote]);
    }
    await keepGone(pass, gone);
  }
}
