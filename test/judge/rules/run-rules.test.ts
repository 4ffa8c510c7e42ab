/** Lists of rules: verdict, score, severity, the LLM's call that is spared, rules that do not apply, rules that cannot be used. */

import { expect, test } from 'vitest';
import { ruleSchema } from '../../../src/contracts/judge-rules.ts';
import { AssayError } from '../../../src/errors.ts';
import { compileRules } from '../../../src/judge/rules/run-rules.ts';

const rules = (...list: object[]) => list.map((rule) => ruleSchema.parse(rule));
const answer = (content: string, expected: unknown = null) => ({
  content,
  finishReason: 'stop',
  json: undefined,
  item: { input: {}, expected },
});
const short = { kind: 'length', max: 10 };
const digits = { kind: 'regex', pattern: '^\\d+$' };

test('all rules pass: 10, and the rules are told in their order by name or kind', () => {
  const outcome = compileRules(rules({ ...short, name: 'brief' }, digits))(answer('123'));
  expect(outcome).toMatchObject({ pass: true, score: 10, spareLlm: false, applied: 2 });
  expect(outcome.results.map(({ name, kind, pass }) => [name, kind, pass])).toEqual([
    ['brief', 'length', true],
    ['regex', 'regex', true],
  ]);
});

test('the score is the weighted share of what passed', () => {
  const judge = compileRules(rules({ ...short, weight: 3 }, digits));
  expect(judge(answer('abc'))).toMatchObject({ pass: false, score: 7.5 });
  expect(judge(answer('12345678901'))).toMatchObject({ pass: false, score: 2.5 });
  expect(judge(answer('abcdefghijk'))).toMatchObject({ pass: false, score: 0 });
});

test('a warning costs score and does not fail the answer', () => {
  const judge = compileRules(rules({ ...digits, severity: 'warn' }, short));
  expect(judge(answer('abc'))).toMatchObject({ pass: true, score: 5 });
});

test('a failed rule spares the call when it says so, as a warning too; a passed one does not', () => {
  const judge = compileRules(rules({ ...digits, severity: 'warn', spares_llm: true }, short));
  expect(judge(answer('abc')).spareLlm).toBe(true);
  expect(judge(answer('12')).spareLlm).toBe(false);
  expect(compileRules(rules(digits))(answer('abc')).spareLlm).toBe(false);
});

test('a rule that does not apply counts nowhere', () => {
  const judge = compileRules(rules({ kind: 'numeric', spares_llm: true, weight: 100 }, short, digits));
  const outcome = judge(answer('abc', null));
  expect(outcome).toMatchObject({ score: 5, applied: 2, spareLlm: false });
  expect(outcome.results[0]).toMatchObject({ applies: false, pass: true });
  expect(outcome.results[0]!.reason).toContain('no expected number');
  expect(compileRules(rules({ kind: 'numeric' }))(answer('abc'))).toMatchObject({ pass: true, score: 10, applied: 0 });
});

test('no rules: passes with nothing applied', () => {
  expect(compileRules([])(answer('x'))).toEqual({ pass: true, score: 10, spareLlm: false, applied: 0, results: [] });
});

test('thinking is no part of the answer, unless the answer is JSON with such marks in it', () => {
  const judge = compileRules(rules(digits));
  expect(judge(answer('<think>Is it 41 or 42?</think>42')).pass).toBe(true);
  const quoted = compileRules(rules({ kind: 'regex', pattern: '</think>' }));
  expect(quoted(answer('{"mark": "</think>"}')).pass).toBe(true);
  expect(quoted(answer('so </think> be it')).pass).toBe(false);
});

test('the same answer twice gives the same, and the answer is left as it is', () => {
  const judge = compileRules(rules(short, digits, { kind: 'repetition' }, { kind: 'refusal' }));
  const given = Object.freeze(answer('I cannot help with that.'));
  expect(judge(given)).toEqual(judge(given));
});

test.each<[object, string, string]>([
  [{ kind: 'regex', pattern: '(' }, 'rules[1].pattern', 'missing'],
  [{ kind: 'regex', pattern: '(?<=a)b' }, 'rules[1].pattern', 'lookaround and backreferences are not taken'],
  [{ kind: 'regex', pattern: '(a)\\1' }, 'rules[1].pattern', 'lookaround and backreferences are not taken'],
  [{ kind: 'json_schema', schema: { type: 'objekt' } }, 'rules[1].schema', 'schema is invalid'],
  [{ kind: 'json_schema', schema: { $ref: 'https://example.com/x.json' } }, 'rules[1].schema', 'reference'],
  [{ kind: 'json_schema', schema: { pattern: '(?=a)' } }, 'rules[1].schema', 'lookaround'],
  [{ kind: 'json_schema', schema: { $schema: 'http://json-schema.org/draft-04/schema#' } }, 'rules[1].schema', 'draft'],
  [{ kind: 'language', languages: ['en', 'xx'] }, 'rules[1].languages', 'xx cannot be told'],
])('%j cannot be used, and the error names it', (rule, param, message) => {
  let error: unknown;
  try {
    compileRules(rules(short, rule));
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(AssayError);
  expect(error).toMatchObject({ code: 'invalid_parameter', param });
  expect((error as Error).message).toContain(message);
});
