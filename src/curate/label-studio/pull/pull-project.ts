/** Reads what annotators said in Label Studio and takes it in: of a whole project, or of some of its tasks. */

import type { PoolClient } from 'pg';
import type { Pulled } from '../../../contracts/label-studio.ts';
import type { Database } from '../../../db/database.ts';
import { AssayError } from '../../../errors.ts';
import { remoteOf } from '../connection.ts';
import type { LabelStudioDeps } from '../label-studio-deps.ts';
import { type ProjectRow, selectProject } from '../rows.ts';
import type { RemoteTask } from '../wire/client.ts';
import { beginReading } from './plan-changes.ts';
import { hookProblem } from './register-hook.ts';
import { nothingPulled, sumOf, takeByRule, takeDeletions, takeTasks } from './take-annotations.ts';

/** Tasks taken in one transaction. */
const pageTasks = 100;
/** Above so many tasks, all that are annotated are read in place of one after the other. */
const singleTasks = 200;

/** The pull of a project that is under way or comes last, and the one that has not begun to read. */
interface Line {
  last: Promise<unknown>;
  waiting: Promise<Pulled> | null;
}
const lines = new WeakMap<Database, Map<string, Line>>();

/**
 * Whole pulls of a project go one after another; who asks while one waits gets that one's result. On another server, or
 * beside a webhook's, they may run at once: each page is planned again under the turn, and the newer state stands.
 * @throws AssayError not_found, conflict (files only), label_studio_…
 */
export function pullProject(deps: LabelStudioDeps, userId: string, projectId: string): Promise<Pulled> {
  const open = lines.get(deps.db) ?? new Map<string, Line>();
  lines.set(deps.db, open);
  const key = JSON.stringify([userId, projectId]);
  const before = open.get(key);
  if (before !== undefined && before.waiting !== null) return before.waiting;
  const line: Line = before ?? { last: Promise.resolve(), waiting: null };
  open.set(key, line);
  const pull = line.last
    .catch(() => undefined)
    .then(() => {
      line.waiting = null;
      return pullNow(deps, userId, projectId);
    })
    .finally(() => {
      if (line.last === pull) open.delete(key);
    });
  line.last = pull;
  line.waiting = pull;
  return pull;
}

async function pullNow(deps: LabelStudioDeps, userId: string, projectId: string): Promise<Pulled> {
  const project = await deps.db.asUser(userId, (q) => selectProject(q, projectId));
  const { client, remoteId } = await remoteOf(deps, userId, project);
  const reading = await deps.db.asUser(userId, (q) => beginReading(q, project.project_id, null));
  const there = new Set<string>();
  let sum = nothingPulled;
  try {
    for await (const tasks of client.annotatedTasks(remoteId)) {
      for (const one of tasks.flatMap((task) => task.annotations)) there.add(String(one.id));
      for (let from = 0; from < tasks.length; from += pageTasks) {
        const page = tasks.slice(from, from + pageTasks);
        sum = sumOf(sum, await takeTasks(deps, userId, { project, tasks: page, reading }));
      }
    }
  } catch (error) {
    await tellGone(deps, project, error);
    throw error;
  }
  sum = sumOf(sum, await takeDeletions(deps, userId, { project, reading, there }));
  sum = sumOf(sum, await takeByRule(deps, userId, project));
  await deps.db.asUser(userId, (q) => notePulled(q, project));
  return sum;
}

/** Numbers that are none of the project's tasks are passed over. @throws AssayError as {@link pullProject} */
export async function pullTasks(
  deps: LabelStudioDeps,
  userId: string,
  { projectId, remoteIds }: { projectId: string; remoteIds: number[] },
): Promise<Pulled> {
  const { project, rows, reading } = await deps.db.asUser(userId, async (q) => {
    const found = await selectProject(q, projectId);
    const own = await ownTasks(q, found, remoteIds);
    const items = own.map((row) => row.item_id);
    return { project: found, rows: own, reading: await beginReading(q, found.project_id, items) };
  });
  if (rows.length > singleTasks) return pullProject(deps, userId, projectId);
  if (rows.length === 0) return nothingPulled;
  const { client } = await remoteOf(deps, userId, project);
  let sum = nothingPulled;
  for (let from = 0; from < rows.length; from += pageTasks) {
    const tasks: RemoteTask[] = [];
    const gone: string[] = [];
    for (const row of rows.slice(from, from + pageTasks)) {
      const task = await client.task(Number(row.remote_id));
      if (task === null) gone.push(row.item_id);
      else tasks.push(task);
    }
    sum = sumOf(sum, await takeTasks(deps, userId, { project, tasks, reading }));
    if (gone.length > 0) sum = sumOf(sum, await takeGone(deps, userId, { project, items: gone }));
  }
  await deps.db.asUser(userId, (q) => notePulled(q, project));
  return sum;
}

async function ownTasks(q: PoolClient, project: ProjectRow, remoteIds: number[]) {
  const { rows } = await q.query<{ item_id: string; remote_id: string }>(
    'select item_id, remote_id from label_studio_tasks where project_id = $1 and remote_id = any($2) order by remote_id',
    [project.project_id, remoteIds],
  );
  return rows;
}

/** A task that was deleted there took its annotations with it. */
async function takeGone(
  deps: LabelStudioDeps,
  userId: string,
  { project, items }: { project: ProjectRow; items: string[] },
): Promise<Pulled> {
  const reading = await deps.db.asUser(userId, async (q) => {
    await q.query(
      `update label_studio_tasks set state = 'gone' where project_id = $1 and item_id = any($2) and state = 'sent'`,
      [project.project_id, items],
    );
    return beginReading(q, project.project_id, items);
  });
  return takeDeletions(deps, userId, { project, reading, there: new Set() });
}

/** What stands beside a project is taken away when it can be read again, but for why its webhook is not there. */
async function notePulled(q: PoolClient, project: ProjectRow): Promise<void> {
  await q.query(
    `update label_studio_projects set pulled_at = now(),
       problem = case when starts_with(problem, $2) then problem end where project_id = $1`,
    [project.project_id, hookProblem],
  );
}

async function tellGone(deps: LabelStudioDeps, project: ProjectRow, error: unknown): Promise<void> {
  if (error instanceof AssayError && error.code === 'label_studio_gone') {
    await deps.db.asUser(project.user_id, (q) =>
      q.query('update label_studio_projects set problem = $2 where project_id = $1', [
        project.project_id,
        error.message,
      ]),
    );
  }
}
