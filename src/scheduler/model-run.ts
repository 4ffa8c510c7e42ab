/** Runs the chunks of one model: keeps its engine full, hands ended rows to the landing, waits while the engine is down. */

import type { EngineEndpoint } from '../contracts/engine.ts';
import type { LandedRow } from '../contracts/landing.ts';
import { openGate } from './gate.ts';
import { fetchWhenLow, heartbeat } from './hold-chunks.ts';
import { openLanes } from './lanes.ts';
import type { WorkRow } from './leases.ts';
import { newRequestId } from './output-line.ts';
import { openPace } from './pace.ts';
import { runRow } from './run-row.ts';
import { type ModelRun, type ModelRunDeps, rowsAtOnce } from './run-state.ts';
import { openTuner, type Tuner } from './tuner.ts';
import { twinRow } from './twins.ts';

/** Works the queue until it is empty, or `stop` is aborted; rows in flight are then given up. Throws what `acquire` does. */
export async function runModel(
  deps: ModelRunDeps,
  queueName: string,
  on: { stop: AbortSignal; opened(run: ModelRun): void },
): Promise<void> {
  const endpoint = await deps.acquire();
  const tuner = await tunerOf(deps, endpoint);
  const limit = deps.rateLimit(endpoint);
  const share = deps.pressure(endpoint);
  const ceiling = () => Math.max(1, Math.floor((tuner?.limit() ?? endpoint.concurrency) * share()));
  const run: ModelRun = {
    deps,
    queueName,
    endpoint,
    gate: openGate(ceiling, () => run.pump()),
    pace: limit === null ? null : openPace(limit),
    paced: null,
    tuner,
    lanes: openLanes(endpoint.slots),
    ready: [],
    suspects: [],
    resting: 0,
    inFlight: 0,
    alone: false,
    stopped: false,
    fetching: false,
    // Unknown: the first fetch takes one chunk, which tells.
    chunkRows: Number.POSITIVE_INFINITY,
    jobs: new Map(),
    ended: [],
    pump: () => pump(run),
    settle: () => undefined,
  };
  on.opened(run);
  const beat = setInterval(() => void heartbeat(run), 3000);
  try {
    await new Promise<void>((resolve) => {
      run.settle = resolve;
      on.stop.addEventListener('abort', () => resolve(), { once: true });
      pump(run);
    });
  } finally {
    run.stopped = true;
    clearInterval(beat);
    if (run.paced !== null) clearTimeout(run.paced);
    deps.release();
    const found = tuner?.found() ?? null;
    if (found !== null) await deps.keepConcurrency(found).catch(() => undefined);
  }
}

/** Begins where an earlier run of the model ended. */
async function tunerOf(deps: ModelRunDeps, endpoint: EngineEndpoint): Promise<Tuner | null> {
  if ((endpoint.maxConcurrency ?? 0) <= endpoint.concurrency) return null;
  const best = await deps.bestConcurrency().catch(() => null);
  return openTuner({
    start: best ?? endpoint.concurrency,
    min: 1,
    max: endpoint.maxConcurrency!,
    windowMs: deps.limits.tuneWindowMs,
    holdMs: deps.limits.tuneHoldMs,
    now: () => performance.now(),
  });
}

/** Ends of rows that are remembered to tell the present speed. */
const endsRemembered = 512;

function pump(run: ModelRun): void {
  if (run.stopped) return;
  while (mayStart(run)) {
    const suspect = run.suspects.length > 0 && run.inFlight === 0 ? run.suspects.shift() : undefined;
    if (run.suspects.length > 0 && suspect === undefined) break;
    const next = suspect === undefined ? run.lanes.pick(run.ready) : { row: suspect, lane: null };
    if (next === null) break;
    if (run.deps.signalOf(next.row.chunk).aborted) {
      run.lanes.free(next.lane);
      continue;
    }
    run.alone = suspect !== undefined;
    void start(run, next.row, next.lane);
    if (run.alone) break;
  }
  run.tuner?.observe(run.inFlight);
  fetchWhenLow(run);
}

function mayStart(run: ModelRun): boolean {
  if (run.alone && run.inFlight > 0) return false;
  if (run.inFlight >= run.gate.limit() || waitsForMinute(run)) return false;
  const { landing, limits } = run.deps;
  return !landing.overdue() && landing.held() < limits.landRows + rowsAtOnce(run);
}

/** Whether the next row has to wait for what its service allows a minute; it then starts by itself. */
function waitsForMinute(run: ModelRun): boolean {
  const row = run.suspects[0] ?? run.ready[0];
  if (run.pace === null || row === undefined) return false;
  const wait = run.pace.waitMs(row);
  if (wait <= 0) return false;
  run.paced ??= setTimeout(() => {
    run.paced = null;
    run.pump();
  }, wait);
  return true;
}

async function start(run: ModelRun, row: WorkRow, lane: number | null): Promise<void> {
  const { deps } = run;
  const { batchId } = row.chunk;
  const told = run.pace?.sent(row);
  run.inFlight += 1;
  deps.activity.started(batchId);
  const signal = deps.signalOf(row.chunk);
  const sentAt = Date.now();
  const outcome = await runRow(run, row, { lane, sentAt });
  told?.(outcome.fate === 'landed' ? outcome.row : null);
  run.inFlight -= 1;
  run.ended.push(Date.now());
  run.tuner?.ended(Date.now() - sentAt);
  if (run.ended.length > endsRemembered) run.ended = run.ended.slice(-endsRemembered / 2);
  run.lanes.free(lane);
  deps.activity.ended(batchId);
  if (run.stopped) return;
  if (outcome.fate === 'landed') land(run, row, { landed: outcome.row, sentAt });
  else if (outcome.fate === 'again') rest(run, row, { signal, delayMs: outcome.delayMs });
  else if (outcome.fate === 'wait' && !signal.aborted) (row.deaths > 0 ? run.suspects : run.ready).unshift(row);
  run.pump();
}

function land(run: ModelRun, row: WorkRow, end: { landed: LandedRow; sentAt: number }): void {
  run.deps.activity.landed(row.chunk.batchId, end.landed);
  run.deps.landing.add(row.chunk, end.landed, end.sentAt);
  if (row.twins.length > 0) void landTwins(run, row, end);
}

function rest(run: ModelRun, row: WorkRow, until: { signal: AbortSignal; delayMs: number }): void {
  run.resting += 1;
  setTimeout(() => {
    run.resting -= 1;
    if (!until.signal.aborted) run.ready.unshift(row);
    run.pump();
  }, until.delayMs);
}

/** Lands the rows that get this one's answer, as fast as they are committed; the chunk is held until all are. */
async function landTwins(run: ModelRun, row: WorkRow, end: { landed: LandedRow; sentAt: number }): Promise<void> {
  const { landing, limits, activity } = run.deps;
  for (const twin of row.twins) {
    if (run.stopped || run.deps.signalOf(row.chunk).aborted) return;
    const landed = twinRow(end.landed, twin, newRequestId());
    activity.landed(row.chunk.batchId, landed);
    landing.add(row.chunk, landed, end.sentAt);
    if (landing.held() > limits.landRows) await landing.drain(limits.probeMs);
  }
}
