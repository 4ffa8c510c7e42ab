/** Paths into answers: names joined by dots, positions as numbers, dots and backslashes in names written `\.` and `\\`. */

export type FieldKind = 'text' | 'number' | 'boolean' | 'list' | 'object' | 'null';

/** A leaf of an answer: a scalar, a list of scalars, or an empty list or object. */
export interface Field {
  kind: FieldKind;
  value: unknown;
}

/** An answer has no more fields than this; what comes after is left out. */
const MAX_FIELDS = 500;
const MAX_PATH = 200;

/** `joinPath(['a.b', '0'])` is `a\.b.0`. */
export function joinPath(names: string[]): string {
  return names.map((name) => name.replace(/[\\.]/g, '\\$&')).join('.');
}

/** `splitPath('a\\.b.0')` is `['a.b', '0']`. */
export function splitPath(path: string): string[] {
  const names: string[] = [];
  let name = '';
  for (let at = 0; at < path.length; at++) {
    if (path[at] === '.') {
      names.push(name);
      name = '';
    } else {
      if (path[at] === '\\' && at + 1 < path.length) at += 1;
      name += path[at];
    }
  }
  return [...names, name];
}

/** What stands at `path`; undefined where nothing does. Inherited properties and lengths are nothing. */
export function readPath(value: unknown, path: string): unknown {
  let found = value;
  for (const name of splitPath(path)) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    if (Array.isArray(found) && !/^\d+$/.test(name)) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}

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
