/** What the page of an analysis says: how steps go, how far labels are to be trusted, which patterns went and came. */

import { expect, test } from 'vitest';
import type { StepObject } from '../../../src/contracts/analyses.ts';
import type { Pattern, PatternComparison } from '../../../src/contracts/mining.ts';
import { comparisonSentence, differenceText, pText, sharesOf } from '../../../web/src/analyses/comparison-words.ts';
import { labelWarning } from '../../../web/src/analyses/pattern-words.ts';
import {
  clusteringOf,
  countWords,
  currentStep,
  progressWords,
  stepsFrom,
  tookText,
} from '../../../web/src/analyses/step-words.ts';

const step = (part: Partial<StepObject>): StepObject => ({
  step: 'cluster',
  status: 'done',
  done: 0,
  total: null,
  counts: {},
  calls: 0,
  prompt_tokens: 0,
  completion_tokens: 0,
  cost: null,
  inputs: 'ab',
  note: null,
  started_at: 100,
  ended_at: 190,
  ...part,
});

test('a step says how far it is and how long it takes, and nothing before it begins', () => {
  expect(progressWords(step({ status: 'running', done: 312, total: 1000 }))).toBe('312 of 1,000');
  expect(progressWords(step({ status: 'running', done: 3 }))).toBe('3');
  expect([progressWords(step({ status: 'waiting' })), progressWords(step({ status: 'running' }))]).toEqual([
    null,
    null,
  ]);
  expect([tookText(step({}), 999), tookText(step({ ended_at: null }), 160)]).toEqual(['1 min 30 s', '1 min']);
  expect(tookText(step({ started_at: null }), 999)).toBeNull();
  expect(countWords({ failures: 1200, by_terms: 1 })).toEqual(['1,200 failures', '1 by terms']);
});

test('done anew are a step and those behind it; a map is another one when the failures were put together anew', () => {
  const steps = [
    step({ step: 'judge' }),
    step({}),
    step({ step: 'label', status: 'failed' }),
    step({ step: 'generate', status: 'skipped' }),
  ];
  expect(stepsFrom({ steps }, 'cluster')).toEqual(['cluster', 'label']);
  expect(currentStep({ steps })?.step).toBe('label');
  expect(clusteringOf({ steps })).not.toBe(clusteringOf({ steps: [step({ ended_at: 200 })] }));
  expect([clusteringOf({ steps: [step({ status: 'running' })] }), clusteringOf({ steps: [] })]).toEqual([null, null]);
});

const pattern = (part: Partial<Pattern>): Pattern => ({
  cluster: 0,
  size: 9,
  title: 't',
  description: '',
  hypothesis: '',
  severity: null,
  data: '',
  titled_by: 'model',
  test: { judge: 'j', n: 20, precision: 0.9, precision_ci: [0.6, 0.98], recall: 1, recall_ci: null, unreadable: 0 },
  tries: [],
  note: null,
  ...part,
});

test('a label that is only terms, was not tested, or is no better than chance is warned of', () => {
  expect(labelWarning(pattern({}))).toBeNull();
  expect(labelWarning(pattern({ titled_by: 'terms', test: null }))).toContain('its terms');
  expect(labelWarning(pattern({ test: null }))).toContain('not tested');
  expect(labelWarning(pattern({ test: { ...pattern({}).test!, precision_ci: [0.4, 0.9] } }))).toContain('chance');
  expect(labelWarning(pattern({ test: { ...pattern({}).test!, precision: null } }))).toContain('no readable');
});

test('which patterns went is said in one sentence; none and one are said rightly, too', () => {
  const change = (each: PatternComparison['patterns'][number]['change']) =>
    ({ change: each }) as PatternComparison['patterns'][number];
  const compared = (patterns: PatternComparison['patterns']) =>
    comparisonSentence({ overall: { n: 1000, failed_before: 302, failed_after: 154 }, patterns } as PatternComparison);
  const whole = 'Of 1,000 items judged in both, 302 failed before and 154 fail after.';
  expect(compared([])).toBe(whole);
  expect(compared([change('gone'), change('fewer'), change('fewer'), change('same')])).toBe(
    `${whole} 1 pattern is gone, 2 have fewer failures, 1 shows no clear change.`,
  );
  expect([differenceText(-0.83, [-0.91, -0.052]), differenceText(0, null), differenceText(null, null)]).toEqual([
    '−83 points (−91 to −5.2)',
    '0 points',
    'unknown',
  ]);
  expect([pText(null), pText(1e-9), pText(0.0312), pText(1)]).toEqual([
    'no pair differs',
    'p < 0.001',
    'p = 0.031',
    'p = 1.00',
  ]);
  expect(sharesOf({ n: 0, failed_before: 0, failed_after: 0 })).toEqual([0, 0]);
});
