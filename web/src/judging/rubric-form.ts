/** A rubric as its editor holds it, what is wrong with it, what the server is sent, and where a refusal belongs. */

import type { z } from 'zod';
import type { newRubric, Rubric } from '../../../src/contracts/judging.ts';

/** Numbers are '' while their field is empty. `key` names a criterion while its name is still written. */
export interface CriterionForm {
  key: string;
  name: string;
  description: string;
  min: number | '';
  max: number | '';
  pass: number | '';
  weight: number | '';
}

export interface RubricForm {
  name: string;
  instructions: string;
  criteria: CriterionForm[];
  /** A JSON list; empty: none. */
  rules: string;
}

/** By path: name, criteria, rules, criteria.0.pass and the like. */
export type RubricFaults = Record<string, string>;
/** Body of POST and PUT /api/evaluation/rubrics, as it is sent. */
export type RubricBody = z.input<typeof newRubric>;

const MOST_CRITERIA = 20;
let made = 0;
const newKey = () => `criterion-${(made += 1)}`;

export const newCriterion = (): CriterionForm => ({
  key: newKey(),
  name: '',
  description: '',
  min: 1,
  max: 10,
  pass: 7,
  weight: 1,
});

export const emptyRubric = (): RubricForm => ({ name: '', instructions: '', criteria: [newCriterion()], rules: '' });

/** A rubric to change, or with a name of its own to begin with. */
export function formOf(
  rubric: Pick<Rubric, 'name' | 'instructions' | 'criteria' | 'rules'>,
  name?: string,
): RubricForm {
  return {
    name: name ?? rubric.name,
    instructions: rubric.instructions,
    criteria: rubric.criteria.map((one) => ({ key: newKey(), ...one })),
    rules: rubric.rules.length === 0 ? '' : JSON.stringify(rubric.rules, null, 2),
  };
}

export function rubricFaults(form: RubricForm): RubricFaults {
  const faults: RubricFaults = {};
  if (form.name.trim() === '') faults.name = 'A rubric has a name';
  if (form.criteria.length === 0) faults.criteria = 'Add a criterion';
  if (form.criteria.length > MOST_CRITERIA) faults.criteria = `At most ${MOST_CRITERIA} criteria`;
  for (const [at, one] of form.criteria.entries()) {
    for (const [field, fault] of Object.entries(criterionFaults(one))) faults[`criteria.${at}.${field}`] = fault;
    if (form.criteria.findIndex(({ name }) => name === one.name) < at && one.name !== '')
      faults[`criteria.${at}.name`] = 'Another criterion has this name';
  }
  const rules = rulesIn(form.rules);
  if (typeof rules === 'string') faults.rules = rules;
  return faults;
}

function criterionFaults({ name, description, min, max, pass, weight }: CriterionForm): RubricFaults {
  const faults: RubricFaults = {};
  if (!/^[a-z][a-z0-9_]{0,63}$/.test(name)) faults.name = 'Lower case letters, digits and _, beginning with a letter';
  if (description.trim() === '') faults.description = 'Say what the judge looks at';
  if (min === '') faults.min = 'A number';
  if (max === '' || (min !== '' && max <= min)) faults.max = 'A number above the lowest';
  if (pass === '' || (min !== '' && pass < min) || (max !== '' && pass > max)) faults.pass = 'Within the scale';
  if (weight === '' || weight <= 0) faults.weight = 'Above 0';
  return faults;
}

/** The rules, or what is wrong with their text. */
function rulesIn(text: string): unknown[] | string {
  if (text.trim() === '') return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : 'Must be a JSON list: [{"kind": "refusal"}]';
  } catch (error) {
    return `Not JSON: ${(error as Error).message}`;
  }
}

/** The body for a form without faults. */
export function rubricOf(form: RubricForm): RubricBody {
  return {
    name: form.name.trim(),
    instructions: form.instructions,
    criteria: form.criteria.map(({ key: _key, ...one }) => one as RubricBody['criteria'][number]),
    rules: rulesIn(form.rules) as NonNullable<RubricBody['rules']>,
  };
}

/** Where a refusal of the server is shown; null where at no field. */
export function rubricFieldOf(path: string | null): string | null {
  if (path === null) return null;
  if (/^rules(\.|\[|$)/.test(path)) return 'rules';
  if (/^criteria\.\d+\.(name|description|min|max|pass|weight)$/.test(path)) return path;
  return ['name', 'instructions', 'criteria'].find((name) => name === path.split('.')[0]) ?? null;
}

/** The list with one of its entries moved by so many places; at an end it stays. */
export function moved<T>(list: readonly T[], at: number, by: number): T[] {
  const to = at + by;
  if (to < 0 || to >= list.length) return [...list];
  const next = list.filter((_, place) => place !== at);
  next.splice(to, 0, list[at]!);
  return next;
}
