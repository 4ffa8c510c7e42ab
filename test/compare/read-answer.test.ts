/** What is read from answers of every make: whole, fenced, among text, cut off, broken, hostile, and no JSON at all. */

import { describe, expect, test } from 'vitest';
import { type ReadAnswer, readAnswer, readAnswers } from '../../src/compare/read-answer.ts';

const how = { decisionPath: 'verdict', rules: [{ pattern: 'verdict: (\\w+)', flags: 'i' }] };
const read = (content: string, decisionPath: string | null = 'verdict') =>
  readAnswer(content, { ...how, decisionPath });
const none: ReadAnswer = { parse: 'none', fields: null, decision: null };
const fence = (text: string, language = 'json') => `\`\`\`${language}\n${text}\n\`\`\``;

describe('whole JSON', () => {
  test.each<[string, Partial<ReadAnswer>]>([
    ['{"verdict": "Yes"}', { parse: 'json', fields: { verdict: 'Yes' }, decision: 'Yes' }],
    ['\uFEFF \n{"verdict": " Yes "}\n', { decision: 'Yes', fields: { verdict: ' Yes ' } }],
    ['{"verdict": 7}', { decision: '7' }],
    ['{"verdict": false}', { decision: 'false' }],
    ['{"verdict": null}', { parse: 'json', decision: null }],
    ['{"verdict": ""}', { parse: 'json', decision: null }],
    ['{"verdict": {"a": 1}}', { parse: 'json', decision: null }],
    ['{"verdict": ["Yes"]}', { parse: 'json', decision: null }],
    ['{"Verdict": "Yes"}', { parse: 'json', decision: 'Yes' }],
    ['{}', { parse: 'json', fields: {}, decision: null }],
    ['[{"verdict": "Yes"}]', { fields: { verdict: 'Yes' }, decision: 'Yes' }],
    ['[{"a": 1}, {"a": 2}]', { parse: 'json', fields: { 0: { a: 1 }, 1: { a: 2 } }, decision: null }],
    ['["x", "y"]', { fields: { 0: 'x', 1: 'y' } }],
    ['[]', { parse: 'json', fields: {} }],
    ['14', { parse: 'json', fields: null, decision: '14' }],
    ['-2.5', { parse: 'json', decision: '-2.5' }],
    ['"Yes"', { parse: 'json', fields: null, decision: 'Yes' }],
    ['true', { parse: 'json', fields: null, decision: 'true' }],
    ['null', { parse: 'json', fields: null, decision: null }],
    ['"{\\"verdict\\": \\"Yes\\"}"', { parse: 'json', fields: { verdict: 'Yes' }, decision: 'Yes' }],
    ['{"code": "```js\\nx\\n```", "verdict": "No"}', { parse: 'json', decision: 'No' }],
    [
      '{"verdict": "Yes", "why": "say <think> or </think>"}',
      { parse: 'json', fields: { why: 'say <think> or </think>' } },
    ],
  ])('%s', (content, expected) => {
    expect(read(content)).toMatchObject(expected);
  });

  test('a path reaches into it; without one there is no decision', () => {
    expect(read('{"a": [{"b.c": "Yes"}]}', 'a.0.b\\.c').decision).toBe('Yes');
    expect(read('{"verdict": "Yes"}', null)).toEqual({ parse: 'json', fields: { verdict: 'Yes' }, decision: null });
  });
});

describe('JSON with something around it', () => {
  const yes = { parse: 'json', fields: { verdict: 'Yes' }, decision: 'Yes' };
  const object = '{"verdict": "Yes"}';

  test.each<[string, string]>([
    ['a fence', fence(object)],
    ['a fence without a language', fence(object, '')],
    ['a fence on one line', `\`\`\`json ${object} \`\`\``],
    ['a fence that is not closed', `Sure:\n\`\`\`json\n${object}\n`],
    ['a fence among text', `Let me think. {Not} [this].\n${fence(object)}\nI hope {this} helps!`],
    ['text before and after', `My answer is ${object}. Good luck!`],
    ['a label', `json\n${object}`],
    ['code that assigns it', fence(`# the answer\nresult = ${object}`, 'python')],
    ['thoughts', `<think>{"verdict": "No"}\nhm</think>\n${object}`],
    ['thoughts whose beginning stood in the prompt', `{"verdict": "No"}? hm.\n</think>\n${object}`],
    ['a draft before it', `{"verdict": "No"}\nOn second thought:\n${object}`],
    [
      'an example of another kind before it',
      `Format: {"x": "a much longer object that is not the answer", "y": 2}\n${object}`,
    ],
    ['a small object after it', `${object} with {"k": 1}`],
  ])('%s', (_, content) => {
    expect(read(content)).toEqual(yes);
  });

  test('without a decision to look for, the last large one counts', () => {
    expect(read('{"a": 1, "b": 2} then {"c": 3, "d": 4} and {"e": 5}', null).fields).toEqual({ c: 3, d: 4 });
  });
});

