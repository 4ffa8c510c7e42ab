/** Repairs a JSON object or list that does not parse, without ever making one out of prose. */

import { jsonrepair } from 'jsonrepair';

/**
 * Longest text that is repaired, in characters, over all tries at one answer. jsonrepair takes quadratic time in bad
 * cases: 50 s for 1 MB of members without commas, 0.2 s for 64 KB.
 */
export const REPAIR_BUDGET = 64 * 1024;

/** Something quoted, or a bare word, before a colon. */
const NAME = /["'\u2018-\u201d`]\s*:|[\p{L}_][\w-]*\s*:/u;
/** A comment of Python's, after a value or on its own line. */
const HASH_COMMENT = /(^|[\s,{}[\]"'\d])#(?![^\n]{0,300}["']\s*[,:}\]]).*$/gm;

/** What the repaired text says, or undefined. `budget.left` goes down by the length of what is tried. */
export function repairJson(text: string, budget: { left: number }): unknown {
  if (!/^[{[]/.test(text) || text.length > budget.left) return undefined;
  if (text.startsWith('{') && !NAME.test(text)) return undefined;
  budget.left -= text.length;
  try {
    return JSON.parse(jsonrepair(text.replace(HASH_COMMENT, '$1')));
  } catch {
    return undefined;
  }
}

/** The place of the first character that makes `text` no JSON, as V8 tells it; null when it does not tell. */
export function faultIn(text: string): number | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    const place = / at position (\d+)/.exec((error as Error).message);
    return place === null ? null : Number(place[1]);
  }
}
