/** The contract of rules: defaults, and what a mistake in a rule is told. */

import { expect, test } from 'vitest';
import { ruleKinds, ruleSchema } from '../../../src/contracts/judge-rules.ts';

test('a rule gets its defaults', () => {
  expect(ruleSchema.parse({ kind: 'basic_quality' })).toEqual({
    kind: 'basic_quality',
    weight: 1,
    severity: 'fail',
    spares_llm: false,
  });
  expect(ruleSchema.parse({ kind: 'regex', pattern: 'a' })).toMatchObject({ must: 'match', flags: '' });
  expect(ruleSchema.parse({ kind: 'length', max: 5 })).toMatchObject({ unit: 'chars' });
  expect(ruleSchema.parse({ kind: 'citations', style: 'urls' })).toMatchObject({ min: 1 });
});

test('every kind there is can be written', () => {
  const parameters: Record<string, object> = {
    json_schema: { schema: {} },
    required_fields: { fields: ['a'] },
    allowed_values: { values: [null, 1, 'x', true] },
    field_equals: { field: 'a' },
    regex: { pattern: 'a' },
    length: { min: 1 },
    language: { languages: ['en'] },
    citations: { style: 'quotes' },
    format: { is: 'json' },
    policy: { forbidden: ['x'] },
  };
  for (const kind of ruleKinds) expect(ruleSchema.parse({ kind, ...parameters[kind] }).kind).toBe(kind);
});

test.each<[object, string, string]>([
  [{ kind: 'regexp', pattern: 'a' }, 'kind', 'kind must be one of json_schema, required_fields'],
  [{}, 'kind', 'kind must be one of'],
  [{ kind: 'numeric', tolerance: 1 }, '', 'tolerance'],
  [{ kind: 'numeric', tolerance_abs: -1 }, 'tolerance_abs', '>=0'],
  [{ kind: 'length' }, '', 'must have min or max'],
  [{ kind: 'length', min: 5, max: 4 }, 'max', 'must not be less than min'],
  [{ kind: 'length', max: 4, unit: 'bytes' }, 'unit', 'chars'],
  [{ kind: 'language', languages: ['english'] }, 'languages.0', 'two small letters'],
  [{ kind: 'language', languages: [] }, 'languages', 'at least one language'],
  [{ kind: 'regex', pattern: 'a', flags: 'g' }, 'flags', 'must be some of i (case)'],
  [{ kind: 'regex', pattern: 'a', flags: 'ii' }, 'flags', 'each once'],
  [{ kind: 'policy' }, '', 'must have allowed or forbidden topics'],
  [{ kind: 'policy', forbidden: [' * '] }, 'forbidden.0', 'must hold more than spaces and stars'],
  [{ kind: 'format', is: 'json', language: 'python' }, 'language', 'goes with is: "code" only'],
  [{ kind: 'basic_quality', weight: 0 }, 'weight', 'must be above 0'],
  [{ kind: 'basic_quality', severity: 'error' }, 'severity', 'fail'],
  [{ kind: 'json_schema', schema: 'x' }, 'schema', 'must be a JSON Schema'],
  [{ kind: 'required_fields', fields: [] }, 'fields', 'at least one field'],
  [{ kind: 'allowed_values', values: [{}] }, 'values.0', 'must be a text, a number'],
])('%j is told what is wrong', (rule, path, message) => {
  const { error } = ruleSchema.safeParse(rule);
  const issue = error!.issues[0]!;
  expect(issue.path.join('.')).toBe(path);
  expect(issue.message).toContain(message);
});
