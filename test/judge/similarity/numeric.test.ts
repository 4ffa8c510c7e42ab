/** Numeric equality: last numbers, fractions, per cent, units; and the published verdicts of gsm8k are met exactly. */

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { numericEqual } from '../../../src/judge/similarity/numeric.ts';
import { lastQuantity } from '../../../src/judge/similarity/quantity.ts';

test.each<[answer: string, expected: string, value: number | null]>([
  ['So she earns $18.', '18', 1],
  ['18 at first, then 19', '18', 0],
  ['1,234,567.50', '1234567.5', 1],
  ["1'234 francs", '1234', 1],
  ['3/4', '0.75', 1],
  ['1 1/2', '1.5', 1],
  ['a third, 0.333333', '1/3', 1],
  ['0.34', '1/3', 0],
  ['-5', '5', 0],
  ['\u22125', '-5', 1],
  ['1e3', '1000', 1],
  ['#### 42', 'The answer is 42.', 1],
  // Per cent
  ['50 %', '50%', 1],
  ['50 percent', '0.5', 1],
  ['0.5', '50 %', 1],
  ['50', '50 %', 1],
  ['5', '50 %', 0],
  ['50 % of it', '50 m', 0],
  // Units
  ['1.5 km', '1500 m', 1],
  ['It is 1,500 meters long.', '1.5 km', 1],
  ['150 cm', '1.5 m', 1],
  ['0.25kg', '250 g', 1],
  ['2 tonnes', '2000 kilograms', 1],
  ['90 minutes', '1.5 h', 1],
  ['1 h 30 min', '90 minutes', 1],
  ['1 hour and 30 minutes', '5400 s', 1],
  ['1 day, 2 hours', '26 h', 1],
  ['-1 h 30 min', '-90 min', 1],
  ['750 ml', '0.75 l', 1],
  ['1.5 km', '1.5 m', 0],
  ['5 km', '5 kg', 0],
  ['5 m', '5 min', 0],
  ['1.5', '1500 m', 0],
  ['1500', '1500 m', 1],
  // Units that are not known do not count, nor do the halves of those that are made of two.
  ['12 apples', '12', 1],
  ['60 km/h', '60', 1],
  ['60 km/h', '60000 m', 0],
  ['3 km\u00b2', '3000 m', 0],
  ['10 km in 2 hours', '2 h', 1],
  // No number
  ['none', '18', 0],
  ['', '18', 0],
  ['18', 'eighteen', null],
  ['', '', null],
])('%j against %j: %j', (answer, expected, value) => {
  expect(numericEqual(answer, expected)).toBe(value);
});

test('tolerance, absolute and relative', () => {
  const equal = (absolute: number, relative: number) => numericEqual('102', '100', { absolute, relative });
  expect(equal(0, 0.01)).toBe(0);
  expect(equal(0, 0.02)).toBe(1);
  expect(equal(1.9, 0)).toBe(0);
  expect(equal(2, 0)).toBe(1);
  expect(numericEqual('0.1 + 0.2 is 0.30000000000000004', '0.3')).toBe(1);
  expect(numericEqual('1.0000005', '1', { absolute: 0, relative: 0 })).toBe(0);
});

test('a long answer is read at its end, in little time', () => {
  const text = `${'1 km 2 m 3 '.repeat(50_000)} and that makes 2 km 5 m.`;
  const start = process.cpuUsage().user;
  expect(lastQuantity(text)).toEqual({ value: 2005, figure: 5, kind: 'length' });
  expect(process.cpuUsage().user - start).toBeLessThan(1_000_000);
});

// See CONTRIBUTING.md for the folder of real data.
const folder = process.env.ASSAY_TEST_DATA ?? resolve(import.meta.dirname, '../../../../shared/data');
const file = join(folder, 'gsm8k', 'example_model_solutions.jsonl');

describe.skipIf(!existsSync(file))('gsm8k (skipped where the data is not there)', () => {
  test('the published is_correct of all 5,276 answers', () => {
    const models = ['6b_finetuning', '6b_verification', '175b_finetuning', '175b_verification'];
    const wrong: unknown[] = [];
    let judged = 0;
    for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
      const row = JSON.parse(line);
      for (const model of models) {
        const { solution, is_correct } = row[model] as { solution: string; is_correct: boolean };
        judged += 1;
        if ((numericEqual(solution, row.ground_truth) === 1) !== is_correct) wrong.push([solution, row.ground_truth]);
      }
    }
    expect(judged).toBe(5276);
    expect(wrong).toEqual([]);
  });
});
