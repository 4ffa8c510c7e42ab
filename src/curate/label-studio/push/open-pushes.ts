/** Looks after the pushes of projects: plans them, does them behind, and takes up those that a killed server had begun. */

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NewPush } from '../../../contracts/label-studio.ts';
import { AssayError } from '../../../errors.ts';
import { remoteOf } from '../connection.ts';
import type { LabelStudioDeps } from '../label-studio-deps.ts';
import { selectProject } from '../rows.ts';
import { databaseMs, lockProject, releasePushes, takePushes } from './held-push.ts';
import { planPush } from './plan-push.ts';
import { LetGo, type PushPace, type PushWork } from './push-work.ts';
import { runPush } from './run-push.ts';

export interface Pushes {
  /**
   * Answers when it is planned; the sending goes on behind.
   * @throws AssayError not_found, conflict (one is under way; files only), label_studio_not_connected
   */
  start(userId: string, projectId: string, asked: NewPush): Promise<void>;
  /** What is there stays there. @throws AssayError not_found, conflict (none is under way) */
  cancel(userId: string, projectId: string): Promise<void>;
  /** Takes up the pushes that nobody does at present, now and from now on. */
  resume(): Promise<void>;
  /** Those under way here go on after the next start. */
  stop(): Promise<void>;
}

const usualPace = { heldMs: 30_000, firstPauseMs: 1000, mostPauseMs: 30_000, stopMs: 5000 };

/** Without a `holder`, a server that was killed takes its own pushes up when `heldMs` are over. */
export function openPushes(deps: LabelStudioDeps, given: Partial<PushPace> = {}): Pushes {
  const pace: PushPace = { holder: randomUUID(), ...usualPace, ...given };
  const working = new Map<string, Working>();
  let stopped = false;

  const begin = (of: Pick<PushWork, 'userId' | 'projectId' | 'startedAt'>, taken: boolean) => {
    const before = working.get(of.projectId);
    before?.stop.abort(new LetGo(`another push of ${of.projectId} has begun`));
    const stop = new AbortController();
    const work = { deps, pace, ...of, signal: stop.signal };
    const done = (before?.done ?? Promise.resolve())
      .then(() => runPush(work, { taken }))
      .catch((error: Error) => deps.log.warn({ project: of.projectId, problem: error.message }, 'a push was let go'))
      .finally(() => {
        if (working.get(of.projectId)?.stop === stop) working.delete(of.projectId);
      });
    working.set(of.projectId, { stop, done, startedAt: of.startedAt });
  };

  /** Those done here that another server has taken are let go; those that nobody does are begun. */
  const look = async () => {
    const before = [...working];
    const held = new Map((await takePushes(deps, pace)).map((push) => [push.projectId, push]));
    for (const [id, { stop, startedAt }] of before) {
      if (held.get(id)?.startedAt !== startedAt) stop.abort(new LetGo(`the push of ${id} is not to be done here`));
    }
    for (const push of held.values()) {
      if (!stopped && working.get(push.projectId)?.startedAt !== push.startedAt) begin(push, true);
    }
  };
  let looking: Promise<void> | null = null;
  const wake = () =>
    (looking ??= look()
      .catch((error: Error) => deps.log.debug({ problem: error.message }, 'pushes were not looked after'))
      .finally(() => (looking = null)));
  const timer = setInterval(wake, pace.heldMs / 3);

  return {
    async start(userId, projectId, asked) {
      await remoteOf(deps, userId, await deps.db.asUser(userId, (q) => selectProject(q, projectId)));
      const startedAt = await deps.db.asUser(userId, (q) => planPush(q, pace, { userId, projectId, asked }));
      if (!stopped && working.get(projectId)?.startedAt !== startedAt) begin({ userId, projectId, startedAt }, false);
    },
    async cancel(userId, projectId) {
      await cancelPush(deps, userId, projectId);
      working.get(projectId)?.stop.abort(new LetGo(`the push of ${projectId} was cancelled`));
    },
    resume: async () => void (await wake()),
    async stop() {
      stopped = true;
      clearInterval(timer);
      await looking;
      for (const { stop } of working.values()) stop.abort(new LetGo('the server stops'));
      const ended = Promise.all([...working.values()].map(({ done }) => done)).then(() => true);
      // A call of Label Studio may take long: what it brings is found there after the next start.
      const over = new AbortController();
      const late = sleep(pace.stopMs, false, { signal: over.signal }).catch(() => false);
      if (await Promise.race([ended, late])) await releasePushes(deps, pace).catch(() => undefined);
      over.abort();
    },
  };
}

interface Working {
  stop: AbortController;
  done: Promise<void>;
  startedAt: number;
}

async function cancelPush({ db }: LabelStudioDeps, userId: string, projectId: string): Promise<void> {
  await db.asUser(userId, async (q) => {
    const { push } = (await lockProject(q, projectId)) ?? (await selectProject(q, projectId));
    if (push?.state !== 'running') {
      throw new AssayError('conflict', {
        what: `No push of project ${projectId} is under way${push === null ? '' : ` (the newest: ${push!.state})`}`,
        remedy: `Begin one with POST /api/label-studio/projects/${projectId}/push.`,
      });
    }
    await q.query(
      `update label_studio_projects set push = push || jsonb_build_object('state', 'cancelled', 'per_second', null, 'problem', null,
         'ended_at', ${databaseMs}) where project_id = $1`,
      [projectId],
    );
  });
}
