/** Hears from Label Studio's webhooks which tasks were annotated, and reads those anew: what a call says is not believed. */

import { createHash, timingSafeEqual } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { idText } from '../../../datasets/version-items.ts';
import { AssayError } from '../../../errors.ts';
import { noteProblem } from '../connection.ts';
import type { LabelStudioDeps } from '../label-studio-deps.ts';
import type { ProjectRow } from '../rows.ts';
import { pullProject, pullTasks } from './pull-project.ts';
import { openedHook } from './register-hook.ts';

/** How long calls are gathered into one reading, ms. */
const gatherMs = 50;
/** Numbers of one call that are kept; of more, the whole project is read. */
const mostNumbers = 1000;
/** Pauses before another try when Label Studio does not answer, ms; after the last one it is left to polling. */
const pauses = [500, 2000, 8000];
/** How long the end of the server waits for readings under way, ms. */
const patienceMs = 5000;

const one = z.looseObject({ id: z.number().int().positive() });
const some = z
  .union([one, z.array(one)])
  .optional()
  .catch(undefined);
/** Only the numbers of it are read. */
const call = z.looseObject({ task: some, tasks: some, annotation: some, annotations: some });

/** What of a project is to be read. */
interface Wanted {
  userId: string;
  tasks: Set<number>;
  annotations: Set<number>;
  all: boolean;
}

/** `after` is told of each reading that is done. */
export function openHooks(deps: LabelStudioDeps, after?: (userId: string, projectId: string) => Promise<unknown>) {
  const wanted = new Map<string, Wanted>();
  const going = new Map<string, Promise<void>>();
  const stopping = new AbortController();

  const drain = async (projectId: string) => {
    await paused(gatherMs, stopping.signal);
    for (let next = wanted.get(projectId); next !== undefined; next = wanted.get(projectId)) {
      if (stopping.signal.aborted) return;
      wanted.delete(projectId);
      await readWanted(deps, { projectId, wanted: next, signal: stopping.signal });
      await after?.(next.userId, projectId).catch((error: Error) =>
        deps.log.warn({ project: projectId, problem: error.message }, 'what follows from annotations is done later'),
      );
    }
  };

  return {
    /** Returns when the call is known to be Label Studio's; it is read behind. @throws AssayError not_found for any other */
    async take(projectId: string, { secret, body }: { secret: string; body: unknown }): Promise<void> {
      const userId = await callerOf(deps, projectId, secret);
      if (stopping.signal.aborted) return;
      const before = wanted.get(projectId) ?? { userId, tasks: new Set(), annotations: new Set(), all: false };
      wanted.set(projectId, withCall(before, body));
      if (going.has(projectId)) return;
      going.set(
        projectId,
        drain(projectId).finally(() => going.delete(projectId)),
      );
    },
    async stop(): Promise<void> {
      stopping.abort();
      await Promise.race([Promise.all(going.values()), sleep(patienceMs, undefined, { ref: false })]);
    },
  };
}

export type Hooks = ReturnType<typeof openHooks>;

/** Whose project it is. Unknown projects and wrong secrets look the same from outside. */
async function callerOf(deps: LabelStudioDeps, projectId: string, secret: string): Promise<string> {
  const { rows } = await deps.db.asSystem((q) =>
    q.query<Pick<ProjectRow, 'project_id' | 'user_id' | 'hook_secret_sealed'>>(
      'select project_id, user_id, hook_secret_sealed from label_studio_projects where project_id = $1',
      [idText(projectId)],
    ),
  );
  const project = rows[0];
  const hook = project === undefined ? null : openedHook(deps, project);
  const right = hook !== null && timingSafeEqual(sha256(secret), sha256(hook.secret));
  if (project !== undefined && right) return project.user_id;
  throw new AssayError('not_found', { kind: 'webhook', id: projectId, list: '/api/label-studio/projects' });
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

function withCall(before: Wanted, body: unknown): Wanted {
  const said = call.safeParse(body);
  if (!said.success) return before;
  const { task, tasks, annotation, annotations } = said.data;
  const numbers = (of: z.output<typeof some>) => [of ?? []].flat().map(({ id }) => id);
  for (const id of [...numbers(task), ...numbers(tasks)]) before.tasks.add(id);
  for (const id of [...numbers(annotation), ...numbers(annotations)]) before.annotations.add(id);
  if (before.tasks.size + before.annotations.size <= mostNumbers) return before;
  return { userId: before.userId, tasks: new Set(), annotations: new Set(), all: true };
}

async function readWanted(
  deps: LabelStudioDeps,
  { projectId, wanted, signal }: { projectId: string; wanted: Wanted; signal: AbortSignal },
): Promise<void> {
  const { userId } = wanted;
  for (const pause of [...pauses, null]) {
    try {
      if (wanted.all) await pullProject(deps, userId, projectId);
      else await pullTasks(deps, userId, { projectId, remoteIds: await tasksOf(deps, projectId, wanted) });
      return;
    } catch (error) {
      const problem = (error as Error).message;
      deps.log.warn({ project: projectId, problem }, 'what a webhook told of could not be read');
      if (error instanceof AssayError && error.code === 'not_found') return;
      await noteProblem(deps, userId, problem).catch(() => undefined);
      if (pause === null || signal.aborted) return;
      await paused(pause, signal);
    }
  }
}

/** Of annotations that were deleted only their numbers are told: their tasks are known here. */
async function tasksOf(
  deps: LabelStudioDeps,
  projectId: string,
  { userId, tasks, annotations }: Wanted,
): Promise<number[]> {
  const { rows } = await deps.db.asUser(userId, (q) =>
    q.query<{ remote_id: string }>(
      `select distinct t.remote_id from label_studio_annotations a join label_studio_tasks t using (project_id, item_id)
       where a.project_id = $1 and a.remote_id = any($2) and t.remote_id is not null`,
      [projectId, [...annotations]],
    ),
  );
  return [...new Set([...tasks, ...rows.map((row) => Number(row.remote_id))])];
}

const paused = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);
