/** One line of any text: controls and directions gone, scripts intact, length as people count it. */

import { expect, it } from 'vitest';
import { cleanLine } from '../../src/datasets/clean-line.ts';

it.each([
  ['a\r\nb\tc', 'a b c'],
  ['  two   spaces\u2028and\u0085more ', 'two spaces and more'],
  ['\u001b[31mred\u001b[0m\u0007', '[31mred[0m'],
  ['nul\u0000inside', 'nulinside'],
  ['\ufeffmarked', 'marked'],
  ['evil\u202egnp.exe', 'evilgnp.exe'],
  ['\u2066isolated\u2069', 'isolated'],
  ['محمد علي', 'محمد علي'],
  ['\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645', '\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645'],
  ['👩\u200d💻 王小明', '👩\u200d💻 王小明'],
  ['<b>Bob</b>', '<b>Bob</b>'],
  ['half \ud83d pair', 'half \ufffd pair'],
  [' \n\t', ''],
])('%j becomes %j', (text, line) => {
  expect(cleanLine(text, 120)).toBe(line);
});

it('cuts between characters as people see them', () => {
  const family = '👨\u200d👩\u200d👧';
  expect(cleanLine(family.repeat(5), 3)).toBe(`${family}${family}\u2026`);
  expect(cleanLine('abcdef', 6)).toBe('abcdef');
  expect(cleanLine('abcdefg', 6)).toBe('abcde\u2026');
  expect(cleanLine(family.repeat(6), 6)).toBe(family.repeat(6));
});

it('is quick on a megabyte, and its line is short', () => {
  expect(cleanLine('x'.repeat(1_000_000), 120)).toHaveLength(120);
  expect(cleanLine(`e${'\u0301'.repeat(1_000_000)}`, 120).length).toBeLessThan(5000);
});
