/** A corrected field changes its own value in an answer and nothing else. */

import { expect, test } from 'vitest';
import { ownValue, withField } from '../../../../src/curate/label-studio/task/answer-field.ts';

const of = (field: string, ...values: string[]) => ({ field, first: true, values });

test.each<[string, string, string, string, string | null]>([
  [
    'form and numbers are kept',
    '{ "n":1.50 ,"a" : {"b":"x"}, "big": 12345678901234567890 }',
    'a.b',
    'y',
    '{ "n":1.50 ,"a" : {"b":"y"}, "big": 12345678901234567890 }',
  ],
  ['a number stays one', '{"a":1}', 'a', '2.5', '{"a":2.5}'],
  ['a text of digits stays a text', '{"a":"1"}', 'a', '2', '{"a":"2"}'],
  ['a truth value', '{"a": true}', 'a', 'false', '{"a": false}'],
  ['what is no number becomes a text', '{"a":1}', 'a', 'n/a', '{"a":"n/a"}'],
  ['null', '{"a":null,"b":"x"}', 'a', 'yes', '{"a":"yes","b":"x"}'],
  ['quotes', '{"a":"x\\"}{"}', 'a', '"\n', '{"a":"\\"\\n"}'],
  ['the last of two', '{"a":"x","a":"z"}', 'a', 'y', '{"a":"x","a":"y"}'],
  [
    'prose and a fence',
    'Yes {so} it is:\n```json\n{"a": "x"}\n```\nDone.',
    'a',
    'y',
    'Yes {so} it is:\n```json\n{"a": "y"}\n```\nDone.',
  ],
  ['behind thoughts of the same', '<think>{"a":"x"}</think>{"a":"x"}', 'a', 'y', '<think>{"a":"x"}</think>{"a":"y"}'],
  ['a list of one', '[{"a":"x"}]', 'a', 'y', '[{"a":"y"}]'],
  ['a place in a list', '{"l":[{"a":"x"},{"a":"z"}]}', 'l.1.a', 'y', '{"l":[{"a":"x"},{"a":"y"}]}'],
  ['another case', '{"Verdict":"x"}', 'verdict', 'y', '{"Verdict":"y"}'],
  ['a dot in a name', '{"a.b":"x","a":{"b":"z"}}', 'a\\.b', 'y', '{"a.b":"y","a":{"b":"z"}}'],
  ['not there', '{\n    "b": 1\n}', 'a.c', 'y', '{\n    "b": 1,\n    "a": {\n        "c": "y"\n    }\n}'],
  ['no place for it', '{"a":"x"}', 'a.b', 'y', null],
  ['broken JSON', "{'a': 'x', 'b': 'z'", 'a', 'y', '{"a":"y","b":"z"}'],
  ['JSON in a text', '"{\\"a\\":\\"x\\"}"', 'a', 'y', '{"a":"y"}'],
  ['a bare word', ' x ', 'a', 'y', 'y'],
  ['a JSON text', '"x"', 'a', 'y', '"y"'],
  ['a sentence', 'It is x', 'a', 'y', null],
  ['__proto__', '{"__proto__":{"b":"x"},"a":1}', '__proto__.b', 'y', '{"__proto__":{"b":"y"},"a":1}'],
])('%s', (...[, content, path, value, wanted]) => {
  expect(withField(content, of(path, 'x', 'y'), value)).toBe(wanted);
  if (wanted !== null) expect(ownValue(wanted, of(path, 'x', 'y', value))).toBe(value.trim());
});

test('a field that is not the first has nothing to say of a text', () => {
  expect(ownValue('x', { ...of('a', 'x'), first: false })).toBeNull();
  expect(ownValue('x', of('a', 'y'))).toBeNull();
  expect(ownValue('{"a":{"b":1}}', of('a', 'x'))).toBeNull();
});

test('a long answer full of brackets takes no quadratic time', () => {
  const content = `${'['.repeat(200_000)}\n{"a":"x"}`;
  const from = performance.now();
  withField(content, of('a', 'x', 'y'), 'y');
  expect(performance.now() - from).toBeLessThan(5000);
});
