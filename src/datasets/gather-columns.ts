/** Gathers the fields of a dataset's inputs, with their kinds and values, in bounded memory, as the rows go by. */

import type { Column } from '../contracts/datasets.ts';
import { joinPath } from './field-path.ts';
import { isObject } from './input-text.ts';

/** Fields kept at most, objects inside objects that are looked into, different values kept, and characters of one. */
const maxFields = 200;
const maxDepth = 4;
const maxValues = 50;
const maxValueChars = 200;
/** Longest path that can be asked for. */
const maxPathChars = 200;

interface Field {
  path: string[];
  kind: Column['kind'];
  seen: number;
  /** Null when there are too many, or such as are no short text. */
  values: Set<string> | null;
  inner: Map<string, Field>;
}

/** `see` takes a row in; `columns` gives the fields seen so far, in the order in which they first came. */
export interface ColumnGatherer {
  see(input: Record<string, unknown>): void;
  columns(): Column[];
}

export function gatherColumns(): ColumnGatherer {
  const fields: Field[] = [];
  const outer = new Map<string, Field>();

  const fieldOf = (within: Map<string, Field>, path: string[], name: string): Field | undefined => {
    const known = within.get(name);
    if (known !== undefined || fields.length >= maxFields) return known;
    const length = joinPath([...path, name]).length;
    if (length === 0 || length > maxPathChars || !name.isWellFormed()) return undefined;
    const field: Field = { path: [...path, name], kind: 'text', seen: 0, values: new Set(), inner: new Map() };
    within.set(name, field);
    fields.push(field);
    return field;
  };
  const walk = (record: Record<string, unknown>, within: Map<string, Field>, path: string[]) => {
    for (const name in record) {
      const value = record[name];
      if (value === null || value === undefined || value === '') continue;
      const field = fieldOf(within, path, name);
      if (field === undefined) continue;
      take(field, value);
      if (isObject(value) && field.path.length < maxDepth) walk(value, field.inner, field.path);
    }
  };
  return {
    see: (input) => walk(input, outer, []),
    columns: () => fields.map(toColumn),
  };
}

function take(field: Field, value: unknown): void {
  const kind = kindOf(value);
  if (field.seen === 0) field.kind = kind;
  else if (field.kind !== kind) field.kind = 'mixed';
  field.seen += 1;
  if (field.values === null) return;
  const text = typeof value === 'object' ? null : String(value);
  if (text === null || text.length > maxValueChars) field.values = null;
  else if (field.values.add(text).size > maxValues) field.values = null;
}

function kindOf(value: unknown): Column['kind'] {
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'object') return 'object';
  return typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'boolean' : 'text';
}

const toColumn = ({ path, kind, seen, values }: Field): Column => ({
  path: joinPath(path),
  kind,
  seen,
  values: values === null ? null : [...values].map((value) => value.toWellFormed()),
});
