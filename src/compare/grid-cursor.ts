/** Writes and reads the place in a sorted listing after which the next page begins. */

import type { GridQuery } from '../contracts/workbench.ts';
import { AssayError } from '../errors.ts';

/** The last row of a page. `value` is its sort value; null where it has none, behind all that have one. */
export interface Place {
  value: number | null;
  ordinal: number;
  /** Rows that the filter chooses, counted for the first page. */
  filtered: number;
  /** Whether that is an estimate; then the words of a search are looked for row by row. */
  estimated: boolean;
}

export const writeCursor = (sort: GridQuery['sort'], place: Place): string =>
  Buffer.from(JSON.stringify([sort, place.value, place.ordinal, place.filtered, place.estimated])).toString(
    'base64url',
  );

/** Throws invalid_parameter for one that is no cursor, or of another sort. */
export function readCursor(sort: GridQuery['sort'], cursor: string): Place {
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    throw unknown(cursor, 'it is no cursor of a page; take the one in `next`, or leave it out for the first page');
  }
  const [of, value, ordinal, filtered, estimated] = Array.isArray(read) ? read : [];
  const whole = (n: unknown): n is number => Number.isInteger(n) && (n as number) >= 0 && (n as number) < 2 ** 31;
  if (!whole(ordinal) || !whole(filtered) || !(value === null || Number.isFinite(value)))
    throw unknown(cursor, 'it is no cursor of a page; take the one in `next`, or leave it out for the first page');
  if (of !== sort) throw unknown(cursor, `it belongs to another sort than ${sort}; leave it out for the first page`);
  return { value, ordinal, filtered, estimated: estimated === true };
}

const unknown = (value: string, problem: string): AssayError =>
  new AssayError('invalid_parameter', { param: 'after', problem, value }, { param: 'after' });
