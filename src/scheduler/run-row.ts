/** Runs one try of one row and says what becomes of it; records a failed try. */

import type { BatchEndpoint } from '../contracts/engine.ts';
import { type EngineAnswer, EngineFailure, type FailureKind } from '../contracts/engine.ts';
import type { LandedRow } from '../contracts/landing.ts';
import { AssayError } from '../errors.ts';
import { parseExactly } from '../files/exact-json.ts';
import { overflowed } from './admission-overflow.ts';
import { awaitEngine } from './breaker.ts';
import type { WorkRow } from './leases.ts';
import { answeredRow, failedRow } from './output-line.ts';
import { Recalled, recallable } from './recalls.ts';
import type { ModelRun } from './run-state.ts';
import { judgeFailure, type Verdict } from './verdict.ts';

/** - gone: the batch ended meanwhile; nothing is to be written for it */
export type Outcome =
  | { fate: 'landed'; row: LandedRow }
  | { fate: 'again'; delayMs: number }
  | { fate: 'wait' }
  | { fate: 'gone' };

export async function runRow(
  run: ModelRun,
  row: WorkRow,
  sent: { lane: number | null; sentAt: number },
): Promise<Outcome> {
  const { deps, endpoint } = run;
  const ended = deps.signalOf(row.chunk);
  const signal = recallable(run.recalls, ended);
  try {
    const path = row.chunk.endpoint as BatchEndpoint;
    const body = parseExactly(row.body) as Record<string, unknown>;
    const { context } = row.chunk;
    const fitted = context === null ? { body, trim: null } : await deps.fit({ endpoint, path, body }, context);
    const answer: EngineAnswer = await deps.complete(endpoint, {
      path,
      body: fitted.body,
      lane: sent.lane,
      timeoutMs: deps.limits.timeoutMs,
      signal,
      received: run.tuner?.progress,
    });
    run.gate.succeeded();
    return { fate: 'landed', row: answeredRow(row, answer, { sentAt: sent.sentAt, trim: fitted.trim }) };
  } catch (error) {
    if (ended.aborted) return { fate: 'gone' };
    if (error instanceof Recalled) return { fate: 'wait' };
    if (error instanceof AssayError)
      return { fate: 'landed', row: failedRow(row, error, { status: null, sentAt: sent.sentAt }) };
    const failure =
      error instanceof EngineFailure
        ? error
        : new EngineFailure('bad_answer', (error as Error).message, { cause: error });
    return failed(run, row, { failure, endpoint, sentAt: sent.sentAt });
  }
}

/** Failures that an engine answers with when it has more to do than it can. */
const tooMuch = new Set<FailureKind>(['rate_limited', 'engine_error', 'timeout', 'overflowed']);
/** In which words engines and their drivers say that the memory of a card is used up. */
const outOfMemory = /out of (?:device )?memory|OutOfMemory|ErrorOutOfDeviceMemory|failed to allocate \S* ?buffer/i;

async function failed(
  run: ModelRun,
  row: WorkRow,
  at: { failure: EngineFailure; endpoint: ModelRun['endpoint']; sentAt: number },
): Promise<Outcome> {
  const { failure, endpoint } = at;
  const { deps } = run;
  // Read before the wait below, in which the others in flight fail as well.
  const alone = run.alone && run.inFlight === 1;
  const broken = failure.kind === 'connection_lost' || failure.kind === 'unreachable';
  const end = broken && endpoint.generation > 0 ? await deps.engineEnd(endpoint) : null;
  // Refused while the engine was already gone: this row did not run in it.
  const engineEnd = failure.kind === 'connection_lost' ? end : null;
  if (failure.kind === 'rate_limited') run.gate.slowDown(failure.retryAfterMs);
  if (tooMuch.has(failure.kind)) run.tuner?.trouble();
  if (outOfMemory.test(`${failure.message} ${end ?? ''}`)) run.card?.outOfMemory(run.admission.tokensInFlight());
  const blameless = failure.kind === 'overflowed' && !overflowed(run, row);
  const verdict: Verdict = blameless
    ? { fate: 'wait' }
    : judgeFailure(row, { error: failure, engineEnd, alone }, deps.limits);
  if (failure.kind !== 'unreachable') {
    row.attempts += 1;
    deps.landing.addAttempt(row.chunk, {
      line: row.line,
      attempt: row.attempts,
      code: engineEnd !== null ? 'engine_died' : codeOf(failure, blameless),
      statusCode: failure.status,
      message: engineEnd ?? failure.message,
      startedAt: new Date(at.sentAt),
      endedAt: new Date(),
    });
  }
  if (failure.kind === 'unreachable' || end !== null) awaitEngine(run, end ?? failure.message);
  if (verdict.fate !== 'failed') return verdict;
  return { fate: 'landed', row: failedRow(row, verdict.error, { status: failure.status, sentAt: at.sentAt }) };
}

/** An overflow that the row is to blame for itself counts as a try, as other errors of the engine do (leases.ts). */
const codeOf = ({ kind }: EngineFailure, blameless: boolean): FailureKind =>
  kind === 'overflowed' && !blameless ? 'engine_error' : kind;
