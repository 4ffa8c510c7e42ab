/** Decides what becomes of a row whose try failed: again later, again when the engine is back, or failed for good. */

import type { EngineFailure } from '../contracts/engine.ts';
import { AssayError } from '../errors.ts';
import type { WorkRow } from './leases.ts';

export interface RetryLimits {
  maxAttempts: number;
  rateLimitMaxAttempts: number;
  baseMs: number;
  maxMs: number;
  timeoutMs: number;
}

/**
 * - again: after `delayMs`
 * - wait: when the engine is back; the try does not count, since nothing was wrong with the row
 * - failed: `error` goes to the error file
 */
export type Verdict = { fate: 'again'; delayMs: number } | { fate: 'wait' } | { fate: 'failed'; error: AssayError };

/** Counts the failed try on `row` and judges. `alone` says that no other row was in flight when the engine died. */
export function judgeFailure(
  row: WorkRow,
  failure: { error: EngineFailure; engineEnd: string | null; alone: boolean },
  limits: RetryLimits,
): Verdict {
  const { error } = failure;
  if (failure.engineEnd !== null) {
    row.deaths += 1;
    if (failure.alone) row.deathsAlone += 1;
    if (!isProven(row, { alone: failure.alone, engineEnd: failure.engineEnd })) return { fate: 'wait' };
    return {
      fate: 'failed',
      error: new AssayError('request_quarantined', { deaths: row.deaths, problem: failure.engineEnd }),
    };
  }
  if (error.kind === 'unreachable') return { fate: 'wait' };
  if (error.kind === 'rate_limited') {
    row.rateLimited += 1;
    if (row.rateLimited >= limits.rateLimitMaxAttempts) {
      return { fate: 'failed', error: new AssayError('rate_limited', { attempts: row.rateLimited }) };
    }
    return { fate: 'again', delayMs: Math.max(error.retryAfterMs ?? 0, backoff(row.rateLimited, limits)) };
  }
  row.tries += 1;
  if (row.tries >= limits.maxAttempts) return { fate: 'failed', error: lastError(row, error, limits) };
  return { fate: 'again', delayMs: Math.max(error.retryAfterMs ?? 0, backoff(row.tries, limits)) };
}

/**
 * Whether the row is what kills the engine. With others in flight it is only a suspect, which runs alone next. A crash
 * while alone, at the row's second death, is proof; SIGKILL comes from outside (a person, the kernel short of memory)
 * and can strike a blameless row, so that it has to strike the row alone twice.
 */
function isProven(row: WorkRow, death: { alone: boolean; engineEnd: string }): boolean {
  if (!death.alone) return false;
  return death.engineEnd.includes('SIGKILL') ? row.deathsAlone >= 2 : row.deaths >= 2;
}

/** Exponential, with full jitter on its upper half so that rows that failed together do not come back together. */
function backoff(tries: number, limits: RetryLimits): number {
  const ceiling = Math.min(limits.maxMs, limits.baseMs * 2 ** (tries - 1));
  return ceiling / 2 + (Math.random() * ceiling) / 2;
}

function lastError(row: WorkRow, error: EngineFailure, limits: RetryLimits): AssayError {
  const attempts = row.tries;
  switch (error.kind) {
    case 'timeout':
      return new AssayError('request_timeout', { value: limits.timeoutMs, attempts });
    case 'connection_lost':
      return new AssayError('connection_lost', { attempts, problem: error.message });
    case 'bad_answer':
      return new AssayError('engine_bad_answer', { attempts, problem: error.message });
    default:
      return new AssayError('engine_error', { status: error.status ?? 500, attempts, problem: error.message });
  }
}
