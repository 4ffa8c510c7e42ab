/** Runs the chunks of one model: keeps its engine full, hands ended rows to the landing, waits while the engine is down. */

import type { BatchEndpoint, EngineEndpoint } from '../contracts/engine.ts';
import type { LandedRow } from '../contracts/landing.ts';
import { openAdmission } from './admission.ts';
import { watchLoad } from './admission-watch.ts';
import { openWeights } from './admission-weights.ts';
import type { CardWatch } from './capacity.ts';
import { openGate } from './gate.ts';
import { fetchWhenLow, heartbeat } from './hold-chunks.ts';
import { openLanes } from './lanes.ts';
import type { WorkRow } from './leases.ts';
import { newRequestId } from './output-line.ts';
import { openPace } from './pace.ts';
import { openPrefixSaved } from './prefix-saved.ts';
import { openRecalls } from './recalls.ts';
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
  const card = deps.capacity.card(endpoint, deps.owner);
  const tuner = await tunerOf(deps, { endpoint, card });
  const run = openRun(deps, queueName, { endpoint, card, tuner });
  const endWatch = await watchLoad(run);
  on.opened(run);
  const beat = setInterval(() => void heartbeat(run), 3000);
  try {
    await new Promise<void>((resolve) => {
      run.settle = resolve;
      if (on.stop.aborted) return resolve();
      on.stop.addEventListener('abort', () => resolve(), { once: true });
      pump(run);
    });
  } finally {
    run.stopped = true;
    clearInterval(beat);
    if (run.paced !== null) clearTimeout(run.paced);
    await endWatch();
    deps.release();
    const found = tuner?.found() ?? null;
    if (found !== null) await deps.keepConcurrency(card?.name() ?? '', found).catch(() => undefined);
  }
}

interface RunParts {
  endpoint: EngineEndpoint;
  card: CardWatch | null;
  tuner: Tuner | null;
}

function openRun(deps: ModelRunDeps, queueName: string, { endpoint, card, tuner }: RunParts): ModelRun {
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
    admission: openAdmission({
      weights: openWeights({
        count: (row, body) => deps.capacity.countTokens(run.endpoint, row.chunk.endpoint as BatchEndpoint, body),
        answerTokens: deps.limits.answerTokens,
        changed: () => run.pump(),
      }),
      budget: () => least(deps.capacity.sharedTokens(run.endpoint), card?.ceiling() ?? null),
      now: () => performance.now(),
    }),
    card,
    saved: deps.capacity.load(endpoint) === null ? null : openPrefixSaved(deps.capacity.keepPrefix),
    crowded: false,
    learning: false,
    recalls: openRecalls(),
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
  return run;
}

const least = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);

/** Begins where an earlier run of the model ended on the same card. */
async function tunerOf(deps: ModelRunDeps, on: Omit<RunParts, 'tuner'>): Promise<Tuner | null> {
  const { endpoint, card } = on;
  const { maxConcurrency: max = 0, concurrency, slots } = endpoint;
  if (max <= (slots === null ? concurrency : 1)) return null;
  const best = await deps.bestConcurrency(card?.name() ?? '').catch(() => null);
  return openTuner({
    start: best ?? endpoint.concurrency,
    min: 1,
    max,
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
    const next = suspect === undefined ? nextRow(run) : { row: suspect, lane: null };
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

/** Takes the row that goes next, and its lane, out of those that are ready. */
function nextRow(run: ModelRun): ReturnType<typeof run.lanes.pick> {
  const { ready, lanes, admission } = run;
  if (!admission.limited()) return lanes.pick(ready);
  if (!admission.next(ready)) return null;
  const picked = lanes.pick(ready.slice(0, 1));
  if (picked !== null) ready.shift();
  return picked;
}

function mayStart(run: ModelRun): boolean {
  if (run.alone && run.inFlight > 0) return false;
  if (run.learning || (run.crowded && run.inFlight > 0)) return false;
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
  const held = run.admission.started(row);
  run.inFlight += 1;
  deps.activity.started(batchId);
  run.saved?.started(row.chunk);
  const signal = deps.signalOf(row.chunk);
  const sentAt = Date.now();
  const outcome = await runRow(run, row, { lane, sentAt });
  const landed = outcome.fate === 'landed' ? outcome.row : null;
  told?.(landed);
  held(landed);
  run.saved?.ended(batchId);
  run.inFlight -= 1;
  run.ended.push(Date.now());
  run.tuner?.ended(Date.now() - sentAt);
  if (run.ended.length > endsRemembered) run.ended = run.ended.slice(-endsRemembered / 2);
  run.lanes.free(lane);
  deps.activity.ended(batchId);
  if (run.stopped) return;
  if (landed !== null) land(run, row, { landed, sentAt });
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
