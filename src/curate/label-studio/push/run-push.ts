/** Does a push that is planned: looks at what is there, sends the rest, and waits where Label Studio cannot be reached. */

import { setTimeout as sleep } from 'node:timers/promises';
import { AssayError, type ErrorCode } from '../../../errors.ts';
import { noteProblem, remoteOf } from '../connection.ts';
import { selectProject } from '../rows.ts';
import { inPush } from './held-push.ts';
import { lookThere } from './look-there.ts';
import { LetGo, type PushMemory, type PushWork } from './push-work.ts';
import { sendTasks } from './send-tasks.ts';

/** What may pass by itself: then the push waits and tries again. */
const passing = new Set<ErrorCode>(['label_studio_unreachable', 'database_unavailable', 'disk_full']);

/** Ends when the push has: completed, failed, or to be gone on with elsewhere. Throws only what the database does then. */
export async function runPush(work: PushWork, { taken }: { taken: boolean }): Promise<void> {
  const { deps, pace, projectId } = work;
  // What a killed server had sent may still land.
  const memory: PushMemory = { doubt: taken, sent: 0, refusedInARow: 0, refusal: null, since: 0, marks: [] };
  let pause = pace.firstPauseMs;
  for (;;) {
    try {
      if (await pass(work, memory)) return await end(work, { state: 'completed', problem: memory.refusal });
      pause = pace.firstPauseMs;
    } catch (error) {
      if (work.signal.aborted || error instanceof LetGo) return;
      if (!(error instanceof AssayError && passing.has(error.code))) return await fail(work, error as Error);
      if (memory.sent > 0) pause = pace.firstPauseMs;
      deps.log.warn({ project: projectId, problem: error.message }, 'a push waits and tries again');
      await tellWaiting(work, error).catch(() => undefined);
      await sleep(pause, undefined, { signal: work.signal }).catch(() => undefined);
      if (work.signal.aborted) return;
      pause = Math.min(pause * 2, pace.mostPauseMs);
    }
  }
}

/** Gives whether all is there and nothing is in doubt: what landed late, after it was looked for and sent again, is a double. */
async function pass(work: PushWork, memory: PushMemory): Promise<boolean> {
  const { deps, userId, projectId } = work;
  const doubted = memory.doubt;
  memory.doubt = false;
  memory.sent = 0;
  memory.since = Date.now();
  memory.marks = [];
  try {
    const project = await deps.db.asUser(userId, (q) => selectProject(q, projectId));
    const there = await remoteOf(deps, userId, project);
    const each = { work, memory, project, there };
    await lookThere(each);
    await tellReached(work, memory);
    await sendTasks(each);
  } catch (error) {
    memory.doubt ||= doubted;
    throw error;
  }
  return !memory.doubt && !(doubted && memory.sent > 0);
}

/** Why it waits stands on the push and beside the connection until it goes on. */
async function tellWaiting(work: PushWork, error: AssayError): Promise<void> {
  await inPush(work, async (_q, { record }) => {
    record.problem = `waits: ${error.message}`;
    record.per_second = null;
  });
  if (error.code === 'label_studio_unreachable') await noteProblem(work.deps, work.userId, error.message);
}

async function tellReached(work: PushWork, memory: PushMemory): Promise<void> {
  await inPush(work, async (_q, { record }) => {
    // A push that another server began tells of refused tasks here alone.
    if (memory.refusal === null && record.problem !== null && !record.problem.startsWith('waits: ')) {
      memory.refusal = record.problem;
    }
    record.problem = memory.refusal;
  });
  await noteProblem(work.deps, work.userId, null);
}

async function end(work: PushWork, to: { state: 'completed' | 'failed'; problem: string | null }): Promise<void> {
  await inPush(work, async (_q, { record }) => {
    Object.assign(record, { ...to, per_second: null, ended_at: Date.now() });
  });
}

/** It would come again at every try. */
async function fail(work: PushWork, error: Error): Promise<void> {
  const own = error instanceof AssayError;
  const problem = own ? error.message : `a fault of Assay itself: ${error.message}`;
  const { deps, projectId } = work;
  deps.log.warn({ project: projectId, problem, ...(own ? {} : { stack: error.stack }) }, 'a push ended');
  await end(work, { state: 'failed', problem });
}