describe('JSON that is cut off', () => {
  test.each<[string, Partial<ReadAnswer>]>([
    [
      '{"verdict": "Yes", "why": "he has gro',
      { parse: 'repaired', fields: { verdict: 'Yes', why: 'he has gro' }, decision: 'Yes' },
    ],
    ['{"verdict": "Yes", "wh', { fields: { verdict: 'Yes' }, decision: 'Yes' }],
    ['{"verdict": "Yes", "why"', { fields: { verdict: 'Yes' } }],
    ['{"verdict": "Yes", "why":', { fields: { verdict: 'Yes' } }],
    ['{"verdict": "Yes",', { fields: { verdict: 'Yes' } }],
    ['{"verdict": "Yes"', { fields: { verdict: 'Yes' }, decision: 'Yes' }],
    // "Strong" may go on as "Strong Yes" or "Strong No", 1 as 10.
    ['{"verdict": "Strong', { parse: 'repaired', fields: { verdict: 'Strong' }, decision: null }],
    ['{"verdict": 1', { fields: { verdict: 1 }, decision: null }],
    ['{"verdict": 1.', { fields: { verdict: 1 }, decision: null }],
    ['{"verdict": tru', { fields: { verdict: true }, decision: 'true' }],
    ['{"why": "a \\', { fields: { why: 'a' } }],
    ['{"why": "a \\u00', { fields: { why: 'a' } }],
    ['{"why": "a \\\\', { fields: { why: 'a \\' } }],
    ['{"l": [{"a": 1}, {"a": "x', { fields: { l: [{ a: 1 }, { a: 'x' }] } }],
    ['[{"verdict": "Yes"}, {"verdict": "N', { fields: { 0: { verdict: 'Yes' }, 1: { verdict: 'N' } } }],
    ['[{"verdict": "Strong', { fields: { verdict: 'Strong' }, decision: null }],
    ['Sure!\n```json\n{"verdict": "Yes", "why": "gr', { parse: 'repaired', decision: 'Yes' }],
    ['```json\n{"verdict": "Yes"\n```\nI hope this helps.', { parse: 'repaired', fields: { verdict: 'Yes' } }],
    ['{"verdict": "Yes"\n\nI hope this helps, as always.', { parse: 'repaired', fields: { verdict: 'Yes' } }],
  ])('%s', (content, expected) => {
    expect(read(content)).toMatchObject({ parse: 'repaired', ...expected });
  });

  test.each(['{', '{"', '{"verd', '{"verdict"', '{"verdict":', '[', '[{', '[{"a', '```json\n', '```'])(
    '%s has nothing yet',
    (content) => {
      expect(read(content)).toEqual(none);
    },
  );
});

describe('JSON that is broken', () => {
  test.each<[string, unknown]>([
    ["{'verdict': 'Yes', 'ok': True, 'pay': None}", { verdict: 'Yes', ok: true, pay: null }],
    ["{\n  'verdict': 'Yes',  # he's good\n  'n': 1\n}", { verdict: 'Yes', n: 1 }],
    ['{"verdict": "Yes", // sure\n "n": 1,}', { verdict: 'Yes', n: 1 }],
    ['{verdict: "Yes", n: 1}', { verdict: 'Yes', n: 1 }],
    ['{"verdict": "Yes" "n": 1}', { verdict: 'Yes', n: 1 }],
    ['{"verdict": "Yes", "why": "he said "no" twice", "n": 1}', { verdict: 'Yes', why: 'he said "no" twice', n: 1 }],
    ['{"verdict": "Yes", "why": "two\nlines"}', { verdict: 'Yes', why: 'two\nlines' }],
    ['{\u201cverdict\u201d: \u201cYes\u201d}', { verdict: 'Yes' }],
    ['{\\"verdict\\": \\"Yes\\"}', { verdict: 'Yes' }],
    ['{"a": {"b": 1}}, "verdict": "Yes"}', { a: { b: 1 }, verdict: 'Yes' }],
    ['{"verdict": "Yes", "note": "see #3", "n": 1,}', { verdict: 'Yes', note: 'see #3', n: 1 }],
  ])('%s', (content, fields) => {
    expect(read(content)).toEqual({ parse: 'repaired', fields, decision: 'Yes' });
    expect(read(`Here it is:\n${fence(content)}\nBye`)).toEqual({ parse: 'repaired', fields, decision: 'Yes' });
  });
});

