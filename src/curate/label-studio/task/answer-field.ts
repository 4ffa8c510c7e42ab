/** Reads one field of an answer as a person sees it, and writes another value in its place. */

import { flatten } from '../../../compare/field-paths.ts';
import { wholeJson } from '../../../compare/find-json.ts';
import { readAnswer } from '../../../compare/read-answer.ts';
import { textKey } from '../../../compare/text-key.ts';
import { splitPath, valueAt } from '../../../datasets/field-path.ts';
import { placeIn, withValueAt } from './json-place.ts';
import { jsonSpanOf } from './json-span.ts';

/** A field as a control corrects it. `first`: of the fields of its block, which is where the decision stands. */
export interface CorrectedField {
  field: string;
  first: boolean;
  values: string[];
}

/**
 * The answer's own value as text. An answer that is no JSON is its decision where it is that alone ("yes"); what a rule
 * finds inside a longer text cannot be put right there, so such a text has no fields. null: there is none.
 */
export function ownValue(content: string, of: CorrectedField): string | null {
  const { field } = of;
  const { fields } = readAnswer(content, { decisionPath: field, rules: [] });
  if (fields === null) return aloneText(content, of);
  const value = valueAt(fields, realPath(fields, field));
  if (typeof value === 'object' || value === undefined) return null;
  return String(value).trim();
}

/** Whether two spellings are one value, as choices are told apart. */
export const isSameValue = (a: string, b: string): boolean => a === b || textKey(a) === textKey(b);

/**
 * The answer with `value` at the field, all else as it stands, text around JSON too; JSON that has to be repaired is
 * written anew. null when it has no place for the field.
 */
export function withField(content: string, of: CorrectedField, value: string): string | null {
  const { fields, parse } = readAnswer(content, { decisionPath: of.field, rules: [] });
  if (fields === null) return withAloneText(content, of, value);
  const path = splitPath(realPath(fields, of.field));
  const written = writtenAs(valueAt(fields, realPath(fields, of.field)), value);
  const span = parse === 'json' ? jsonSpanOf(content, fields) : null;
  if (span === null) {
    const whole = withValueAt(fields, path, written);
    return whole === undefined ? null : JSON.stringify(whole, null, content.includes('\n') ? 2 : undefined);
  }
  const json = content.slice(span.from, span.to);
  const mended = placeIn(json, span.unwrapped ? ['0', ...path] : path, written);
  return mended === null ? null : content.slice(0, span.from) + mended + content.slice(span.to);
}

/** The path, or the one that is the same but for case, as a decision is found. */
function realPath(fields: Record<string, unknown>, path: string): string {
  if (valueAt(fields, path) !== undefined) return path;
  return [...flatten(fields).keys()].find((each) => each.toLowerCase() === path.toLowerCase()) ?? path;
}

/** A number or a truth value stays one; where nothing stood, what reads as one becomes one. */
function writtenAs(own: unknown, value: string): unknown {
  if (typeof own === 'string') return value;
  if (/^(?:true|false)$/.test(value)) return value === 'true';
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(value) && String(Number(value)) === value ? Number(value) : value;
}

/** The text that is one of the values and nothing else, bare or as a JSON string, number or truth value. */
function aloneText(content: string, { first, values }: CorrectedField): string | null {
  const text = String(wholeJson(content)?.value ?? content).trim();
  return first && values.some((value) => isSameValue(value, text)) ? text : null;
}

function withAloneText(content: string, of: CorrectedField, value: string): string | null {
  if (aloneText(content, of) === null) return null;
  const whole = wholeJson(content);
  return whole === null ? value : JSON.stringify(writtenAs(whole.value, value));
}
