/** Paths into JSON values: dots and backslashes in names, positions, what is not there. */

import { expect, it } from 'vitest';
import { joinPath, splitPath, textOf, valueAt } from '../../src/datasets/field-path.ts';

it.each([
  [['a'], 'a'],
  [['a', 'b', '0'], 'a.b.0'],
  [['a.b', 'c'], 'a\\.b.c'],
  [['a\\', 'b'], 'a\\\\.b'],
  [['a\\.b'], 'a\\\\\\.b'],
  [['', 'x', ''], '.x.'],
  [['x'.repeat(50)], 'x'.repeat(50)],
])('%j is written %s and read back', (names, path) => {
  expect(joinPath(names)).toBe(path);
  expect(splitPath(path)).toEqual(names);
});

it('takes a backslash before anything else for itself', () => {
  expect(splitPath('C:\\temp.x')).toEqual(['C:\\temp', 'x']);
});

it('finds own fields and positions only', () => {
  const value = { a: [{ 'b.c': 1 }, null], text: 'abc', none: null };
  expect(valueAt(value, 'a.0.b\\.c')).toBe(1);
  expect(valueAt(value, 'a.1')).toBeNull();
  for (const path of ['a.2', 'a.length', 'text.length', 'text.0', 'none.x', 'toString', '__proto__', '']) {
    expect([path, valueAt(value, path)]).toEqual([path, undefined]);
  }
});

it('writes values as text', () => {
  expect(['x', 0, false, ['a'], { b: 1 }].map(textOf)).toEqual(['x', '0', 'false', '["a"]', '{"b":1}']);
  expect([null, undefined, '', ' \n'].map(textOf)).toEqual([null, null, null, null]);
});
