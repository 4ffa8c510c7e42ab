/** Looks at all projects at regular times, so that what no webhook told of is found too. */

import { setTimeout as sleep } from 'node:timers/promises';
import { AssayError } from '../../../errors.ts';
import { noteProblem } from '../connection.ts';
import type { LabelStudioDeps } from '../label-studio-deps.ts';
import { pullProject } from './pull-project.ts';
import { hookOf } from './register-hook.ts';

/** How long the end of the server waits for a look under way, ms; a page that is not committed is read again. */
const patienceMs = 5000;
/** Label Studio takes some ms for each task that is looked at: a look is followed by so many times as long without one. */
const restTimes = 19;
/** Looks that one who cannot be reached is passed over at most. */
const mostPassed = 32;
/** Errors that are of the connection, not of one project. */
const ofConnection = new Set([
  'label_studio_unreachable',
  'label_studio_refused',
  'label_studio_not_connected',
  'label_studio_too_old',
  'secret_unreadable',
]);

export interface Polling {
  /** Looks now, at those too that are passed over. */
  wake(): void;
  stop(): Promise<void>;
}

/** Looks that a user is still passed over, and how many it will be when it fails again. */
interface Absent {
  left: number;
  next: number;
}

/** `after` is told of each project that was read. */
export function openPolling(
  deps: LabelStudioDeps,
  after?: (userId: string, projectId: string) => Promise<unknown>,
): Polling {
  let stopped = false;
  let going: Promise<void> | null = null;
  const absent = new Map<string, Absent>();
  /** Projects whose webhook was looked after since the start: the address of this server may be another one by now. */
  const hooked = new Set<string>();

  const lookAt = async (userId: string, projects: string[]) => {
    for (const projectId of projects) {
      if (stopped) return;
      try {
        if (!hooked.has(projectId) && deps.hookUrl() !== null) {
          await hookOf(deps, userId, projectId);
          hooked.add(projectId);
        }
        await pullProject(deps, userId, projectId);
        await after?.(userId, projectId);
      } catch (error) {
        if (error instanceof AssayError && ofConnection.has(error.code)) throw error;
        deps.log.warn(
          { project: projectId, problem: (error as Error).message },
          'a project was not read; it is read again',
        );
      }
    }
  };

  const once = async (asked: boolean) => {
    for (const [userId, projects] of await projectsByUser(deps)) {
      const out = absent.get(userId);
      if (out !== undefined && out.left > 0 && !asked) {
        out.left -= 1;
        continue;
      }
      try {
        await lookAt(userId, projects);
        if (stopped) return;
        absent.delete(userId);
        await noteProblem(deps, userId, null);
      } catch (error) {
        const left = out?.next ?? 1;
        absent.set(userId, { left, next: Math.min(mostPassed, left * 2) });
        await noteProblem(deps, userId, (error as Error).message);
      }
    }
  };

  let restsUntil = 0;
  const look = (asked: boolean) => {
    if (stopped || (!asked && performance.now() < restsUntil)) return;
    const begun = performance.now();
    going ??= once(asked)
      .then(() => {
        restsUntil = performance.now() + restTimes * (performance.now() - begun);
      })
      .catch((error: Error) => deps.log.debug({ problem: error.message }, 'projects were not looked at'))
      .finally(() => (going = null));
  };
  const timer = deps.limits.pollMs > 0 ? setInterval(() => look(false), deps.limits.pollMs) : null;
  timer?.unref();
  return {
    wake: () => look(true),
    async stop() {
      stopped = true;
      if (timer !== null) clearInterval(timer);
      await Promise.race([going, sleep(patienceMs, undefined, { ref: false })]);
    },
  };
}

/** Projects at the address that their user is connected to. */
async function projectsByUser(deps: LabelStudioDeps): Promise<Map<string, string[]>> {
  const { rows } = await deps.db.asSystem((q) =>
    q.query<{ user_id: string; project_id: string }>(
      `select p.user_id, p.project_id from label_studio_projects p join label_studio_links l using (user_id, base_url)
       where p.remote_id is not null order by p.user_id, p.created_at, p.project_id`,
    ),
  );
  const users = new Map<string, string[]>();
  for (const row of rows) users.set(row.user_id, [...(users.get(row.user_id) ?? []), row.project_id]);
  return users;
}
