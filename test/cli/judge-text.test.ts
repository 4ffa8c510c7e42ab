/** Estimates, progress and figures of judge runs as a terminal shows them. */

import { expect, test } from 'vitest';
import { estimateLines, progressLines } from '../../src/cli/judge-text.ts';
import type { JudgeRunObject } from '../../src/contracts/judging.ts';

const run = {
  id: 'jr_1',
  judges: ['judge'],
  status: 'running',
  problem: null,
  answers: 200,
  judged: 48,
  failed: 2,
  passed: 30,
  calls: 5,
  asked_again: 1,
  prompt_tokens: 1000,
  completion_tokens: 200,
  cost: null,
} as JudgeRunObject;

test('progress: counts, what was asked, and the time left; unknown stays unknown', () => {
  const [first, second] = progressLines(run, { rate: 5, width: 200 });
  expect(first).toMatch(/50\/200 judged, 2 without a verdict {2}left 30/);
  expect(second).toBe('30 passed; 5 calls, 1 of them again; tokens in 1,000, out 200; cost unknown; 5.0/s');
});

test('a judge run that asks no model has no calls, tokens or cost to tell', () => {
  expect(progressLines({ ...run, judges: [] }, { rate: null, width: 200 })[1]).toBe('30 passed');
});

test('an estimate names what one call an answer would take', () => {
  const estimate = {
    answers: 20_000,
    calls: 400,
    prompt_tokens: 5_000_000,
    completion_tokens: null,
    seconds: null,
    cost: 1.5,
    price_as_of: null,
    calls_one_by_one: 20_000,
    prompt_tokens_one_by_one: 9_000_000,
    basis: 'So.',
  };
  expect(estimateLines(estimate)).toEqual([
    '20,000 answers, 400 calls (one by one: 20,000); tokens in 5,000,000, out unknown; time unknown; cost $1.50.',
    'So.',
  ]);
  expect(estimateLines({ ...estimate, price_as_of: '2026-05-27' })[0]).toMatch(
    /cost \$1\.50 \(prices as of 2026-05-27\)\.$/,
  );
});
