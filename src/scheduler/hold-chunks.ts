/** Keeps enough chunks at hand for one model's run: takes the next before the last is empty, holds their jobs, gives them up. */

import { closeChunks, leaseChunks } from './leases.ts';
import type { HeldJob } from './queue.ts';
import { type ModelRun, rowsAtOnce } from './run-state.ts';

/**
 * Rows held ready beside those in flight, so that the engine never waits for the next chunk: what it does in half a
 * second, four times what it takes at once, and some for each lane.
 */
function readyRows(run: ModelRun): number {
  const forLanes = (run.endpoint.slots ?? 0) * rowsForLane;
  return Math.max(16, rowsAtOnce(run) * 4, forLanes, Math.ceil(rowsPerSecond(run) / 2));
}

/** Present speed of a run; 0 where too few rows have ended to tell. */
export const rowsPerSecond = (run: ModelRun): number =>
  run.ended.length < 2 ? 0 : (run.ended.length / Math.max(50, Date.now() - run.ended[0]!)) * 1000;

/** Rows held ready for each lane, so that one that is faster than the others still finds rows of its own part. */
const rowsForLane = 32;

/** Takes chunks when the rows at hand may soon be too few. */
export function fetchWhenLow(run: ModelRun): void {
  if (!run.fetching && run.ready.length < readyRows(run) && !leavesToOthers(run)) void fetchChunks(run);
}

/** While others idle, nothing is taken that could not begin here at once. */
const leavesToOthers = (run: ModelRun): boolean =>
  run.deps.sharing.othersIdle(run.queueName) && (run.ready.length > 0 || run.inFlight >= run.gate.limit());

/** Chunks taken with one fetch at most. */
const chunksAtOnce = 16;

async function fetchChunks(run: ModelRun): Promise<void> {
  run.fetching = true;
  try {
    const wanted = Math.max(1, Math.ceil((readyRows(run) - run.ready.length) / run.chunkRows));
    const shared = run.deps.sharing.othersIdle(run.queueName);
    const jobs = await run.deps.queue.take(run.queueName, shared ? 1 : Math.min(chunksAtOnce, wanted));
    if (jobs.length > 0) {
      await leaseJobs(run, jobs);
      // Those who idle ask the queue once in that time.
      if (shared) fetchLater(run, emptyMs * 2);
      else run.fetching = false;
      run.pump();
      return;
    }
    await run.deps.sharing.ask(run);
    if (isIdle(run)) run.settle();
    else fetchLater(run, Math.min(mostEmptyMs, Math.max(emptyMs, halfOfReadyMs(run))));
  } catch (error) {
    run.deps.log.warn({ problem: (error as Error).message }, 'chunks cannot be taken now');
    fetchLater(run, run.deps.limits.probeMs);
  }
}

/** Wait before a queue that was empty is asked again; with rows at hand, half of what they last, up to the second. */
const emptyMs = 250;
const mostEmptyMs = 1000;
const halfOfReadyMs = (run: ModelRun): number => {
  const rate = rowsPerSecond(run);
  return rate === 0 ? 0 : (run.ready.length / rate) * 500;
};

/** Until then nothing is fetched: else each row that ends would ask the empty queue again. */
function fetchLater(run: ModelRun, ms: number): void {
  setTimeout(() => {
    run.fetching = false;
    run.pump();
  }, ms);
}

async function leaseJobs(run: ModelRun, jobs: HeldJob[]): Promise<void> {
  for (const job of jobs) run.jobs.set(job.id, { job, lease: null });
  const ids = jobs.map((job) => job.id);
  const chunks = await leaseChunks(run.deps.db, run.deps.workerId, ids).catch(async (error: unknown) => {
    // Not kept: their heartbeat would hold them from every worker.
    for (const id of ids) run.jobs.delete(id);
    await run.deps.queue.giveBack(run.queueName, ids).catch(() => undefined);
    throw error;
  });
  let rows = 0;
  for (const chunk of chunks) {
    if (chunk.rows.length === 0) continue;
    run.jobs.get(chunk.lease.chunkId)!.lease = chunk.lease;
    rows += chunk.rows.length;
    for (const row of chunk.rows) (row.deaths > 0 ? run.suspects : run.ready).push(row);
  }
  if (rows > 0) run.chunkRows = Math.max(1, rows / chunks.length);
  // A worker was killed between its last results and the end of their chunk.
  const drained = chunks.filter((chunk) => chunk.rows.length === 0).map((chunk) => chunk.lease);
  if (drained.length > 0) await closeChunks(run.deps.db, drained);
  const empty = ids.filter((id) => run.jobs.get(id)?.lease === null);
  if (empty.length > 0) await finishJobs(run, empty);
}

/** All rows have ended and landed: a job is held until the end of its chunk is written. */
function isIdle(run: ModelRun): boolean {
  const rows = run.inFlight + run.resting + run.ready.length + run.suspects.length;
  return rows === 0 && run.jobs.size === 0;
}

/** Gives up the jobs of chunks that have nothing left for this worker. */
export async function finishJobs(run: ModelRun, chunkIds: string[]): Promise<void> {
  const held = chunkIds.flatMap((id) => run.jobs.get(id) ?? []);
  for (const { job } of held) run.jobs.delete(job.id);
  if (held.length === 0) return;
  await run.deps.queue.done(
    run.queueName,
    held.map(({ job }) => job),
  );
}

export async function heartbeat(run: ModelRun): Promise<void> {
  if (run.jobs.size === 0) return;
  await run.deps.queue
    .beat(
      run.queueName,
      [...run.jobs.values()].map((held) => held.job),
    )
    .catch(() => undefined);
}
