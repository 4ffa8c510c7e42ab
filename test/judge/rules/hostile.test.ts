/** All rules at once on answers made to break them: huge, deep, garbled, or slow for a pattern that backtracks. */

import { expect, test } from 'vitest';
import { findJson } from '../../../src/compare/find-json.ts';
import { answerFormats, citationStyles, lengthUnits, ruleSchema } from '../../../src/contracts/judge-rules.ts';
import { compileRules } from '../../../src/judge/rules/run-rules.ts';

const all = [
  { kind: 'json_schema', schema: { type: 'object', properties: { a: { type: 'string', pattern: '^(a+)+$' } } } },
  { kind: 'required_fields', fields: ['a', 'b.c'] },
  { kind: 'allowed_values', values: ['yes', 'no'], ignore_case: true },
  { kind: 'allowed_values', field: 'a', values: ['yes', 'no'] },
  { kind: 'field_equals', field: 'a', ignore_case: true },
  { kind: 'regex', pattern: '(\\w+\\s?)*z$' },
  { kind: 'regex', pattern: '(a|b|ab)*c', must: 'not_match', field: 'a' },
  { kind: 'numeric' },
  { kind: 'numeric', field: 'a', tolerance_rel: 0.1 },
  ...lengthUnits.map((unit) => ({ kind: 'length', min: 1, max: 1_000_000, unit })),
  { kind: 'language', languages: ['en', 'de'] },
  { kind: 'refusal' },
  { kind: 'repetition' },
  ...citationStyles.map((style) => ({ kind: 'citations', style, sources_field: 'sources' })),
  ...answerFormats.map((is) => ({ kind: 'format', is })),
  { kind: 'policy', allowed: ['a*', '赌博', 'C++'], forbidden: ['politics', 'x y'] },
  { kind: 'basic_quality' },
].map((rule) => ruleSchema.parse(rule));
const judge = compileRules(all);
const item = { input: { sources: ['one', { id: 'two', text: 'two' }] }, expected: '{"a": "yes", "n": 18}' };

function judgedAll(content: string, json: unknown) {
  return judge({ content, finishReason: null, json, item });
}

const textsIn = (value: unknown): string[] =>
  typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [String(value)];

