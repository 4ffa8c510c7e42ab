/** Gathers ended rows and failed tries, and commits them in groups; keeps them and tries again while the database cannot. */

import type { LandedAttempt, LandedGroup, LandedRow, Landing } from '../contracts/landing.ts';
import type { Log } from '../contracts/log.ts';
import { AssayError } from '../errors.ts';
import type { Lease } from './leases.ts';

export interface LandingDeps {
  land(group: LandedGroup): Promise<Landing>;
  workerId: string;
  /** Rows of a group at most, and the longest wait before one is committed. */
  rows: number;
  ms: number;
  /** Wait before a group that could not be committed is tried again. */
  retryMs: number;
  log: Log;
  /** Called when rows of `leases` have landed, with what became of them. */
  landed(group: { batchId: string; userId: string; leases: Lease[]; landing: Landing }): void;
  /** Called when a commit fails and when one succeeds again (null). */
  waiting(reason: string | null): void;
}

export interface LandingBuffer {
  add(lease: Lease, row: LandedRow, startedAt: number): void;
  addAttempt(lease: Lease, attempt: LandedAttempt): void;
  /** Rows not committed yet. */
  held(): number;
  /** Whether a commit takes long, or fails: rows that end meanwhile would all run again if this process were killed. */
  overdue(): boolean;
  /** Resolves when all is committed, or after `ms`. */
  drain(ms: number): Promise<void>;
}

interface Pending {
  userId: string;
  batchId: string;
  rows: LandedRow[];
  leases: Lease[];
  attempts: LandedAttempt[];
  dispatchedAt: number;
}

/** A commit takes some milliseconds; one that takes longer than this (ms) waits for something. */
const longCommitMs = 100;

/** One buffer serves a worker; groups of one batch are committed one after another. */
export function openLanding(deps: LandingDeps): LandingBuffer {
  const pending = new Map<string, Pending>();
  let held = 0;
  let busy = false;
  let committing = false;
  let begunAt = 0;
  let committedAt = 0;
  let timer: NodeJS.Timeout | null = null;
  const idle: (() => void)[] = [];

  const of = (lease: Lease): Pending => {
    let group = pending.get(lease.batchId);
    if (group === undefined) {
      group = emptyGroup(lease);
      pending.set(lease.batchId, group);
    }
    return group;
  };

  const schedule = () => {
    if (busy) return;
    if (held >= deps.rows) void flush();
    // A lone row is committed at once, a stream of rows every `ms`.
    else timer ??= setTimeout(() => void flush(), Math.max(0, committedAt + deps.ms - performance.now()));
  };

  const flush = async () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (busy) return;
    busy = true;
    for (let group = next(); group !== undefined; group = next()) {
      begunAt = performance.now();
      committing = true;
      const landing = await commit(deps, group);
      // Before `landed` as well: whoever waits for the commit looks again there, and may not be woken a second time.
      committing = false;
      // Before `landed`, which lets new rows start where there is room.
      held -= group.rows.length;
      deps.landed({ batchId: group.batchId, userId: group.userId, leases: group.leases, landing });
      // What came in meanwhile may wait for company, unless somebody waits for the end.
      if (pending.size > 0 && held < deps.rows && held > 0 && idle.length === 0) break;
    }
    busy = false;
    committedAt = performance.now();
    if (pending.size > 0) schedule();
    else for (const resolve of idle.splice(0)) resolve();
  };

  const next = (): Pending | undefined => {
    const group = pending.values().next().value;
    if (group !== undefined) pending.delete(group.batchId);
    return group;
  };

  return {
    add(lease, row, startedAt) {
      const group = of(lease);
      group.rows.push(row);
      group.leases.push(lease);
      group.dispatchedAt = Math.min(group.dispatchedAt, startedAt);
      held += 1;
      schedule();
    },
    addAttempt(lease, attempt) {
      of(lease).attempts.push(attempt);
      schedule();
    },
    held: () => held,
    overdue: () => committing && performance.now() - begunAt > longCommitMs,
    drain: (ms) =>
      pending.size === 0 && !busy
        ? Promise.resolve()
        : untilIdle(ms, (resolve) => {
            idle.push(resolve);
            void flush();
          }),
  };
}

const emptyGroup = ({ userId, batchId }: Lease): Pending => ({
  userId,
  batchId,
  rows: [],
  leases: [],
  attempts: [],
  dispatchedAt: Date.now(),
});

async function untilIdle(ms: number, ask: (resolve: () => void) => void): Promise<void> {
  let late: NodeJS.Timeout | undefined;
  await Promise.race([new Promise<void>(ask), new Promise<void>((resolve) => (late = setTimeout(resolve, ms)))]);
  clearTimeout(late);
}

async function commit(deps: LandingDeps, group: Pending): Promise<Landing> {
  for (let failures = 0; ; failures++) {
    try {
      const landing = await deps.land({
        userId: group.userId,
        batchId: group.batchId,
        workerId: deps.workerId,
        dispatchedAt: new Date(group.dispatchedAt),
        rows: group.rows,
        attempts: group.attempts,
      });
      if (failures > 0) {
        deps.log.info({ batch: group.batchId, rows: group.rows.length }, 'results committed again');
        deps.waiting(null);
      }
      return landing;
    } catch (error) {
      const problem =
        error instanceof AssayError ? error.message : `results cannot be committed: ${(error as Error).message}`;
      if (failures === 0)
        deps.log.error({ batch: group.batchId, rows: group.rows.length, problem }, 'results wait to be committed');
      deps.waiting(problem);
      await new Promise((resolve) => setTimeout(resolve, deps.retryMs));
    }
  }
}
