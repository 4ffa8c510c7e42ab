/** The check of layers.json: it finds what it is there to find, and this repository obeys. */

import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkLayers, importsOf } from '../../scripts/check-layers.ts';
import { tree } from './tree.ts';

const layers = JSON.stringify({ src: ['contracts', 'errors.ts', 'db', 'files', 'main.ts'] });
const faults = (files: Record<string, string>) => checkLayers(tree({ 'layers.json': layers, ...files }));

test('this repository obeys', () => {
  expect(checkLayers(resolve(import.meta.dirname, '../..'))).toEqual([]);
});

describe('what obeys', () => {
  test('imports of rooms above, of the own room, of packages', () => {
    const found = faults({
      'src/contracts/a.ts': "import { z } from 'zod';\n",
      'src/errors.ts': 'export const e = 1;\n',
      'src/db/pool.ts': "import pg from 'pg';\nimport { e } from '../errors.ts';\nimport { q } from './query.ts';\n",
      'src/db/query.ts': 'export const q = 1;\n',
      'src/main.ts': "import { q } from './db/query.ts';\n",
    });
    expect(found).toEqual([]);
  });

  test('an import that is only spoken of in a comment', () => {
    expect(
      faults({ 'src/db/a.ts': "/**\n * import { x } from '../main.ts';\n */\n// import '../main.ts';\n" }),
    ).toEqual([]);
  });
});

describe('what is found', () => {
  const below = { 'src/files/store.ts': 'export type S = 1;\nexport const s = 1;\n' };

  test.each([
    ['a plain import', "import { s } from '../files/store.ts';\n"],
    ['a type import', "import type { S } from '../files/store.ts';\n"],
    ['an inline type', "export type T = import('../files/store.ts').S;\n"],
    ['a re-export', "export { s } from '../files/store.ts';\n"],
    ['an import for its effect', "import '../files/store.ts';\n"],
    ['a dynamic import', "export const s = await import('../files/store.ts');\n"],
  ])('%s from a room below', (_, text) => {
    const found = faults({ ...below, 'src/db/pool.ts': text });
    expect(found).toEqual([
      'src/db/pool.ts:1: db imports files (src/files/store.ts), which comes after it in layers.json',
    ]);
  });

  test('an import over several lines, with the line of its source', () => {
    const found = faults({ ...below, 'src/db/pool.ts': "/** A. */\nimport {\n  s,\n} from '../files/store.ts';\n" });
    expect(found[0]).toMatch(/^src\/db\/pool\.ts:4: /);
  });

  test('a room and a file that layers.json does not list', () => {
    const found = faults({ 'src/extra/a.ts': '', 'src/loose.ts': '' });
    expect(found.map((fault) => fault.split(' ')[0])).toEqual(['src/extra', 'src/loose.ts']);
  });

  test('a cycle between files of one room, once', () => {
    const found = faults({
      'src/db/a.ts': "import type { B } from './b.ts';\n",
      'src/db/b.ts': "import { c } from './c.ts';\n",
      'src/db/c.ts': "import { a } from './a.ts';\n",
    });
    expect(found).toEqual(['cycle: src/db/a.ts -> src/db/b.ts -> src/db/c.ts -> src/db/a.ts']);
  });

  test('contracts that import more than zod', () => {
    expect(faults({ 'src/contracts/a.ts': "import { join } from 'node:path';\n" })).toEqual([
      'src/contracts/a.ts:1: contracts imports zod only, not node:path',
    ]);
  });

  test('an import from outside the tree', () => {
    expect(faults({ 'src/db/a.ts': "import { x } from '../../scripts/x.ts';\n" })[0]).toContain('outside src/');
  });
});

test('every kind of import is seen, with its line', () => {
  const source = "import a from 'a';\nexport * from 'b';\nimport 'c';\nconst d = await import('d');\n";
  expect(importsOf(source)).toEqual(['a', 'b', 'c', 'd'].map((specifier, i) => ({ specifier, line: i + 1 })));
});
