/** Predictions that Label Studio would take and not show are told what is wrong with them. */

import { expect, test } from 'vitest';
import { generateConfig } from '../../../../src/curate/label-studio/config/generate-config.ts';
import { readConfig } from '../../../../src/curate/label-studio/config/read-config.ts';
import type { NewPrediction } from '../../../../src/curate/label-studio/wire/client.ts';
import { predictionFault } from './prediction-fault.ts';

const { labelConfig, mapping } = generateConfig({
  models: ['m'],
  blind: true,
  fields: [{ field: 'n', values: ['$1', '2'] }],
});
const { controls } = readConfig(labelConfig);
const verdict = { from_name: 'verdict_a', to_name: 'answer_a', type: 'choices', value: { choices: ['golden'] } };
const fix = { from_name: 'fix_a', to_name: 'answer_a', type: 'textarea', value: { text: ['x'] } };
const field = { from_name: 'field_a_1', to_name: 'answer_a', type: 'choices', value: { choices: ['$1'] } };
const fault = (change: Record<string, unknown>) =>
  predictionFault(
    { model_version: 'v', score: 0.5, result: [verdict, fix, field], ...change } as NewPrediction,
    mapping,
    controls,
  );

test('a sound one', () => {
  expect(fault({})).toBeNull();
  expect(fault({ score: 0, result: [] })).toBeNull();
});

test.each<[Record<string, unknown>, RegExp]>([
  [{ score: 1.01 }, /score must be of \[0, 1\], it is 1.01/],
  [{ score: Number.NaN }, /score/],
  [{ score: null }, /score must be of \[0, 1\], it is null/],
  [{ model_version: '' }, /model_version/],
  [{ result: {} }, /result must be a list/],
  [{ result: [null] }, /result 1: it is no object/],
  [{ result: [verdict, { ...verdict, from_name: 'verdict_b' }] }, /result 2: from_name "verdict_b" is no control/],
  [{ result: [{ ...verdict, to_name: 'prompt' }] }, /to_name "prompt" must be "answer_a"/],
  [{ result: [{ ...verdict, type: 'rating' }] }, /type "rating" must be "choices"/],
  [
    { result: [{ ...verdict, value: { choices: ['great'] } }] },
    /verdict_a has no choice "great"; it has golden, fix, wrong/,
  ],
  [{ result: [{ ...verdict, value: { choices: [] } }] }, /a list with a choice/],
  [{ result: [{ ...verdict, value: { choices: ['golden', 'wrong'] } }] }, /takes one choice, there are 2/],
  [{ result: [{ ...verdict, value: 'golden' }] }, /value must be an object/],
  [{ result: [{ ...fix, value: { text: [1] } }] }, /value.text/],
  [{ result: [{ ...fix, value: {} }] }, /value.text/],
])('%j', (change, message) => {
  expect(fault(change)).toMatch(message);
});
