/** What becomes of a row whose try failed, by the kind of failure and by its past. */

import { expect, test } from 'vitest';
import { EngineFailure, type FailureKind } from '../../src/contracts/engine.ts';
import { judgeFailure, type Verdict } from '../../src/scheduler/verdict.ts';
import { workRow } from './work-row.ts';

const limits = { maxAttempts: 3, rateLimitMaxAttempts: 4, baseMs: 100, maxMs: 1000, timeoutMs: 7000 };
const judge = (
  row: ReturnType<typeof workRow>,
  kind: FailureKind,
  more: { status?: number; retryAfterMs?: number; end?: string; alone?: boolean } = {},
) =>
  judgeFailure(
    row,
    { error: new EngineFailure(kind, 'what happened', more), engineEnd: more.end ?? null, alone: more.alone ?? false },
    limits,
  );
const codeOf = (verdict: Verdict) => (verdict.fate === 'failed' ? verdict.error.code : verdict.fate);

test.each<[FailureKind, string, RegExp]>([
  ['timeout', 'request_timeout', /in 7000 ms, 3 times/],
  ['connection_lost', 'connection_lost', /3 times: what happened/],
  ['bad_answer', 'engine_bad_answer', /3 times: what happened/],
  ['engine_error', 'engine_error', /answered 503, 3 times: what happened/],
])('%s: tried again up to the limit, then failed with its own error', (kind, code, message) => {
  const row = workRow(1);
  expect(codeOf(judge(row, kind, { status: 503 }))).toBe('again');
  expect(codeOf(judge(row, kind, { status: 503 }))).toBe('again');
  const last = judge(row, kind, { status: 503 });
  expect(codeOf(last)).toBe(code);
  expect(last.fate === 'failed' && last.error.message).toMatch(message);
  expect(row.tries).toBe(3);
});

test('tries of before a restart count', () => {
  expect(codeOf(judge(workRow(1, { tries: 2 }), 'timeout'))).toBe('request_timeout');
});

test('an engine that cannot be reached burns no tries', () => {
  const row = workRow(1);
  for (let i = 0; i < 20; i++) expect(judge(row, 'unreachable')).toEqual({ fate: 'wait' });
  expect([row.tries, row.rateLimited, row.deaths]).toEqual([0, 0, 0]);
});

test('429 has a limit of its own and does not count as a try', () => {
  const row = workRow(1);
  for (let i = 0; i < 3; i++) expect(codeOf(judge(row, 'rate_limited'))).toBe('again');
  const last = judge(row, 'rate_limited');
  expect(codeOf(last)).toBe('rate_limited');
  expect(last.fate === 'failed' && last.error.message).toMatch(/429 4 times/);
  expect(row.tries).toBe(0);
});

test('the wait doubles up to the longest, with jitter, and is never shorter than the engine asks', () => {
  const far = { ...limits, maxAttempts: 100, rateLimitMaxAttempts: 100 };
  const delay = (tries: number, retryAfterMs?: number) => {
    const error = new EngineFailure('timeout', '', { retryAfterMs });
    const verdict = judgeFailure(workRow(1, { tries: tries - 1 }), { error, engineEnd: null, alone: false }, far);
    return verdict.fate === 'again' ? verdict.delayMs : Number.NaN;
  };
  for (const [tries, ceiling] of [
    [1, 100],
    [2, 200],
    [4, 800],
    [5, 1000],
    [60, 1000],
  ] as const) {
    const delays = Array.from({ length: 50 }, () => delay(tries));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(ceiling / 2);
    expect(Math.max(...delays)).toBeLessThanOrEqual(ceiling);
    expect(new Set(delays).size).toBeGreaterThan(10);
  }
  expect(delay(1, 30_000)).toBe(30_000);
});

test('a row in flight with others when the engine dies is a suspect; alone at its second death it is set aside', () => {
  const suspect = workRow(1);
  expect(codeOf(judge(suspect, 'connection_lost', { end: 'signal SIGSEGV' }))).toBe('wait');
  expect(codeOf(judge(suspect, 'connection_lost', { end: 'signal SIGSEGV' }))).toBe('wait');
  const last = judge(suspect, 'connection_lost', { end: 'signal SIGSEGV', alone: true });
  expect(codeOf(last)).toBe('request_quarantined');
  expect(last.fate === 'failed' && last.error.message).toMatch(/died 3 times while it ran \(signal SIGSEGV\)/);
  expect(suspect.tries).toBe(0);
  expect(codeOf(judge(workRow(1), 'connection_lost', { end: 'exit 1', alone: true }))).toBe('wait');
});

test('an engine killed from outside says less: only its second death with the row alone sets the row aside', () => {
  const row = workRow(1);
  const killed = (alone: boolean) => codeOf(judge(row, 'connection_lost', { end: 'signal SIGKILL', alone }));
  expect([killed(false), killed(false), killed(true), killed(true)]).toEqual([
    'wait',
    'wait',
    'wait',
    'request_quarantined',
  ]);
});
