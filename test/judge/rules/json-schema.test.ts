/** The rule json_schema: drafts, what a fault is told, and schemas that make validators slow. */

import { expect, test } from 'vitest';
import { judged, verdict } from './judged.ts';

const person = {
  type: 'object',
  required: ['name', 'age'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', minLength: 1, pattern: '^\\p{Lu}' },
    age: { type: 'integer', minimum: 0 },
    born: { type: 'string', format: 'date' },
    site: { type: 'string', format: 'url' },
    kind: { enum: ['a', 'b'] },
    tags: { type: 'array', uniqueItems: true },
  },
};
const rule = { kind: 'json_schema', schema: person };

test.each<[string, string, string]>([
  [
    '{"name": "Ada", "age": 36, "born": "1815-12-10", "site": "https://example.com/a", "tags": [1, {"a": 1}]}',
    'pass',
    '',
  ],
  ['Here it is: {"name": "Ada", "age": 36}', 'pass', 'fits the schema'],
  ['no JSON', 'fail', 'no JSON'],
  ['{"name": "Ada"}', 'fail', "it must have required property 'age'"],
  ['{"name": "Ada", "age": "36"}', 'fail', '/age must be integer (is "36")'],
  ['{"name": "ada", "age": 3.5}', 'fail', '/age must be integer (is 3.5)'],
  ['{"name": "ada", "age": 3}', 'fail', '/name must match pattern'],
  ['{"name": "Ada", "age": 36, "born": "1815-13-10"}', 'fail', '/born must match format "date"'],
  ['{"name": "Ada", "age": 36, "site": "example"}', 'fail', '/site must match format "url"'],
  [
    '{"name": "Ada", "age": 36, "kind": "c"}',
    'fail',
    '/kind must be equal to one of the allowed values ["a","b"] (is "c")',
  ],
  ['{"name": "Åsa", "age": 3}', 'pass', ''],
  ['{"name": "Ada", "age": 36, "more": 1}', 'fail', 'must NOT have additional properties "more"'],
  [
    '{"name": "Ada", "age": 36, "tags": [{"a": 1, "b": 2}, {"b": 2, "a": 1}]}',
    'fail',
    '/tags must not have the same entry twice',
  ],
])('%s: %s', (content, wanted, reason) => {
  expect(verdict(rule, content)).toBe(wanted);
  expect(judged(rule, content).reason).toContain(reason);
});

test('all faults are told, up to five', () => {
  const { reason, details } = judged(rule, '{"name": "ada", "age": -1.5}');
  expect(reason).toContain('/name must match pattern');
  expect(reason).toContain('/age must be integer');
  expect(details).toMatchObject({ faults: expect.any(Array) });
  const list = { kind: 'json_schema', schema: { items: { type: 'number' } } };
  expect(judged(list, '', { json: Array.from({ length: 50 }, String) }).reason).toContain('and 45 more faults');
});

test('drafts 2020-12, 2019-09 and draft-07 by their $schema', () => {
  const tuple = (schema: object) => ({ kind: 'json_schema', schema });
  const json = ['a', 1];
  const newest = tuple({ prefixItems: [{ type: 'number' }] });
  expect(verdict(newest, '', { json })).toBe('fail');
  for (const $schema of ['http://json-schema.org/draft-07/schema#', 'https://json-schema.org/draft/2019-09/schema']) {
    expect(verdict(tuple({ $schema, items: [{ type: 'number' }] }), '', { json })).toBe('fail');
    expect(verdict(tuple({ $schema, items: [{ type: 'string' }, { type: 'number' }] }), '', { json })).toBe('pass');
  }
});

test('references inside of the schema, recursive too', () => {
  const schema = {
    $ref: '#/$defs/node',
    $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' }, v: { type: 'number' } } } },
  };
  expect(verdict({ kind: 'json_schema', schema }, '{"v": 1, "next": {"v": 2}}')).toBe('pass');
  expect(verdict({ kind: 'json_schema', schema }, '{"v": 1, "next": {"v": "2"}}')).toBe('fail');
  let deep: object = { v: 1 };
  for (let level = 0; level < 100_000; level++) deep = { next: deep };
  expect(judged({ kind: 'json_schema', schema }, '', { json: deep })).toMatchObject({
    pass: false,
    reason: 'the answer is nested too deeply to be checked',
  });
});

test('patterns, formats and unique entries take linear time', { timeout: 60_000 }, () => {
  const hang = 'a'.repeat(200_000);
  const pattern = { kind: 'json_schema', schema: { items: { pattern: '^(a+)+$', format: 'url' } } };
  expect(verdict(pattern, '', { json: [`${hang}!`, `http://${'a:'.repeat(100_000)}\n`] })).toBe('fail');
  const unique = { kind: 'json_schema', schema: { uniqueItems: true } };
  expect(verdict(unique, '', { json: Array.from({ length: 200_000 }, (_, i) => ({ i })) })).toBe('pass');
});

test('unknown keywords and formats are left alone', () => {
  const schema = { 'x-note': 1, format: 'postcode' };
  expect(verdict({ kind: 'json_schema', schema }, '', { json: 'x' })).toBe('pass');
});
