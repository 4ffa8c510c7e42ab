/** Plans a push: chooses its items, keeps a row for each task, and begins the record of its progress. */

import type { PoolClient } from 'pg';
import type { NewPush } from '../../../contracts/label-studio.ts';
import { newestVersion } from '../../../datasets/version-items.ts';
import { AssayError } from '../../../errors.ts';
import { type RankedItem, rankItems } from '../../review/rank-items.ts';
import { type ProjectRow, type PushRecord, selectProject } from '../rows.ts';
import { databaseMs, lockProject } from './held-push.ts';
import type { PushPace } from './push-work.ts';

/** Rows kept in one statement. */
const rowsAtOnce = 5000;

/** Gives when it was begun, which tells it from other pushes. @throws AssayError not_found, conflict (one is under way) */
export async function planPush(
  q: PoolClient,
  pace: PushPace,
  { userId, projectId, asked }: { userId: string; projectId: string; asked: NewPush },
): Promise<number> {
  const project = (await lockProject(q, projectId)) ?? (await selectProject(q, projectId));
  refuseSecond(project);
  const { versionId, datasetId } = await newestVersion(q, userId, project.dataset_id);
  const { select, filter, limit } = asked;
  const from = { datasetId, versionId, models: project.models };
  const items = await rankItems(q, {
    ...from,
    select,
    filter: { ...filter },
    limit,
    auditShare: project.audit_share,
    seed: project.seed,
  });
  await q.query('update label_studio_tasks set wanted = false where project_id = $1 and wanted', [projectId]);
  const gone = await keepTasks(q, { project, versionId, items });
  const record: PushRecord = {
    state: 'running',
    select,
    filter,
    limit,
    total: items.length,
    done: gone,
    updated: 0,
    unchanged: 0,
    kept: gone,
    problem: null,
    per_second: null,
    started_at: Date.now(),
    ended_at: null,
    held_by: pace.holder,
    held_until: 0,
  };
  await q.query(
    `update label_studio_projects set push = $2::jsonb || jsonb_build_object('held_until', ${databaseMs} + $3::bigint)
     where project_id = $1`,
    [projectId, JSON.stringify(record), pace.heldMs],
  );
  return record.started_at;
}

function refuseSecond({ project_id: id, push }: ProjectRow): void {
  if (push?.state !== 'running') return;
  throw new AssayError('conflict', {
    what: `A push of project ${id} is under way (${push.done} of ${push.total} tasks)`,
    remedy: `Wait for its end, or cancel it: POST /api/label-studio/projects/${id}/push/cancel.`,
  });
}

interface Chosen {
  project: ProjectRow;
  versionId: string;
  items: RankedItem[];
}

/**
 * New ones come behind those that are there already. Of those, place, audit mark and cluster stay as they are: an annotator
 * may have seen them. The score of an audit item is of its place, not of its own answers, and stays too. Gives how many were
 * taken out there by a person, which are left alone.
 */
async function keepTasks(q: PoolClient, { project, versionId, items }: Chosen): Promise<number> {
  const { project_id: projectId, user_id: userId } = project;
  const { rows } = await q.query<{ place: number }>(
    'select coalesce(max(place) + 1, 0) as place from label_studio_tasks where project_id = $1',
    [projectId],
  );
  let gone = 0;
  for (let from = 0; from < items.length; from += rowsAtOnce) {
    const part = items.slice(from, from + rowsAtOnce);
    const kept = await q.query<{ wanted: boolean }>(
      `insert into label_studio_tasks as t (project_id, item_id, user_id, version_id, ordinal, place, answers, score, cluster, audit,
         wanted)
       select $1, r.item_id, $2, $3, r.ordinal, $4 + r.at - 1, '{}', r.score, r.cluster, r.audit, true
       from unnest($5::text[], $6::int[], $7::real[], $8::int[], $9::bool[]) with ordinality
         as r (item_id, ordinal, score, cluster, audit, at)
       on conflict (project_id, item_id) do update set version_id = excluded.version_id, ordinal = excluded.ordinal,
         score = case when t.audit or excluded.audit then t.score else excluded.score end, wanted = t.state <> 'gone'
       returning wanted`,
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
    gone += kept.rows.filter((row) => !row.wanted).length;
  }
  return gone;
}
