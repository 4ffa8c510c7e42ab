/** Answers judged against the expected one; the published verdicts of 5,276 answers to gsm8k are met exactly. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { guessRules } from '../../src/compare/decision.ts';
import { readAnswers } from '../../src/compare/read-answer.ts';
import { isRight } from '../../src/compare/right-answer.ts';

const right = (content: string, truth: string) => isRight({ decision: null, content }, truth);

test.each<[string, string, boolean]>([
  ['Twice 9 is 18.\nA: 18', 'She sells 18 eggs.\nA: 18', true],
  ['A: 18.00', '#### 18', true],
  ['It costs $1,000.', '1000', true],
  ['A: 9', '#### 18', false],
  ['18 or 19', '18', false],
  ['one half, 1/2', '0.5', true],
  ['50 %', '50', true],
  ['I do not know', '18', false],
  ['12 apples', '12 apples', true],
  ['Paris', 'Paris', true],
  ['**paris.**', 'Paris', true],
  ['The capital is well known.\nAnswer: Paris', 'Paris', true],
  ['Lyon', 'Paris', false],
  ['not Paris', 'Paris', false],
  ['Strong  yes', 'Strong Yes', true],
  ['Apollo 11', 'Apollo 11', true],
  // A name that ends in a number is a name.
  ['Apollo 12, not 11', 'Apollo 11', false],
  ['<think>19?</think>18', '18', true],
  ['', '18', false],
  ['', '', false],
  ['Long\nexact truth', 'Long\nexact truth', true],
])('%j against %j: %j', (content, truth, verdict) => {
  expect(right(content, truth)).toBe(verdict);
});

test('the decision is judged in place of the content', () => {
  expect(isRight({ decision: '18', content: '{"answer": 18, "steps": 3}' }, '18')).toBe(true);
  expect(isRight({ decision: 'no', content: 'yes' }, 'yes')).toBe(false);
  expect(isRight({ decision: null, content: null }, 'yes')).toBe(false);
});

interface Solution {
  is_correct: boolean;
  solution: string;
}
const file = join(process.env.ASSAY_TEST_DATA ?? '../shared/data', 'gsm8k', 'example_model_solutions.jsonl');
const there = existsSync(file);

describe.skipIf(!there)(there ? 'gsm8k' : `gsm8k: skipped, ${file} is not there`, () => {
  const lines = there ? readFileSync(file, 'utf8').trim().split('\n') : [];
  const judged = lines.flatMap((line) => {
    const { question: _, ground_truth: truth, ...models } = JSON.parse(line) as Record<string, unknown>;
    return Object.values(models).map((model) => ({ truth: truth as string, ...(model as Solution) }));
  });

  test('all published verdicts are met, from the text', () => {
    expect(judged).toHaveLength(4 * 1319);
    const wrong = judged.filter(({ solution, truth, is_correct }) => right(solution, truth) !== is_correct);
    expect(wrong).toEqual([]);
  });

  test('and from the decision that guessed rules read', () => {
    const texts = judged.map(({ solution }) => solution);
    const decisions = readAnswers(texts, { decisionPath: null, rules: guessRules(texts.slice(0, 300)) });
    expect(decisions.filter(({ decision }) => decision === null).length).toBeLessThan(30);
    const wrong = judged.filter(
      ({ solution, truth, is_correct }, at) =>
        isRight({ decision: decisions[at]!.decision, content: solution }, truth) !== is_correct,
    );
    expect(wrong).toEqual([]);
  });
});