describe('what is no JSON', () => {
  test.each([
    '',
    ' \n\t',
    'Yes, I would hire her.',
    'He knows {sets}, [lists] and [1] footnotes, and a [link](http://example.com).',
    'Use {{name}} or {name} here.',
    'f(x) = {x : x > 0}',
    'The set {"a", "b"} and {1, 2}.',
    'Let \\(x\\) be \\frac{a}{b}: \\boxed{18}',
    '[1, 2, 3] are numbers',
    'p { color: red; margin: 0 }',
    fence('function f() {\n  return {"verdict": "Yes"};\n}', 'js'),
    fence('def f():\n    return {"verdict": "Yes"}', 'python'),
    fence('SELECT 1', 'sql'),
    '{ is a brace',
    '}{][',
    '"an unfinished quote',
    '14.',
    '<think>{"verdict": "Yes"}',
  ])('%s', (content) => {
    expect(read(content)).toEqual(none);
  });

  test('rules read the rest, without the thoughts', () => {
    expect(read('Well.\nVerdict: Maybe.')).toEqual({ parse: 'text', fields: null, decision: 'Maybe' });
    expect(read('<think>verdict: no</think>So, verdict: yes').decision).toBe('yes');
    expect(read('verdict: ?')).toEqual(none);
  });

  test('rules are for answers that are not JSON', () => {
    expect(read('{"a": 1} verdict: yes')).toEqual({ parse: 'json', fields: { a: 1 }, decision: null });
  });

  test('many are read as each is alone', () => {
    const contents = ['{"verdict": "Yes"}', 'verdict: no', '', 'verdict: maybe', '{"verdict": "N'];
    expect(readAnswers(contents, how)).toEqual(contents.map((content) => readAnswer(content, how)));
    expect(readAnswers([], how)).toEqual([]);
  });
});

describe('hostile answers', () => {
  test('names of prototypes are names', () => {
    const { fields } = read('{"__proto__": {"polluted": 1}, "constructor": {"prototype": 2}, "verdict": "Yes"}');
    expect(Object.keys(fields!)).toEqual(['__proto__', 'constructor', 'verdict']);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(Object.getPrototypeOf(fields)).toBe(Object.prototype);
    expect(read('{"a": 1}', 'constructor').decision).toBeNull();
    expect(read('{"a": 1}', '__proto__.toString').decision).toBeNull();
    expect(read("{'__proto__': 'x', 'a': 1}", '__proto__').decision).toBe('x');
  });

  test('NUL and lone surrogates, which PostgreSQL refuses, are taken out', () => {
    const { fields, decision } = read('{"verdict": "Y\\u0000es\\ud800", "k\\u0000": [{"x": "\\udc00"}]}');
    expect(decision).toBe('Yes\ufffd');
    expect(fields).toEqual({ verdict: 'Yes\ufffd', k: [{ x: '\ufffd' }] });
    expect(read('verdict: y\0').decision).toBe('y');
  });

  test('a decision is at most 500 characters', () => {
    expect(read(JSON.stringify({ verdict: 'y'.repeat(9000) })).decision).toHaveLength(500);
    expect(read(JSON.stringify({ verdict: `${'y'.repeat(499)}\u{1F600}` })).decision!.isWellFormed()).toBe(true);
  });

  test('nothing deeper than 64 is kept', () => {
    const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
    expect(depthOf(read(nested(64)).fields)).toBe(64);
    const deep = [
      nested(65),
      nested(100_000),
      '['.repeat(1_000_000),
      '{"a":'.repeat(200_000),
      '[{"a":'.repeat(100_000),
    ];
    for (const content of [...deep, ...deep.map((each) => `So: ${each}`)])
      expect(depthOf(read(content).fields)).toBeLessThanOrEqual(64);
  });

  test('size is no trouble, whatever it is made of', () => {
    const mb = (text: string, size = 10) => text.repeat((size * 1024 * 1024) / text.length);
    const large: [string, string][] = [
      ['whole', `{"verdict": "Yes", "why": "${mb('prose ')}"}`],
      ['at the end', `${mb('I think { that } ')}{"verdict": "Yes"}`],
      ['in a fence at the end', `${mb('word ')}\n${fence('{"verdict": "Yes"}')}`],
      ['cut off', `{"verdict": "Yes", "why": "${mb('prose ', 0.9)}`],
    ];
    for (const [name, content] of large) expect(`${name}: ${read(content).decision}`).toBe(`${name}: Yes`);
    const unreadable = [
      '{',
      '[',
      '{"a',
      '{"a": "',
      '```',
      '"',
      '{"k": "v" "k": "v" ',
      '{"a": "b", c" d',
      '\\',
      '{"a": [',
      '}{',
      '# ',
      "{'a': ",
    ];
    for (const bit of unreadable) expect(['none', 'repaired']).toContain(read(mb(bit, 2)).parse);
  });
});
