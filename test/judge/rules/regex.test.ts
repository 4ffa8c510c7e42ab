/** The rule regex: found or not found, in the answer or a field, in the time of the text's length. */

import { expect, test } from 'vitest';
import { judged, verdict } from './judged.ts';

test.each<[object, string, string]>([
  [{ pattern: '\\bstep \\d+\\b', flags: 'i' }, 'Step 1: open it.', 'pass'],
  [{ pattern: '\\bstep \\d+\\b' }, 'Step 1: open it.', 'fail'],
  [{ pattern: '^b$', flags: 'm' }, 'a\nb\nc', 'pass'],
  [{ pattern: '^b$' }, 'a\nb\nc', 'fail'],
  [{ pattern: 'a.b', flags: 's' }, 'a\nb', 'pass'],
  [{ pattern: 'a.b' }, 'a\nb', 'fail'],
  [{ pattern: '\\u00e9\\/(?<year>\\d{4})', flags: 'u' }, 'é/2024', 'pass'],
  [{ pattern: '^\\p{Lu}\\p{Ll}+$' }, 'Ångström', 'pass'],
  [{ pattern: 'TBD', must: 'not_match' }, 'All done.', 'pass'],
  [{ pattern: 'TBD', must: 'not_match' }, 'The rest is TBD.', 'fail'],
  [{ pattern: '^[A-Z]{2}\\d$', field: 'code' }, '{"code": "AB1"}', 'pass'],
  [{ pattern: '^[A-Z]{2}\\d$', field: 'code' }, '{"code": "ab1"}', 'fail'],
  [{ pattern: '^12$', field: 'n' }, '{"n": 12}', 'pass'],
  [{ pattern: 'x', field: 'n', must: 'not_match' }, '{"m": 12}', 'fail'],
])('%j on %s: %s', (parameters, content, wanted) => {
  expect(verdict({ kind: 'regex', ...parameters }, content)).toBe(wanted);
});

test('the reason names pattern, place and what was found', () => {
  expect(judged({ kind: 'regex', pattern: 'T.D', must: 'not_match' }, 'The rest is TBD.').reason).toBe(
    '/T.D/ must not be in the answer, and is at character 12: "TBD"',
  );
  expect(judged({ kind: 'regex', pattern: 'yes', flags: 'i' }, 'no').reason).toBe(
    '/yes/i is not found in the answer: "no"',
  );
});

test.each(['(a+)+$', '^(a|a)*$', '(a|aa)+$', '(.*a){12}$', '^(\\w+\\s?)*$', '(x+x+)+y'])(
  '%s cannot be made slow',
  { timeout: 60_000 },
  (pattern) => {
    expect(verdict({ kind: 'regex', pattern }, `${'a'.repeat(100_000)}!`)).toBe('fail');
  },
);
