/** Reads an answer: its fields where it is JSON, and its decision from a field or by rules. */

import type { DecisionRule } from '../contracts/datasets.ts';
import { splitPath, valueAt } from '../datasets/field-path.ts';
import { applyRules, MAX_DECISION } from './decision-rules.ts';
import { flatten } from './field-paths.ts';
import { type Found, findJson, wholeJson } from './find-json.ts';
import { plainText } from './plain-data.ts';
import { withoutThoughts } from './thoughts.ts';

/** How decisions are read. */
export interface Reading {
  /** The field of the decision; null: answers in JSON have none. */
  decisionPath: string | null;
  /** For answers that are not JSON. */
  rules: DecisionRule[];
}

/** What an answer says. */
export interface ReadAnswer {
  /** json; repaired: cut off or broken JSON; text: a rule found the decision; none: nothing could be read. */
  parse: 'json' | 'repaired' | 'text' | 'none';
  /** The object; a list by position ("0", "1", …), a list of one object as that object; null for scalars and text. */
  fields: Record<string, unknown> | null;
  /** At most 500 characters. null where there is none, it is a list or an object, or it was cut off. */
  decision: string | null;
}

/**
 * ```ts
 * readAnswer('Sure!\n```json\n{"verdict": "Yes", "why": "grow', { decisionPath: 'verdict', rules: [] });
 * // { parse: 'repaired', fields: { verdict: 'Yes', why: 'grow' }, decision: 'Yes' }
 * ```
 */
export function readAnswer(content: string, how: Reading): ReadAnswer {
  return readAnswers([content], how)[0]!;
}

/** As readAnswer for many answers, which is far faster where rules are needed. */
export function readAnswers(contents: string[], how: Reading): ReadAnswer[] {
  const read = contents.map((content) => readJson(content, how.decisionPath));
  const unread = read.flatMap((answer, at) => (answer === null ? [at] : []));
  const decisions = applyRules(
    how.rules.length === 0 ? [] : unread.map((at) => withoutThoughts(contents[at]!).trim()),
    how.rules,
  );
  unread.forEach((at, place) => {
    const decision = decisions[place] ?? null;
    read[at] = { parse: decision === null ? 'none' : 'text', fields: null, decision };
  });
  return read as ReadAnswer[];
}

function readJson(content: string, decisionPath: string | null): ReadAnswer | null {
  // In a text that is JSON as a whole, marks of thoughts are part of a value.
  const found = wholeJson(content) ?? findJson(withoutThoughts(content), decisionPath);
  if (found === null) return null;
  const parse = found.repaired ? 'repaired' : 'json';
  const inner =
    typeof found.value === 'string' && /^\s*[{[]/.test(found.value) ? findJson(found.value, decisionPath) : null;
  if (inner !== null) return answerOf(inner, decisionPath, parse);
  return answerOf(found, decisionPath, parse);
}

function answerOf(found: Found, decisionPath: string | null, parse: 'json' | 'repaired'): ReadAnswer {
  const { value } = found;
  // A value that stands alone is the decision, whatever the field of the others is called.
  if (typeof value !== 'object' || value === null) return { parse, fields: null, decision: decisionText(value) };
  const unwrapped = Array.isArray(value) && value.length === 1 && isObject(value[0]);
  const fields = unwrapped ? value[0] : Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : value;
  const truncated = (unwrapped ? found.truncated?.slice(1) : found.truncated) ?? null;
  return {
    parse: found.repaired ? 'repaired' : parse,
    fields: fields as Record<string, unknown>,
    decision: decisionPath === null ? null : decisionAt(fields, decisionPath, truncated),
  };
}

/** The decision at `path`, or at the path that is the same but for case. */
function decisionAt(fields: unknown, path: string, truncated: string[] | null): string | null {
  const lower = path.toLowerCase();
  const taken =
    valueAt(fields, path) !== undefined
      ? path
      : [...flatten(fields).keys()].find((each) => each.toLowerCase() === lower);
  if (taken === undefined) return null;
  const isPart = truncated !== null && JSON.stringify(truncated) === JSON.stringify(splitPath(taken));
  return isPart ? null : decisionText(valueAt(fields, taken));
}

/** The text of a scalar, or null. */
function decisionText(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return null;
  return plainText(value.trim().slice(0, MAX_DECISION)) || null;
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
