/** The texts of the grid and of an item: previews, marks, figures, markdown or not, JSON or not, words apart. */

import { expect, test } from 'vitest';
import type { Cell } from '../../src/contracts/workbench.ts';
import { jsonFault, laidOut, mustBeJson } from '../../web/src/annotate/json-check.ts';
import { coloursOf, okabeIto } from '../../web/src/app/palette.ts';
import { matrixOf } from '../../web/src/compare/confusion-matrix.ts';
import { decisionDiffers, fieldTexts, oneLine, timeText } from '../../web/src/grid/cell-text.ts';
import { hasMarkdown } from '../../web/src/item/has-markdown.ts';
import { messagesOf } from '../../web/src/item/messages.ts';
import { wordsApart } from '../../web/src/item/words-apart.ts';

const cell = (fields: Record<string, unknown> | null, decision: string | null) => ({ fields, decision }) as Cell;

test('a preview shows what differs first, the short before the long, and not the decision twice', () => {
  const answer = cell(
    { verdict: 'Yes', why: 'because of a great many things', tags: ['a', 'b'], 'a.b': 1, deep: { x: 1 } },
    'Yes',
  );
  const texts = fieldTexts(answer, ['why', 'a\\.b', 'deep.x'])!;
  expect(texts.map(({ path, text, differs }) => [path, text, differs])).toEqual([
    ['a.b', '1', true],
    ['deep', '{"x":1}', true],
    ['why', 'because of a great many things', true],
    ['tags', 'a, b', false],
  ]);
  expect(fieldTexts(cell(null, null), [])).toBeNull();
});

test('a decision is marked where the field it was read from differs', () => {
  const answer = cell({ verdict: 'Yes', score: 3 }, 'Yes');
  expect(decisionDiffers(answer, ['verdict'])).toBe(true);
  expect(decisionDiffers(answer, ['score'])).toBe(false);
  expect(decisionDiffers(cell(null, '18'), ['decision'])).toBe(true);
});

test('a line is one line, and no longer than it may be', () => {
  expect(oneLine('a\n\n  b\tc', 10)).toBe('a b c');
  expect(oneLine('x'.repeat(50), 10)).toBe(`${'x'.repeat(9)}…`);
  expect([timeText(340), timeText(1240), timeText(61_000), timeText(600_000)]).toEqual([
    '340 ms',
    '1.2 s',
    '61 s',
    '10 min',
  ]);
});

test.each([
  ['# Verdict\nYes', true],
  ['It is **good**', true],
  ['- a\n- b', true],
  ['1. a\n2. b', true],
  ['```json\n{}\n```', true],
  ['see [this](http://x)', true],
  ['use `rm`', true],
  ['so 7 * 16 = <<16*7=112>>112 and 112*2 = 224', false],
  ['- 3 apples are left', false],
  ['snake_case_name and #1', false],
  ['', false],
])('%j is markdown: %s', (text, is) => {
  expect(hasMarkdown(text)).toBe(is);
});

test('messages are found in chats, prompts and batch lines; rows of tables have none', () => {
  const messages = [
    { role: 'system', content: 'Be brief' },
    { role: 'user', content: [{ type: 'text', text: 'Hello' }, { type: 'image_url' }] },
  ];
  const found = [
    { role: 'system', text: 'Be brief' },
    { role: 'user', text: 'Hello\n[image_url]' },
  ];
  expect(messagesOf({ messages })).toEqual(found);
  expect(messagesOf({ custom_id: 'a', body: { messages } })).toEqual(found);
  expect(messagesOf({ prompt: 'Why?' })).toEqual([{ role: 'prompt', text: 'Why?' }]);
  expect(messagesOf({ question: 'Why?' })).toBeNull();
  expect(messagesOf({ messages: [null, { role: 3 }] })!.map(({ role }) => role)).toEqual(['message', 'message']);
});

test('a fix of a JSON answer has to be JSON, and its fault has a place', () => {
  expect(mustBeJson('{"a": 1}', 'json')).toBe(true);
  expect(mustBeJson('```json\n{"a": 1}\n```', 'json')).toBe(true);
  expect(mustBeJson('Sure! {"a": 1}', 'json')).toBe(false);
  expect(mustBeJson('{"a"', 'none')).toBe(false);
  expect(jsonFault('{"a": 1}')).toBeNull();
  expect(jsonFault('{\n  "a": 1,\n  b: 2\n}')).toMatch(/^Line 3, column 3: /);
  expect(laidOut('{"a":1}')).toBe('{\n  "a": 1\n}');
  expect(laidOut('words')).toBe('words');
});

test('words apart are told from those in common, within a length', () => {
  const { parts, cut } = wordsApart('the red fox', 'the blue fox');
  expect(parts!.map(({ value, added, removed }) => [value, added, removed])).toEqual([
    ['the ', false, false],
    ['red', false, true],
    ['blue', true, false],
    [' fox', false, false],
  ]);
  expect(cut).toBe(false);
  expect(wordsApart('a '.repeat(20_000), 'a').cut).toBe(true);
});

test('decisions get colours of their own, the same in every dataset where they mean much the same', () => {
  const colourOf = coloursOf(['Strong Yes', 'Yes', 'No', 'Strong No', 'Maybe', 'a', 'b', 'c', 'd']);
  const colours = ['Strong Yes', 'Yes', 'No', 'Strong No', 'Maybe', 'a', 'b'].map(colourOf);
  expect(new Set(colours).size).toBe(7);
  expect(coloursOf(['No', 'Yes'])('Yes')).toBe(colourOf('Yes'));
  const numbers = coloursOf(Array.from({ length: 40 }, (_, i) => String(i)));
  expect(numbers('3')).toBe(okabeIto[7]);
  expect([colourOf(null), colourOf('d'), colourOf('unknown')]).toEqual([okabeIto[7], okabeIto[7], okabeIto[7]]);
});

test('a matrix has a row and a column for each decision of either model, the unread last, the rare left out', () => {
  const pairs = [
    { a: 'Yes', b: 'Yes', count: 5 },
    { a: 'Yes', b: 'No', count: 2 },
    { a: null, b: 'No', count: 1 },
  ];
  const matrix = matrixOf(pairs);
  expect(matrix.values).toEqual(['Yes', 'No', null]);
  expect([matrix.count('Yes', 'No'), matrix.count('No', 'Yes'), matrix.most, matrix.left]).toEqual([2, 0, 5, 0]);
  const many = matrixOf(Array.from({ length: 20 }, (_, i) => ({ a: `v${i}`, b: `v${i}`, count: 20 - i })));
  expect(many.values).toHaveLength(12);
  expect(many.left).toBe(8 + 7 + 6 + 5 + 4 + 3 + 2 + 1);
});
