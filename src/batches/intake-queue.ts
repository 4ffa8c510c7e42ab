/** Takes batches in one after another; one that the database or the disk cannot take now waits and is tried again. */

import type { Log } from '../contracts/log.ts';
import { AssayError } from '../errors.ts';
import { type IntakeDeps, takeIn } from './intake.ts';

export interface IntakeQueue {
  /** Sees to it that the batch is taken in; safe to call again. */
  want(userId: string, batchId: string): void;
  /** Why the intake waits, or null. */
  problem(): string | null;
  /** Resolves when the batch that is being taken in now is done or given up. */
  stop(): Promise<void>;
}

/** Whether the next batch would meet the same problem; any other is one batch's own and must not keep the rest waiting. */
const holdsAll = (error: unknown): boolean =>
  error instanceof AssayError && (error.code === 'disk_full' || error.code === 'database_unavailable');

/** `taken` is called after a batch has become ready to run. */
export function openIntake(deps: IntakeDeps & { log: Log; taken(batchId: string): Promise<void> }): IntakeQueue {
  const wanted = new Map<string, string>();
  let problem: string | null = null;
  let running: Promise<void> | null = null;
  let stopped = false;

  const work = async () => {
    for (
      let next = wanted.entries().next().value;
      next !== undefined && !stopped;
      next = wanted.entries().next().value
    ) {
      const [batchId, userId] = next;
      const began = Date.now();
      try {
        const ready = await takeIn(deps, userId, batchId);
        problem = null;
        if (ready) {
          deps.log.info({ batch: batchId, ms: Date.now() - began }, 'batch taken in');
          await deps.taken(batchId);
        }
      } catch (error) {
        // The batch stays in validating; the next sweep asks for it again.
        problem = (error as Error).message;
        deps.log.warn({ batch: batchId, problem }, 'a batch waits to be taken in');
        if (holdsAll(error)) {
          wanted.clear();
          break;
        }
      }
      wanted.delete(batchId);
    }
    running = null;
  };

  return {
    want(userId, batchId) {
      if (stopped) return;
      wanted.set(batchId, userId);
      running ??= work();
    },
    problem: () => problem,
    async stop() {
      stopped = true;
      await running;
    },
  };
}
