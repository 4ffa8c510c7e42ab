/** Fields of the inputs: paths, kinds, counts, values, and what keeps memory bounded. */

import { expect, it } from 'vitest';
import { gatherColumns } from '../../src/datasets/gather-columns.ts';

function gather(rows: Record<string, unknown>[]) {
  const fields = gatherColumns();
  for (const row of rows) fields.see(row);
  return fields.columns();
}

it('counts what is there, with its kinds and values, in the order of the file', () => {
  const columns = gather([
    { b: 'x', n: 1, flag: true, list: [1], mixed: 1, metadata: { 'a.b': 'deep' }, none: null },
    { b: 'y', n: 2, flag: false, list: [], mixed: 'one', metadata: { 'a.b': 'deep' }, none: '' },
    { n: 2, late: 'z' },
  ]);
  expect(columns).toEqual([
    { path: 'b', kind: 'text', seen: 2, values: ['x', 'y'] },
    { path: 'n', kind: 'number', seen: 3, values: ['1', '2'] },
    { path: 'flag', kind: 'boolean', seen: 2, values: ['true', 'false'] },
    { path: 'list', kind: 'list', seen: 2, values: null },
    { path: 'mixed', kind: 'mixed', seen: 2, values: ['1', 'one'] },
    { path: 'metadata', kind: 'object', seen: 2, values: null },
    { path: 'metadata.a\\.b', kind: 'text', seen: 2, values: ['deep'] },
    { path: 'late', kind: 'text', seen: 1, values: ['z'] },
  ]);
});

it('lists 50 values, not 51, and no long ones', () => {
  const rows = (count: number) => Array.from({ length: count }, (_, i) => ({ v: `v${i % 51}` }));
  expect(gather(rows(50))[0]!.values).toHaveLength(50);
  expect(gather(rows(200))[0]!.values).toBeNull();
  expect(gather([{ v: 'x'.repeat(201) }])[0]!.values).toBeNull();
});

it('keeps 200 fields at most, four deep, with paths that can be asked for', () => {
  expect(gather([Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, i]))])).toHaveLength(200);
  expect(gather([{ a: { b: { c: { d: { e: 1 } } } } }]).map(({ path }) => path)).toEqual([
    'a',
    'a.b',
    'a.b.c',
    'a.b.c.d',
  ]);
  expect(gather([{ ['x'.repeat(201)]: 1, '': 2, 'half \ud83d': 3, ok: 4 }]).map(({ path }) => path)).toEqual(['ok']);
  expect(gather([{ constructor: 1, __proto__: 2, toString: 3 }]).map(({ path }) => path)).toEqual([
    'constructor',
    'toString',
  ]);
});