const long = 200_000;
const times = (text: string) => text.repeat(Math.ceil(long / text.length));
const hostile: [name: string, content: string][] = [
  ['letters', times('a')],
  ['words', times('word ')],
  ['line breaks', times('\n')],
  ['spaces and a letter', `${times(' ')}x`],
  ['tabs in lines', times('\t\n')],
  ['digits', times('1')],
  ['digits and commas', times('1,')],
  ['commas in lines', times('a,b\n')],
  ['open brackets', times('[')],
  ['open braces', times('{')],
  ['open objects', times('{"a":')],
  ['open numbers in brackets', times('[1,')],
  ['brackets of numbers', times('[1-99] ')],
  ['one bracket of numbers', `[${times('1, ')}1]`],
  ['open quotes', times('"')],
  ['typographic quotes', times('“a b c ')],
  ['fences', times('```\n')],
  ['fences in one line', times('``` ')],
  ['backticks', times('`')],
  ['stars', times('*')],
  ['stars and letters', times('*a ')],
  ['underscores', times('_a')],
  ['pipes', times('|')],
  ['rows', times('| a ')],
  ['tags', times('<a>')],
  ['open tag', `<a ${times('b ')}`],
  ['entities', `<a>${times('&amp;')}</a>`],
  ['links', times('https://a.example/( ')],
  ['one link', `https://a.example/${times('(')}`],
  ['open links', times('[a](')],
  ['thoughts', times('<think>')],
  ['closed thoughts', times('</think>')],
  ['hashes', times('# ')],
  ['list marks', times('- ')],
  ['YAML aliases', `a: &a [x]\nb: [${times('*a, ')}*a]`],
  ['YAML keys', times('? ')],
  ['YAML indents', Array.from({ length: 600 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ['dots', times('.')],
  ['sentences', times('A b. ')],
  ['sorry', times('I am sorry, ')],
  ['as an AI', `As an ${times('ai ')}`],
  ['cannot', times('I cannot ')],
  ['combining marks', times('e\u0301\u0302\u0303')],
  ['ligatures', times('\ufdfa')],
  ['emoji', times('👩‍👩‍👧‍👦')],
  ['Han', times('词语')],
  ['lone surrogates', times('\ud800')],
  ['surrogates turned round', times('\udc00\ud800')],
  ['NULs', times('\0')],
  ['NULs in words', times('a\0 ')],
  ['replacement characters', times('\ufffd ')],
  ['direction marks', times('\u202e\u200b')],
  ['a names of objects', '{"__proto__": {"a": 1}, "constructor": 2, "toString": null}'],
];

test.each(hostile)('%s', { timeout: 120_000 }, (_, content) => {
  const before = process.cpuUsage();
  const outcome = judgedAll(content, findJson(content, null)?.value);
  const { user, system } = process.cpuUsage(before);
  expect(outcome.results).toHaveLength(all.length);
  expect(outcome.score).toBeGreaterThanOrEqual(0);
  expect(outcome.score).toBeLessThanOrEqual(10);
  // What is kept of it has to fit a database.
  expect(textsIn(outcome.results).every((text) => text.isWellFormed() && !text.includes('\0'))).toBe(true);
  expect(JSON.stringify(outcome.results).length).toBeLessThan(40_000);
  // CPU time, so that a busy machine changes little: quadratic time would be minutes.
  expect((user + system) / 1e6).toBeLessThan(20);
});

test.each<[name: string, json: unknown]>([
  ['a deep list', Array.from({ length: 100_000 }).reduce<unknown>((inner) => [inner], 1)],
  ['a deep object', Array.from({ length: 100_000 }).reduce<unknown>((inner) => ({ a: inner }), 1)],
  ['a long list', Array.from({ length: 300_000 }, (_, i) => i)],
  ['many names', Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, i]))],
  ['names with NUL and half a pair', { 'x\0y': 1, 'x\ud800': 2 }],
  ['null', null],
  ['a number', 1e308],
  ['text', times('a')],
  ['names of objects', JSON.parse('{"__proto__": {"a": 1}, "constructor": {"prototype": 1}}')],
])('JSON: %s', { timeout: 120_000 }, (_, json) => {
  const { results } = judgedAll('{"a": 1}', json);
  expect(results).toHaveLength(all.length);
  expect(textsIn(results).every((text) => text.isWellFormed() && !text.includes('\0'))).toBe(true);
  expect(judgedAll('The text says a lot.', json).results).toHaveLength(all.length);
});

test.each<[unknown, unknown]>([
  [null, null],
  ['text', ['list']],
  [{ sources: Array.from({ length: 100 }).reduce<unknown>((inner) => [inner], 1) }, { a: null }],
  [{ sources: '[[[[' }, '{"a":'],
  [{ sources: { __proto__: null } }, Number.NaN],
])('items: %j, expected %j', (input, expected) => {
  const answer = { content: 'It is 5 [1].', finishReason: 'stop', json: { a: '5' }, item: { input, expected } };
  expect(judge(answer).results).toHaveLength(all.length);
});

test('1,000 answers of 2 kB by all rules take a few seconds of one core', { timeout: 120_000 }, () => {
  const words =
    'The museum opens at nine and closes at five [1]; "it is the best in years" they say, of 12 rooms. '.split(' ');
  let seed = 1;
  const next = () => (seed = (seed * 48_271) % 2_147_483_647);
  const answers = Array.from({ length: 1000 }, () =>
    Array.from({ length: 400 }, () => words[next() % words.length]).join(' '),
  );
  const before = process.cpuUsage();
  for (const content of answers) judgedAll(content, { a: content });
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1e6).toBeLessThan(8);
});
