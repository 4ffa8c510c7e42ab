/** Reads what is expected of a field out of an item's expected answer. */

import { findJson } from '../../compare/find-json.ts';
import { valueAt } from '../../datasets/field-path.ts';

const isHolder = (value: unknown): value is object => typeof value === 'object' && value !== null;

/**
 * The expected value at `path`: in an object or a list, or in text that is one. Without such a place, `whole` says whether
 * all of the expected answer stands for it; undefined when nothing does.
 */
export function expectedAt(expected: unknown, path: string, whole: boolean): unknown {
  const value = asJson(expected);
  if (!isHolder(value)) return whole ? (value ?? undefined) : undefined;
  const found = valueAt(value, path);
  if (found !== undefined) return found;
  return whole && !isObject(value) ? value : undefined;
}

const isObject = (value: object) => !Array.isArray(value);

/** Text that is an object or a list as that; all else as it is, but for blank text, which is nothing. */
export function asJson(expected: unknown): unknown {
  if (typeof expected !== 'string') return expected;
  const trimmed = expected.trim();
  if (trimmed === '') return undefined;
  if (!/^[{[]/.test(trimmed)) return expected;
  return findJson(trimmed, null)?.value ?? expected;
}
