/** The rubric editor's form becomes what the server takes, or says what is wrong at which field. */

import { expect, test } from 'vitest';
import { newRubric } from '../../src/contracts/judging.ts';
import {
  type CriterionForm,
  emptyRubric,
  formOf,
  moved,
  newCriterion,
  type RubricForm,
  rubricFaults,
  rubricFieldOf,
  rubricOf,
} from '../../web/src/judging/rubric-form.ts';

const criterion = (part: Partial<CriterionForm> = {}): CriterionForm => ({
  ...newCriterion(),
  name: 'tone',
  description: 'Is it friendly?',
  ...part,
});
const form = (part: Partial<RubricForm> = {}): RubricForm => ({
  ...emptyRubric(),
  name: 'Support',
  criteria: [criterion()],
  ...part,
});

test('a form without faults is a rubric that the contract takes, and comes back the same', () => {
  const filled = form({ instructions: 'Be strict.', rules: '[{"kind": "refusal", "spares_llm": true}]' });
  expect(rubricFaults(filled)).toEqual({});
  const kept = newRubric.parse(rubricOf(filled));
  expect(kept).toMatchObject({
    name: 'Support',
    instructions: 'Be strict.',
    criteria: [{ name: 'tone', description: 'Is it friendly?', min: 1, max: 10, pass: 7, weight: 1 }],
    rules: [{ kind: 'refusal', spares_llm: true }],
  });
  expect(newRubric.parse(rubricOf(formOf(kept)))).toEqual(kept);
  expect(formOf(kept, 'A copy').name).toBe('A copy');
});

test.each<[string, Partial<RubricForm>, string[]]>([
  ['no name', { name: ' ' }, ['name']],
  ['no criterion', { criteria: [] }, ['criteria']],
  ['a name in capitals', { criteria: [criterion({ name: 'Tone' })] }, ['criteria.0.name']],
  ['two of a name', { criteria: [criterion(), criterion()] }, ['criteria.1.name']],
  ['nothing said', { criteria: [criterion({ description: '' })] }, ['criteria.0.description']],
  [
    'a scale upside down',
    { criteria: [criterion({ min: 10, max: 1, pass: 5 })] },
    ['criteria.0.max', 'criteria.0.pass'],
  ],
  ['a mark beyond the scale', { criteria: [criterion({ pass: 11 })] }, ['criteria.0.pass']],
  ['no weight', { criteria: [criterion({ weight: 0 })] }, ['criteria.0.weight']],
  ['rules that are no JSON', { rules: '[{' }, ['rules']],
  ['rules that are no list', { rules: '{}' }, ['rules']],
])('%s is a fault at its field', (_, part, fields) => {
  expect(Object.keys(rubricFaults(form(part))).sort()).toEqual(fields);
});

test('a refusal of the server finds its field', () => {
  const found = ['criteria.1.pass', 'rules[0].pattern', 'rules.0.kind', 'name', 'criteria.0.odd', 'seed'].map((param) =>
    rubricFieldOf(param),
  );
  expect(found).toEqual(['criteria.1.pass', 'rules', 'rules', 'name', 'criteria', null]);
  expect(rubricFieldOf(null)).toBeNull();
});

test('criteria change places, and stay at the ends', () => {
  expect(moved(['a', 'b', 'c'], 0, 1)).toEqual(['b', 'a', 'c']);
  expect(moved(['a', 'b', 'c'], 2, -1)).toEqual(['a', 'c', 'b']);
  expect([moved(['a', 'b'], 0, -1), moved(['a', 'b'], 1, 1)]).toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ]);
});
