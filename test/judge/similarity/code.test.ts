/** Similarity of code: white space, comments, quotes and fences do not count, tokens do. */

import { describe, expect, test } from 'vitest';
import { codeSimilarity } from '../../../src/judge/similarity/code.ts';
import { codeOf, codeTokens } from '../../../src/judge/similarity/code-tokens.ts';

const python = 'def add(a, b):\n    return a + b\n';

describe('is 1', () => {
  test.each<[string, string, string]>([
    ['for other white space', 'def add(a,b):\n\n\treturn a+b', python],
    ['for comments', '# adds\ndef add(a, b):  # two\n    """Adds two numbers."""\n    return a + b', python],
    ['for a fenced block among text', `Here it is:\n\`\`\`python\n${python}\`\`\`\nIt adds.`, python],
    ['for the longest of several blocks', `\`\`\`bash\npip install x\n\`\`\`\nand\n\`\`\`py\n${python}\`\`\``, python],
    ['for a fence that is not closed', `\`\`\`python\n${python}`, python],
    ['for other quotes', 'x = "a"', "x = 'a'"],
    ['for comments in C', 'int f() { /* one\n two */ return 1; } // end', 'int f() { return 1; }'],
    ['for comments in SQL', '-- all\nSELECT a FROM t /* x */ WHERE b = 1', 'SELECT a FROM t WHERE b=1'],
    ['for a style that only the other side tells', '```js\nx = 1 // one\n```', 'x = 1'],
    ['for nothing against nothing', '', '# only a comment\n'],
  ])('%s', (_, answer, expected) => {
    expect(codeSimilarity(answer, expected)).toBe(1);
  });
});

test('Python divides by //, JavaScript comments by it', () => {
  expect(codeTokens('x = a // b', 'hash')).toEqual(['x', '=', 'a', '/', '/', 'b']);
  expect(codeTokens('x = a // b', 'slash')).toEqual(['x', '=', 'a']);
  expect(codeSimilarity('def h(a):\n    return a // 2', 'def h(a):\n    return a // 3')).toBeCloseTo(20 / 22, 12);
});

test('what looks like a comment inside of a string is none', () => {
  expect(codeTokens('u = "http://x" // y', 'slash')).toEqual(['u', '=', '"http://x"']);
  expect(codeTokens("c = '#fff' # white", 'hash')).toEqual(['c', '=', '"#fff"']);
  expect(codeTokens('#include <a.h>\nint x;', 'slash')).toContain('include');
});

test('is twice the tokens in order by all tokens', () => {
  // Four of five tokens of each.
  expect(codeSimilarity('return a + b;', 'return a - b;')).toBeCloseTo((2 * 4) / 10, 12);
  expect(codeSimilarity('a b c', 'c b a')).toBeCloseTo(2 / 6, 12);
  expect(codeSimilarity('x', 'y')).toBe(0);
  expect(codeSimilarity('', 'x = 1')).toBe(0);
});

test('of a long token soup in little time', () => {
  const start = process.cpuUsage().user;
  expect(codeSimilarity('('.repeat(50_000), '(['.repeat(25_000))).toBeCloseTo(0.5, 12);
  expect(process.cpuUsage().user - start).toBeLessThan(3_000_000);
});

test.each([
  ['```sql\nselect 1\n```', 'dash'],
  ['```ts\nx\n```', 'slash'],
  ['class A:\n    pass', 'hash'],
  ['import os\nprint(os)', 'hash'],
  ['import java.util.List;\nclass A { }', 'slash'],
  ['function f() {\n  return 1;\n}', 'slash'],
  ['with x as (select 1) select * from x', 'dash'],
  ['#!/bin/sh\necho hi;', 'hash'],
  ['x = 1', null],
])('%j is of style %j', (text, style) => {
  expect(codeOf(text).style).toBe(style);
});
