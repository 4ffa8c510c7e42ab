/** Rules about fields: those that have to be there, their allowed values, equality with the expected answer. */

import { isDeepStrictEqual } from 'node:util';
import { textKey } from '../../compare/text-key.ts';
import type { RuleOf } from '../../contracts/judge-rules.ts';
import { type Check, counted, failed, fieldOf, notApplied, passed, placeOf, shown } from './checked-answer.ts';
import { expectedAt } from './expected.ts';

const MAX_LISTED = 20;
/** What may stand around a short answer: white space, quotes, emphasis, a full stop. */
const AROUND = /^[\s"'`*_\u2018-\u201f]+|[\s"'`*_.\u2018-\u201f\u3002]+$/g;
/** Longer answers are no value of a list; AROUND takes time where there are many such characters. */
const MAX_VALUE = 10_000;

export function requiredFieldsCheck({ fields }: RuleOf<'required_fields'>): Check {
  return (answer) => {
    if (answer.json === undefined) return failed(`the answer holds no JSON, so none of ${fields.join(', ')}`);
    const missing: string[] = [];
    const empty: string[] = [];
    for (const path of fields) {
      const { value, missing: absent } = fieldOf(answer, path);
      if (absent !== null) missing.push(path);
      else if (value === null || (typeof value === 'string' && value.trim() === '')) empty.push(path);
    }
    if (missing.length + empty.length === 0) return passed(`all of ${fields.join(', ')} are there`);
    const faults = [
      ...(missing.length > 0 ? [`${missing.join(', ')} missing`] : []),
      ...(empty.length > 0 ? [`${empty.join(', ')} empty`] : []),
    ];
    return failed(`of ${counted(fields.length, 'required field')}: ${faults.join('; ')}`, { missing, empty });
  };
}

export function allowedValuesCheck({ field, values, ignore_case }: RuleOf<'allowed_values'>): Check {
  const keyOf = (value: unknown) => {
    const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
    return ignore_case ? textKey(text) : text.trim();
  };
  const allowed = new Set(values.map(keyOf));
  const listed = values.slice(0, MAX_LISTED).map(shown).join(', ') + (values.length > MAX_LISTED ? ', …' : '');
  return (answer) => {
    let given: unknown[];
    if (field === undefined) {
      const { text } = answer;
      given = [text.length > MAX_VALUE ? text : text.trim().replace(AROUND, '')];
    } else {
      const read = fieldOf(answer, field);
      if (read.missing !== null) return failed(read.missing);
      given = Array.isArray(read.value) ? read.value : [read.value];
      if (given.length === 0) return failed(`the field ${field} is an empty list; allowed: ${listed}`);
    }
    const wrong = given.find((value) => !allowed.has(keyOf(value)));
    return wrong === undefined
      ? passed(`${placeOf(field)} is ${given.map(shown).slice(0, MAX_LISTED).join(', ')}, which is allowed`)
      : failed(`${placeOf(field)} is ${shown(wrong)}; allowed: ${listed}`);
  };
}

export function fieldEqualsCheck({ field, expected_field, ignore_case }: RuleOf<'field_equals'>): Check {
  const at = expected_field ?? field;
  return (answer) => {
    const expected = expectedAt(answer.item.expected, at, expected_field === undefined);
    if (expected === undefined) {
      return notApplied(`the expected answer of the item has nothing at ${at} (it is ${shown(answer.item.expected)})`);
    }
    const read = fieldOf(answer, field);
    if (read.missing !== null) return failed(`${read.missing}; expected ${shown(expected)}`);
    return isEqual(read.value, expected, ignore_case)
      ? passed(`the field ${field} is ${shown(read.value)}, as expected`)
      : failed(`the field ${field} is ${shown(read.value)}, expected ${shown(expected)}`);
  };
}

function isEqual(a: unknown, b: unknown, ignoreCase: boolean): boolean {
  return isDeepStrictEqual(comparable(a, ignoreCase), comparable(b, ignoreCase));
}

/** The value with its scalars in one form each: numbers and booleans may come as text, white space around counts nowhere. */
function comparable(value: unknown, ignoreCase: boolean): unknown {
  if (Array.isArray(value)) return value.map((each) => comparable(each, ignoreCase));
  if (typeof value === 'object' && value !== null) {
    return new Map(Object.entries(value).map(([name, each]) => [name, comparable(each, ignoreCase)]));
  }
  if (typeof value !== 'string') return value === null ? null : String(value);
  const text = ignoreCase ? textKey(value) : value.trim();
  return /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?$/.test(text) ? String(Number(text)) : text;
}
