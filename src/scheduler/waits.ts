/** Says in words why a batch makes no progress right now, and since when. */

import { queueName } from './queue.ts';
import type { WorkerReport } from './worker-report.ts';

export interface WaitSources {
  report(): WorkerReport | null;
  /** Whether a worker is up. */
  alive(): boolean;
  /** Said while none is. */
  nobody: string;
  /** Why batches cannot be taken in, or null. */
  intakeProblem(): string | null;
  engines(): {
    id: string;
    state: string;
    progress?: { bytes: number; total: number | null } | null;
    last_error?: string | null;
  }[];
}

export interface Waits {
  of(batch: {
    batchId: string;
    userId: string;
    model: string | null;
    status: string;
  }): { reason: string; since: number } | null;
}

export function openWaits(sources: WaitSources): Waits {
  const since = new Map<string, { reason: string; at: number }>();
  return {
    of(batch) {
      const reason = reasonOf(sources, batch);
      if (reason === null) {
        since.delete(batch.batchId);
        return null;
      }
      // Numbers in a reason move on while the reason stays.
      const kind = reason.replace(/[\d.]+/g, '');
      const known = since.get(batch.batchId);
      const at = known?.reason === kind ? known.at : Math.floor(Date.now() / 1000);
      since.set(batch.batchId, { reason: kind, at });
      return { reason, since: at };
    },
  };
}

function reasonOf(
  sources: WaitSources,
  batch: { userId: string; model: string | null; status: string },
): string | null {
  if (batch.status === 'validating') return sources.intakeProblem();
  const report = sources.report();
  if (report === null || !sources.alive()) return sources.nobody;
  if (report.storage !== null) return report.storage;
  if (batch.model === null) return null;
  const engine = sources.engines().find((one) => one.id === batch.model);
  if (engine?.state === 'downloading') {
    const { bytes = 0, total = null } = engine.progress ?? {};
    const share = total === null ? '' : ` (${Math.floor((bytes / total) * 100)} % of ${Math.round(total / 1e6)} MB)`;
    return `model ${batch.model} is being downloaded${share}`;
  }
  // A shared model's queue, or that of the user's own model.
  const own = (scope: string) => report.models[queueName(scope, batch.model!)] ?? null;
  return own('') ?? own(batch.userId);
}
