/** Steps, estimates, patterns, targeted data and comparisons of analyses as a terminal shows them, and what flags ask for. */

import { expect, test } from 'vitest';
import { findingOf, targetedOf } from '../../src/cli/analysis-flags.ts';
import {
  analysisEstimateLines,
  comparisonLines,
  foundLines,
  stepLine,
  targetedLines,
} from '../../src/cli/analysis-text.ts';
import { openRates } from '../../src/cli/follow-analysis.ts';
import type { StepObject, WholeAnalysis } from '../../src/contracts/analyses.ts';
import type { Cluster, Pattern, PatternComparison, TargetedStats } from '../../src/contracts/mining.ts';

const step: StepObject = {
  step: 'judge',
  status: 'running',
  done: 50,
  total: 200,
  counts: {},
  calls: 0,
  prompt_tokens: 0,
  completion_tokens: 0,
  cost: null,
  inputs: null,
  note: null,
  started_at: 1000,
  ended_at: null,
};
const lineOf = (more: Partial<StepObject>, rate: number | null = null): string =>
  stepLine({ ...step, ...more }, { rate, now: 1090, width: 200 });

test.each<[string, Partial<StepObject>, number | null, string]>([
  ['waits', { status: 'waiting', started_at: null }, null, 'judge     waiting'],
  ['runs', {}, 5, 'judge     ███░░░░░░░░░ 50/200, 5.0/s, left 30 s; 1:30 min'],
  ['stands still', {}, 0, 'judge     ███░░░░░░░░░ 50/200, 0.0/s, left ?; 1:30 min'],
  ['runs towards nobody knows what', { total: null, done: 7 }, null, 'judge     running: 7; 1:30 min'],
  ['has nothing to do', { total: 0, done: 0 }, null, 'judge     running; 1:30 min'],
  [
    'was done',
    { status: 'done', counts: { judged: 1200, passed: 3 }, ended_at: 1004 },
    null,
    'judge     done: 1,200 judged, 3 passed; 4 s',
  ],
  [
    'was there',
    { step: 'test_set', status: 'reused', counts: { rows: 8 }, started_at: null },
    null,
    'test set  reused: 8 rows',
  ],
  ['is left out', { step: 'generate', status: 'skipped' }, null, 'generate  skipped'],
  [
    'says why',
    { status: 'failed', ended_at: 1001, note: 'no\nmodel\u001b[31m' },
    null,
    'judge     failed; 1 s; no model',
  ],
])('a step that %s', (...[, more, rate, wanted]) => {
  expect(lineOf(more, rate)).toBe(wanted);
});

test('what a step asked of models stands beside it; an unknown cost stays unknown', () => {
  const asked = { calls: 12, prompt_tokens: 3400, completion_tokens: 90 };
  expect(lineOf(asked)).toContain('; 12 calls, tokens in 3,400, out 90, cost unknown; ');
  expect(lineOf({ ...asked, cost: 0.5 })).toContain('cost $0.5000');
  expect(stepLine(step, { rate: 5, now: 1090, width: 20 })).toHaveLength(20);
});

test('the rate counts from when the step was first seen running, anew when it begins anew', () => {
  const rateOf = openRates();
  expect(rateOf(step, 10)).toBeNull();
  expect(rateOf({ ...step, done: 60 }, 10.5)).toBeNull();
  expect(rateOf({ ...step, done: 70 }, 12)).toBe(10);
  expect(rateOf({ ...step, done: 0 }, 13)).toBeNull();
  expect(rateOf({ ...step, done: 4 }, 15)).toBe(2);
  expect(rateOf({ ...step, status: 'done' }, 16)).toBeNull();
});

test('an estimate has a line a step', () => {
  const none = { calls: 0, prompt_tokens: 0, completion_tokens: 0, seconds: null, cost: null, basis: 'By words.' };
  const some = { calls: 20, prompt_tokens: 5000, completion_tokens: null, seconds: 65, cost: 1.5, basis: 'So.' };
  expect(
    analysisEstimateLines({
      steps: [
        { step: 'judge', ...some },
        { step: 'cluster', ...none },
      ],
    }),
  ).toEqual([
    'judge     20 calls; tokens in 5,000, out unknown; cost $1.50; time 1:05 min. So.',
    'cluster   no call to a model; time unknown. By words.',
  ]);
});

