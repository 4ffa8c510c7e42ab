/** The rule format: each form met and missed. */

import { expect, test } from 'vitest';
import { fenceLines, unfenced } from '../../../src/judge/rules/fence.ts';
import { judged, verdict } from './judged.ts';

test.each<[is: string, content: string, wanted: string]>([
  ['json', '{"a": [1, 2]}', 'pass'],
  ['json', ' \n[]\n', 'pass'],
  ['json', '```json\n{"a": 1}\n```', 'pass'],
  ['json', 'Here: {"a": 1}', 'fail'],
  ['json', '{"a": 1,}', 'fail'],
  ['json', '{"a": 1} {"b": 2}', 'fail'],
  ['json', '"text"', 'fail'],
  ['json', '42', 'fail'],
  ['json', '```json\n{"a": 1}\n```\nThat is it.', 'fail'],
  ['jsonl', '{"a": 1}\n{"a": 2}\n', 'pass'],
  ['jsonl', '{"a": 1}\nnot', 'fail'],
  ['markdown', '# Title\ntext', 'pass'],
  ['markdown', '- one\n- two', 'pass'],
  ['markdown', 'a **bold** word', 'pass'],
  ['markdown', 'an *italic* word', 'pass'],
  ['markdown', 'see [this](https://example.com)', 'pass'],
  ['markdown', '| a | b |\n|---|---|\n| 1 | 2 |', 'pass'],
  ['markdown', 'plain words, 2*3*4', 'fail'],
  ['markdown', '# Title\n```js\nx', 'fail'],
  ['xml', '<a x="1"><b/>text &amp; more</a>', 'pass'],
  ['xml', '```xml\n<?xml version="1.0"?>\n<a/>\n```', 'pass'],
  ['xml', '<a><b></a></b>', 'fail'],
  ['xml', '<a>', 'fail'],
  ['xml', '<a/><b/>', 'fail'],
  ['xml', '<a>&unknown;</a>', 'fail'],
  ['xml', 'words <a/>', 'fail'],
  ['yaml', 'a: 1\nb:\n  - x\n  - y', 'pass'],
  ['yaml', '```yaml\n- 1\n- 2\n```', 'pass'],
  ['yaml', 'Just words.', 'fail'],
  ['yaml', 'a: 1\n b: 2\n- c', 'fail'],
  ['yaml', 'a: 1\na: 2', 'fail'],
  ['csv', 'name,age\nAda,36\n"Grace, B.",85', 'pass'],
  ['csv', 'name;age\nAda;36', 'pass'],
  ['csv', 'name,age\nAda', 'fail'],
  ['csv', 'name,age\n"Ada,36', 'fail'],
  ['csv', 'words\nand more', 'fail'],
  ['code', 'So:\n```python\nprint(1)\n```', 'pass'],
  ['code', '```\n\n```', 'fail'],
  ['code', '```python\nprint(1)', 'fail'],
  ['code', 'print(1)', 'fail'],
  ['list', '- one\n- two\n  more of two\n', 'pass'],
  ['list', '1. one\n2) two', 'pass'],
  ['list', 'Here it is:\n- one', 'fail'],
  ['plain', 'Words, and more words. 2 * 3 = 6.', 'pass'],
  ['plain', '- a dash is plain', 'pass'],
  ['plain', '## Heading', 'fail'],
  ['plain', 'some **bold**', 'fail'],
  ['plain', 'a <b>tag</b>', 'fail'],
  ['plain', '{"a": 1}', 'fail'],
  ['plain', 'a < b and b > c', 'pass'],
  ...['json', 'jsonl', 'markdown', 'xml', 'yaml', 'csv', 'code', 'list', 'plain'].map(
    (is): [string, string, string] => [is, ' \n ', 'fail'],
  ),
])('%s: %j: %s', (is, content, wanted) => {
  expect(verdict({ kind: 'format', is }, content)).toBe(wanted);
});

test('a fence may be forbidden, and code may have to be of a language', () => {
  expect(verdict({ kind: 'format', is: 'json', allow_fence: false }, '```json\n{"a": 1}\n```')).toBe('fail');
  const python = { kind: 'format', is: 'code', language: 'python' };
  expect(verdict(python, '```js\n1\n```\n```Python\n1\n```')).toBe('pass');
  expect(judged(python, '```js\n1\n```').reason).toBe('the answer is not code: 1 code block marked "js", none python');
});

test.each<[string, string, string]>([
  ['json', '{"a": 1,\n"b" 2}', 'line 2 column 5'],
  ['json', '{"a": 1', 'line 1 column 8'],
  ['json', 'So: {"a": 1}', 'it begins with "So: '],
  ['json', `${'['.repeat(100)}${']'.repeat(100)}`, 'nested too deeply'],
  ['csv', 'a,b\n1,2\n1,2,3', 'line 3'],
  ['xml', '<a>\n<b></a>', '2:'],
  ['yaml', 'a: 1\nb: [1, 2', 'line 2'],
])('%s: the fault is placed', (is, content, place) => {
  expect(judged({ kind: 'format', is }, content).reason).toContain(place);
});

test('fences are lines, and code in a line is none', () => {
  expect(fenceLines('a ``` b\n```js\nx\n  ```\n````').map(({ language }) => language)).toEqual(['js', '', '']);
  expect(unfenced('```\na\n```')).toBe('a');
  expect(unfenced('```\na\n```\n```\nb\n```')).toBe('```\na\n```\n```\nb\n```');
  expect(unfenced('```')).toBe('```');
});
