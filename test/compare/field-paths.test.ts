/** Paths into answers: written, read, and all that an answer has. */

import { expect, test } from 'vitest';
import { flatten } from '../../src/compare/field-paths.ts';
import { joinPath, splitPath, valueAt } from '../../src/datasets/field-path.ts';

test.each<[string, string[]]>([
  ['a', ['a']],
  ['a.b.0', ['a', 'b', '0']],
  ['a\\.b.c', ['a.b', 'c']],
  ['a\\\\.b', ['a\\', 'b']],
  ['a..b', ['a', '', 'b']],
])('%s is %j and back', (path, names) => {
  expect(splitPath(path)).toEqual(names);
  expect(joinPath(names)).toBe(path);
});

test('reads what stands at a path, and nothing that is inherited', () => {
  const answer = JSON.parse('{"a": {"b": [{"c": 1}]}, "x.y": 2, "": {"z": 3}, "__proto__": {"p": 4}}');
  expect(valueAt(answer, 'a.b.0.c')).toBe(1);
  expect(valueAt(answer, 'x\\.y')).toBe(2);
  expect(valueAt(answer, '.z')).toBe(3);
  expect(valueAt(answer, '__proto__.p')).toBe(4);
  for (const path of ['a.b.1', 'a.b.length', 'constructor', 'a.toString', 'a.b.0.c.d', 'x.y'])
    expect(valueAt(answer, path)).toBeUndefined();
  expect(valueAt(null, 'a')).toBeUndefined();
});

test('flattens to leaves, each with its kind', () => {
  const answer = { a: { b: 1 }, c: [{ d: true }, { d: null }], e: ['x', 2], f: {}, g: [], 'h.i': 'text' };
  expect([...flatten(answer)].map(([path, { kind }]) => `${path}: ${kind}`)).toEqual([
    'a.b: number',
    'c.0.d: boolean',
    'c.1.d: null',
    'e: list',
    'f: object',
    'g: list',
    'h\\.i: text',
  ]);
  expect(flatten(answer).get('e')!.value).toEqual(['x', 2]);
  expect([...flatten(answer).keys()].every((path) => valueAt(answer, path) === flatten(answer).get(path)!.value)).toBe(
    true,
  );
});

test('keys of prototypes are plain names', () => {
  const answer = JSON.parse('{"__proto__": {"a": 1}, "constructor": "x"}');
  expect([...flatten(answer).keys()]).toEqual(['__proto__.a', 'constructor']);
  expect(({} as Record<string, unknown>).a).toBeUndefined();
});

test('is bounded in how many fields it gives and how long their paths are', () => {
  const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`f${at}`, at]));
  expect(flatten(wide).size).toBe(500);
  expect(flatten({ ['x'.repeat(300)]: { y: 1 }, z: 1 }).size).toBe(1);
  expect(flatten(null).size).toBe(0);
});
