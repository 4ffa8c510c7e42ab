/** Rules about fields: required ones, allowed values, equality with the expected answer. */

import { expect, test } from 'vitest';
import { judged, verdict } from './judged.ts';

const required = { kind: 'required_fields', fields: ['verdict', 'why.short', 'tags.0'] };

test.each<[string, string, string]>([
  ['{"verdict": "yes", "why": {"short": "x"}, "tags": ["a"]}', 'pass', 'are there'],
  ['```json\n{"verdict": 0, "why": {"short": false}, "tags": [[]]}\n```', 'pass', 'are there'],
  ['{"verdict": "yes", "tags": ["a"]}', 'fail', 'why.short missing'],
  ['{"verdict": "yes", "why": {"short": null}, "tags": [""]}', 'fail', '3 required fields: why.short, tags.0 empty'],
  ['{"verdict": "yes", "why": {"short": null}, "tags": []}', 'fail', 'tags.0 missing; why.short empty'],
  ['{"verdict": " ", "why": {"short": "x"}, "tags": [1]}', 'fail', 'verdict empty'],
  ['[{"verdict": "yes", "why": {"short": "x"}, "tags": ["a"]}]', 'pass', 'are there'],
  ['Yes.', 'fail', 'no JSON'],
])('required in %s: %s', (content, wanted, reason) => {
  expect(verdict(required, content)).toBe(wanted);
  expect(judged(required, content).reason).toContain(reason);
});

test('a name that every object inherits is no field', () => {
  expect(verdict({ kind: 'required_fields', fields: ['constructor'] }, '{"a": 1}')).toBe('fail');
  expect(verdict({ kind: 'required_fields', fields: ['toString'] }, '{"a": 1}')).toBe('fail');
});

test.each<[object, string, string]>([
  [{ values: ['Yes', 'No'] }, 'Yes', 'pass'],
  [{ values: ['Yes', 'No'] }, ' **Yes.** \n', 'pass'],
  [{ values: ['Yes', 'No'] }, '"No"', 'pass'],
  [{ values: ['Yes', 'No'] }, 'yes', 'fail'],
  [{ values: ['Yes', 'No'], ignore_case: true }, 'yes', 'pass'],
  [{ values: ['tres bien'], ignore_case: true }, 'Très  Bien', 'pass'],
  [{ values: ['Yes', 'No'] }, 'Yes, of course', 'fail'],
  [{ values: ['Yes', 'No'] }, '', 'fail'],
  [{ field: 'v', values: ['Yes', 'No'] }, '{"v": "No"}', 'pass'],
  [{ field: 'v', values: ['Yes', 'No'] }, '{"v": "Maybe"}', 'fail'],
  [{ field: 'v', values: ['Yes', 'No'] }, '{"w": "Yes"}', 'fail'],
  [{ field: 'v', values: [1, 2, null] }, '{"v": 2}', 'pass'],
  [{ field: 'v', values: [1, 2, null] }, '{"v": "2"}', 'pass'],
  [{ field: 'v', values: [1, 2, null] }, '{"v": null}', 'pass'],
  [{ field: 'v', values: [1, 2, null] }, '{"v": 3}', 'fail'],
  [{ field: 'v', values: [true] }, '{"v": true}', 'pass'],
  [{ field: 'v', values: ['a', 'b'] }, '{"v": ["a", "b"]}', 'pass'],
  [{ field: 'v', values: ['a', 'b'] }, '{"v": ["a", "c"]}', 'fail'],
  [{ field: 'v', values: ['a', 'b'] }, '{"v": []}', 'fail'],
])('allowed %j, given %s: %s', (parameters, content, wanted) => {
  expect(verdict({ kind: 'allowed_values', ...parameters }, content)).toBe(wanted);
});

test('a value that is not allowed is named with the place and what is allowed', () => {
  const { reason } = judged({ kind: 'allowed_values', field: 'a.b', values: ['x', 'y'] }, '{"a": {"b": "z"}}');
  expect(reason).toBe('the field a.b is "z"; allowed: "x", "y"');
});

test.each<[parameters: object, content: string, expected: unknown, wanted: string]>([
  [{ field: 'v' }, '{"v": "yes"}', { v: 'yes' }, 'pass'],
  [{ field: 'v' }, '{"v": "yes"}', '{"v": "yes"}', 'pass'],
  [{ field: 'v' }, '{"v": "yes"}', 'yes', 'pass'],
  [{ field: 'v' }, '{"v": "yes "}', 'yes', 'pass'],
  [{ field: 'v' }, '{"v": "Yes"}', 'yes', 'fail'],
  [{ field: 'v', ignore_case: true }, '{"v": "Yes"}', 'yes', 'pass'],
  [{ field: 'v' }, '{"v": 18}', '18', 'pass'],
  [{ field: 'v' }, '{"v": "18.0"}', 18, 'pass'],
  [{ field: 'v' }, '{"v": "018"}', 18, 'fail'],
  [{ field: 'v' }, '{"v": 19}', '18', 'fail'],
  [{ field: 'v' }, '{"v": true}', 'true', 'pass'],
  [{ field: 'v' }, '{"v": null}', { v: 'x' }, 'fail'],
  [{ field: 'v', expected_field: 'truth.label' }, '{"v": "a"}', { truth: { label: 'a' } }, 'pass'],
  [{ field: 'v', expected_field: 'truth.label' }, '{"v": "b"}', { truth: { label: 'a' } }, 'fail'],
  [{ field: 'v', expected_field: 'truth.label' }, '{"v": "b"}', 'plain text', 'n/a'],
  [{ field: 'v' }, '{"v": {"b": 1, "a": "2"}}', { v: { a: 2, b: '1' } }, 'pass'],
  [{ field: 'v' }, '{"v": ["a", "b"]}', ['a', 'b'], 'pass'],
  [{ field: 'v' }, '{"v": ["b", "a"]}', ['a', 'b'], 'fail'],
  [{ field: 'v' }, '{"w": 1}', { v: 1 }, 'fail'],
  [{ field: 'v' }, 'nothing', { v: 1 }, 'fail'],
  [{ field: 'v' }, '{"v": 1}', null, 'n/a'],
  [{ field: 'v' }, '{"v": 1}', '  ', 'n/a'],
  [{ field: 'v' }, '{"v": 1}', { other: 1 }, 'n/a'],
])('equal by %j: %s against %j: %s', (...[parameters, content, expected, wanted]) => {
  expect(verdict({ kind: 'field_equals', ...parameters }, content, { expected })).toBe(wanted);
});

test('what is not equal is told with both values', () => {
  const { reason } = judged({ kind: 'field_equals', field: 'v' }, '{"v": 19}', { expected: '18' });
  expect(reason).toBe('the field v is 19, expected "18"');
});
