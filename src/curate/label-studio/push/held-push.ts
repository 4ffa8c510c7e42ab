/** Lets only the server that holds a push go on with it: each step is a transaction that looks whether it still does. */

import type { PoolClient } from 'pg';
import type { LabelStudioDeps } from '../label-studio-deps.ts';
import type { ProjectRow, PushRecord } from '../rows.ts';
import { LetGo, type PushPace, type PushWork } from './push-work.ts';

export interface Held {
  project: ProjectRow;
  /** The counts may be changed; they are kept with the step. */
  record: PushRecord;
}

/** ms since 1970 by the clock of the database, which all servers share. */
export const databaseMs = '(extract(epoch from clock_timestamp()) * 1000)::bigint';

const isOurs = (push: PushRecord | null | undefined, work: PushWork): push is PushRecord =>
  push?.held_by === work.pace.holder && push.started_at === work.startedAt;

/** A step of the push in one transaction; what it changes in `record` is kept with it. @throws LetGo when it is not to be done here */
export async function inPush<T>(work: PushWork, step: (q: PoolClient, held: Held) => Promise<T>): Promise<T> {
  work.signal.throwIfAborted();
  return work.deps.db.asUser(work.userId, async (q) => {
    const project = await lockProject(q, work.projectId);
    const record = project?.push;
    if (!isOurs(record, work) || record.state !== 'running') {
      throw new LetGo(`the push of ${work.projectId} is not to be done here`);
    }
    return keeping(q, { project: project!, record }, step);
  });
}

/** As inPush, for what has happened there and must be kept even when the push has ended here: then `held` is null. */
export async function afterCall<T>(work: PushWork, step: (q: PoolClient, held: Held | null) => Promise<T>): Promise<T> {
  return work.deps.db.asUser(work.userId, async (q) => {
    const project = await lockProject(q, work.projectId);
    const record = project?.push;
    return isOurs(record, work) ? keeping(q, { project: project!, record }, step) : step(q, null);
  });
}

async function keeping<T>(q: PoolClient, held: Held, step: (q: PoolClient, held: Held) => Promise<T>): Promise<T> {
  const before = JSON.stringify(held.record);
  const value = await step(q, held);
  const after = JSON.stringify(held.record);
  if (after !== before) {
    await q.query('update label_studio_projects set push = $2 where project_id = $1', [held.project.project_id, after]);
  }
  return value;
}

/** Annotations of the project may come in meanwhile: they share the key of its row. */
export async function lockProject(q: PoolClient, projectId: string): Promise<ProjectRow | undefined> {
  const { rows } = await q.query<ProjectRow>(
    'select * from label_studio_projects where project_id = $1 for no key update',
    [projectId],
  );
  return rows[0];
}

/** Says that the pushes held here still are, and takes those that nobody holds any more. Gives all of them. */
export async function takePushes(
  { db }: Pick<LabelStudioDeps, 'db'>,
  { holder, heldMs }: PushPace,
): Promise<{ projectId: string; userId: string; startedAt: number }[]> {
  const { rows } = await db.asSystem((q) =>
    q.query<{ projectId: string; userId: string; startedAt: number }>(
      `update label_studio_projects
       set push = push || jsonb_build_object('held_by', $1::text, 'held_until', ${databaseMs} + $2::bigint)
       where push ->> 'state' = 'running'
         and (push ->> 'held_by' = $1 or (push ->> 'held_until')::bigint < ${databaseMs})
       returning project_id as "projectId", user_id as "userId", (push ->> 'started_at')::float8 as "startedAt"`,
      [holder, heldMs],
    ),
  );
  return rows;
}

/** Lets another server take up at once what was held here. */
export async function releasePushes({ db }: Pick<LabelStudioDeps, 'db'>, { holder }: PushPace): Promise<void> {
  await db.asSystem((q) =>
    q.query(
      `update label_studio_projects set push = push || '{"held_until": 0}'::jsonb
       where push ->> 'state' = 'running' and push ->> 'held_by' = $1`,
      [holder],
    ),
  );
}
