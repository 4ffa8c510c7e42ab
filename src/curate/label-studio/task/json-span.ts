/** Finds where in an answer the JSON stands that its fields were read from. */

import { plainData } from '../../../compare/plain-data.ts';
import { endOf } from '../../../compare/walk-json.ts';

/** `unwrapped`: the fields are those of the one object in a list. */
export interface JsonSpan {
  from: number;
  to: number;
  unwrapped: boolean;
}

/** Brackets that are looked at, so that a text of brackets takes no quadratic time. */
const mostBrackets = 500;

/** The last place where an object or a list with these fields stands; null when there is none. */
export function jsonSpanOf(content: string, fields: Record<string, unknown>): JsonSpan | null {
  const wanted = JSON.stringify(fields);
  let found: JsonSpan | null = null;
  const bracket = /[{[]/g;
  for (let looked = 0; looked < mostBrackets; looked++) {
    const from = bracket.exec(content)?.index;
    if (from === undefined) break;
    const to = endOf(content, from, content.length);
    const value = to === -1 ? undefined : parsed(content.slice(from, to));
    if (value === undefined) continue;
    const unwrapped = Array.isArray(value) && value.length === 1 && isObject(value[0]);
    const read = unwrapped ? value[0] : Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : value;
    if (JSON.stringify(read) === wanted) found = { from, to, unwrapped };
    bracket.lastIndex = to;
  }
  return found;
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

function parsed(text: string): unknown {
  try {
    return plainData(JSON.parse(text));
  } catch {
    return undefined;
  }
}
