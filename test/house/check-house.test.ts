/** The check of the house rules: each rule finds its fault, and a clean tree passes. */

import { describe, expect, test } from 'vitest';
import { checkHouse, errorCodes } from '../../scripts/check-house.ts';
import { errorTable } from '../../src/errors.ts';
import { tree } from './tree.ts';

const doc = '/** Does one thing. */\n';
const faults = (files: Record<string, string>) => checkHouse(tree(files));
const lines = (count: number) => doc + 'const x = 1;\n'.repeat(count - 1);

test('a clean tree has no fault', () => {
  expect(
    faults({ 'src/db/pool.ts': lines(300), 'test/db/pool.test.ts': lines(400), 'python/a.py': 'x = 1\n' }),
  ).toEqual([]);
});

describe('what is found', () => {
  test.each([
    ['a long source', { 'src/db/pool.ts': lines(301) }, 'src/db/pool.ts: 301 lines, at most 300'],
    ['a long test', { 'test/pool.test.ts': lines(401) }, 'test/pool.test.ts: 401 lines, at most 400'],
    ['a folder of leftovers', { 'src/utils/a.ts': doc }, 'src/utils/a.ts: nothing is called utils'],
    ['a file of leftovers', { 'src/db/helpers.ts': doc }, 'src/db/helpers.ts: nothing is called helpers'],
    ['a test of leftovers', { 'test/common.test.ts': doc }, 'test/common.test.ts: nothing is called common'],
    ['a barrel', { 'src/db/index.ts': doc }, 'src/db/index.ts: no barrels'],
    ['a file without a docstring', { 'src/db/a.ts': "import 'x';\n" }, 'src/db/a.ts:1: begins with a docstring'],
    ['a note of unfinished work', { 'src/a.ts': `${doc}// ${'TO'}${'DO'} later\n` }, 'src/a.ts:2: finish it'],
    ['Python that is not ASCII', { 'python/a.py': 'x = "caf\u00e9"\n' }, 'python/a.py:1: Python files are ASCII only'],
    ['the environment in a room', { 'src/db/a.ts': `${doc}const h = process.env.HOME;\n` }, 'src/db/a.ts:2: reads'],
    [
      'a named variable in engines',
      { 'src/engines/a.ts': `${doc}f(process.env.HOME);\n` },
      'src/engines/a.ts:2: reads',
    ],
  ])('%s', (_, files, start) => {
    const found = faults(files as unknown as Record<string, string>);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(start);
  });

  test('what is allowed of the environment', () => {
    const found = faults({
      'src/config.ts': `${doc}export const env = process.env;\n`,
      'src/engines/key.ts': `${doc}export const key = (name: string) => process.env[name];\n`,
      'src/db/child.ts': `${doc}spawn('x', { env: { ...process.env, A: '1' } });\n`,
      'src/cli/path.ts': `${doc}const folder = process.env.INIT_CWD;\n`,
    });
    expect(found).toEqual([]);
  });
});

describe('error codes', () => {
  const table = (...names: string[]) =>
    `${doc}export const errorTable = {\n${names.map((name) => `  ${name}: bad('x'),\n`).join('')}} as const;\n`;

  test('one that is used and documented passes', () => {
    const found = faults({
      'src/errors.ts': table('gone'),
      'src/a.ts': `${doc}throw new AssayError('gone');\n`,
      'docs/reference/errors.md': '| `gone` |',
    });
    expect(found).toEqual([]);
  });

  test('one that is neither is told twice', () => {
    expect(faults({ 'src/errors.ts': table('gone') })).toEqual([
      'src/errors.ts: gone is used nowhere; remove it',
      'docs/reference/errors.md: gone is missing; run: npm run generate',
    ]);
  });

  test('the real table is read whole', async () => {
    const { readFileSync } = await import('node:fs');
    const text = readFileSync(new URL('../../src/errors.ts', import.meta.url), 'utf8');
    expect(errorCodes(text)).toEqual(Object.keys(errorTable));
  });
});
