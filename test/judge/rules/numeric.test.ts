/** The rule numeric: tolerances, fields, and the published verdicts on 5,276 real answers. */

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ruleSchema } from '../../../src/contracts/judge-rules.ts';
import { compileRules } from '../../../src/judge/rules/run-rules.ts';
import { judged, verdict } from './judged.ts';

test.each<[parameters: object, content: string, expected: unknown, wanted: string]>([
  [{}, 'A: 18', '#### 18', 'pass'],
  [{}, 'So it is $1,234.50.', 1234.5, 'pass'],
  [{}, '1/3', '0.3333333', 'pass'],
  [{}, 'A: 18', '#### 19', 'fail'],
  [{}, 'I do not know', '18', 'fail'],
  [{}, 'A: 18', 'unknown', 'n/a'],
  [{}, 'A: 18', null, 'n/a'],
  [{}, 'A: 18', { n: 18 }, 'n/a'],
  [{ tolerance_abs: 0.5 }, '18.5', 18, 'pass'],
  [{ tolerance_abs: 0.5 }, '18.51', 18, 'fail'],
  [{ tolerance_abs: 0.1 }, '0.8', 0.7, 'pass'],
  [{ tolerance_abs: 0 }, '18.000001', 18, 'fail'],
  [{ tolerance_rel: 0.05 }, '-95', -100, 'pass'],
  [{ tolerance_rel: 0.05 }, '106', 100, 'fail'],
  [{ tolerance_rel: 0.05, tolerance_abs: 10 }, '106', 100, 'pass'],
  [{ tolerance_rel: 0.05 }, '0', 0, 'pass'],
  [{ field: 'total' }, '{"total": 12, "n": 3}', 12, 'pass'],
  [{ field: 'total' }, '{"total": "12 apples", "n": 3}', '12', 'pass'],
  [{ field: 'total' }, '{"total": 12, "n": 3}', { total: 12 }, 'pass'],
  [{ field: 'total' }, '{"total": 12, "n": 3}', { total: 13 }, 'fail'],
  [{ field: 'total' }, '{"total": [12]}', 12, 'fail'],
  [{ field: 'total' }, '{"n": 12}', 12, 'fail'],
  [{}, '<think>18</think> so 19', 18, 'fail'],
])('%j: %s against %j: %s', (...[parameters, content, expected, wanted]) => {
  expect(verdict({ kind: 'numeric', ...parameters }, content, { expected })).toBe(wanted);
});

test('the reason gives both numbers and the difference', () => {
  expect(judged({ kind: 'numeric', tolerance_abs: 1 }, 'A: 20', { expected: '18' }).reason).toBe(
    'the answer gives 20, expected 18 within 1; off by 2',
  );
});

// See CONTRIBUTING.md for the folder of real data.
const folder = process.env.ASSAY_TEST_DATA ?? resolve(import.meta.dirname, '../../../../shared/data');
const file = join(folder, 'gsm8k', 'example_model_solutions.jsonl');
const models = ['6b_finetuning', '6b_verification', '175b_finetuning', '175b_verification'] as const;

describe.skipIf(!existsSync(file))('gsm8k (skipped where the data is not there)', () => {
  test('the rule gives the published is_correct for all 5,276 answers', () => {
    const judge = compileRules([ruleSchema.parse({ kind: 'numeric' })]);
    let answers = 0;
    for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
      const row = JSON.parse(line);
      for (const model of models) {
        const item = { input: { question: row.question }, expected: row.ground_truth };
        const outcome = judge({ content: row[model].solution, finishReason: 'stop', json: undefined, item });
        expect(outcome, row[model].solution).toMatchObject({ applied: 1, pass: row[model].is_correct });
        answers += 1;
      }
    }
    expect(answers).toBe(5276);
  });
});
