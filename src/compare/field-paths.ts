/** The leaves of an answer, by their paths. */

import { joinPath } from '../datasets/field-path.ts';

export type FieldKind = 'text' | 'number' | 'boolean' | 'list' | 'object' | 'null';

/** A leaf of an answer: a scalar, a list of scalars, or an empty list or object. */
export interface Field {
  kind: FieldKind;
  value: unknown;
}

/** An answer has no more fields than this; what comes after is left out. */
const MAX_FIELDS = 500;
const MAX_PATH = 200;

/**
 * The leaves of an answer by path, in their order: `{a: {b: 1}, c: [{d: 2}], e: ['x']}` has `a.b`, `c.0.d` and `e`.
 * Paths longer than 200 characters are left out.
 */
export function flatten(value: unknown): Map<string, Field> {
  const fields = new Map<string, Field>();
  collect(value, '', fields);
  return fields;
}

export function kindOf(value: unknown): FieldKind {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'object') return 'object';
  if (typeof value === 'number' || typeof value === 'boolean') return typeof value as 'number' | 'boolean';
  return 'text';
}

const isScalar = (value: unknown) => typeof value !== 'object' || value === null;

function collect(value: unknown, path: string, fields: Map<string, Field>): void {
  if (fields.size >= MAX_FIELDS || path.length > MAX_PATH) return;
  const leaf =
    isScalar(value) || (Array.isArray(value) ? value.every(isScalar) : Object.keys(value as object).length === 0);
  if (leaf) {
    if (path !== '') fields.set(path, { kind: kindOf(value), value });
    return;
  }
  for (const [name, inner] of Object.entries(value as object)) {
    const step = joinPath([name]);
    // An empty name can only be told from no name when something stands before it.
    if (path !== '' || step !== '') collect(inner, path === '' ? step : `${path}.${step}`, fields);
  }
}