const cluster = { cluster: 0, size: 30, share: 0.6, terms: [{ term: 'off' }, { term: 'by one' }] } as Cluster;
const test5 = { precision: 0.9, recall: 0.75 };
const pattern = { title: 'Off by\none', severity: 'high', test: test5, note: 'weak' } as Pattern;
const analysis = {
  failures: 50,
  clusters: 1,
  vectors: { by: 'model', model: 'minilm' },
  found: [],
} as unknown as WholeAnalysis;

test('patterns: sizes, tests and notes; without a name the terms; other last', () => {
  const other = { ...cluster, cluster: -1, size: 20, share: 0.4 };
  const found = [
    { cluster, pattern },
    { cluster: { ...cluster, cluster: 1 }, pattern: null },
    { cluster: other, pattern: null },
  ];
  expect(foundLines({ ...analysis, found }, 200)).toEqual([
    '50 failures, 1 cluster by minilm:',
    '       failures   severity  precision / recall  pattern',
    '0      30 (60 %)  high      90 % / 75 %         Off by one',
    '1      30 (60 %)  -         -                   off, by one',
    'other  20 (40 %)  -         -                   like no other',
    '0: weak',
  ]);
  expect(foundLines({ ...analysis, failures: 0 }, 80)).toEqual(['No failures: there is nothing to group.']);
  expect(foundLines(analysis, 80)).toEqual(['50 failures, not grouped.']);
});

test('targeted data: what was kept, what was dropped and why, what leaked', () => {
  const leakage = { test_rows: 200, removed: 2, threshold: 0.6, examples: [] };
  const dropped = { judge: 3, near_duplicate_of_test_set: 2, empty: 0 };
  const stats = {
    kept: 45,
    wanted: 50,
    asked: 60,
    dropped,
    leakage,
    cost: null,
    stopped_by_budget: true,
    notes: ['So.'],
  };
  expect(targetedLines(stats as unknown as TargetedStats)).toEqual([
    '45 of 50 rows kept, 60 asked for; cost unknown.',
    'Dropped: 3 judge, 2 near duplicate of test set.',
    'Leakage: 2 rows like one of the 200 prompts of the test set were removed.',
    'The budget ended it; what is there was kept.',
    'So.',
  ]);
});

test('a comparison: which patterns went and which came, the least sure told as it is', () => {
  const change = {
    n: 40,
    failed_before: 20,
    failed_after: 5,
    difference: -0.375,
    difference_ci: [-0.5, 0.2],
    p: 0.00002,
  };
  const still = {
    n: 9,
    failed_before: 0,
    failed_after: 0,
    difference: null,
    difference_ci: null,
    p: null,
    change: 'same',
  };
  const side = { judge_run_id: 'jr_1', model_id: 'm' };
  const patterns = [
    { ...change, cluster: 0, title: 'Off by one', change: 'fewer' },
    { ...still, cluster: 1, title: 'Units' },
  ];
  const all = { ...change, change: 'fewer', p: 0.04 };
  const given = {
    before: side,
    after: { ...side, judge_run_id: 'jr_2' },
    n: 100,
    overall: all,
    patterns,
    unlike: 4,
    notes: [],
  };
  expect(comparisonLines(given as unknown as PatternComparison, 200)).toEqual([
    'm (jr_1) before, m (jr_2) after; 100 items judged in both.',
    'change  failures       points  95 % interval   p        pattern',
    'fewer   20 to 5 of 40  -37.5   -50.0 to +20.0  0.040    all',
    'fewer   20 to 5 of 40  -37.5   -50.0 to +20.0  < 0.001  Off by one',
    'same    0 to 0 of 9    -       -               -        Units',
    '4 failures that were none before are like no pattern.',
  ]);
});

test('flags ask for what was stated, and for nothing else', () => {
  expect(findingOf({})).toEqual({ cluster: {}, label: {} });
  expect(findingOf({ embeddings: 'tfidf', minSize: '5', labelModel: 'm' })).toEqual({
    cluster: { model: null, min_size: 5 },
    label: { model: 'm' },
  });
  expect(targetedOf({ budgetUsd: '1' })).toBeUndefined();
  expect(targetedOf({ answerModel: 'big', rows: '20', clusters: '0,2', budgetCalls: '9' })).toEqual({
    model: 'big',
    answer_model: 'big',
    rows: 20,
    clusters: [0, 2],
    budget: { calls: 9 },
  });
  expect(() => targetedOf({ rows: '20' })).toThrow('--generate-model');
  expect(() => targetedOf({ rows: 'many', generateModel: 'm' })).toThrow(/--rows.*many/);
});
