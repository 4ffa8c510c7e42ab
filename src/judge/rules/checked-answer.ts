/** What the checks of rules see of an answer, and what they say of it. */

import { wholeJson } from '../../compare/find-json.ts';
import { withoutThoughts } from '../../compare/thoughts.ts';
import { textOf, valueAt } from '../../datasets/field-path.ts';

/** What a set of rules is asked about. */
export interface RuleInput {
  /** The text of the answer. */
  content: string;
  /** As the engine said it: stop, length, …; null when it said nothing. */
  finishReason: string | null;
  /** The JSON found in the answer; undefined when there is none. */
  json: unknown;
  item: {
    /** The item's fields. */
    input: unknown;
    /** The expected answer, as text or as JSON; null or undefined when there is none. */
    expected: unknown;
  };
}

/** An answer made ready once for all rules. */
export interface Answer extends RuleInput {
  /** The content without thinking; as it is where all of it is JSON. */
  text: string;
}

/** What a check says. `pass` null: the rule does not apply to this answer, for the reason given. */
export interface Verdict {
  pass: boolean | null;
  /** In plain words, with the value, what was expected and the place. */
  reason: string;
  details?: Record<string, unknown>;
}

/** A rule made ready. */
export type Check = (answer: Answer) => Verdict;

/** A field of an answer, or why it is not there. */
export type FieldRead = { value: unknown; missing: null } | { value: undefined; missing: string };

const MAX_SHOWN = 80;
const MAX_NAMES = 8;

export const passed = (reason: string, details?: Verdict['details']): Verdict => ({ pass: true, reason, details });
export const failed = (reason: string, details?: Verdict['details']): Verdict => ({ pass: false, reason, details });
export const notApplied = (reason: string): Verdict => ({ pass: null, reason });

export function answerOf(input: RuleInput): Answer {
  const { content } = input;
  const thinks = content.includes('<think>') || content.includes('</think>');
  return { ...input, text: thinks && wholeJson(content) === null ? withoutThoughts(content) : content };
}

/** The value at `path` in the answer's JSON; of a list of one object, in that object. */
export function fieldOf({ json }: Answer, path: string): FieldRead {
  let found = valueAt(json, path);
  if (found === undefined && Array.isArray(json) && json.length === 1) found = valueAt(json[0], path);
  if (found !== undefined) return { value: found, missing: null };
  return { value: undefined, missing: `the answer has no field ${path}: ${fieldsThere(json)}` };
}

function fieldsThere(json: unknown): string {
  if (json === undefined) return 'there is no JSON in it';
  if (typeof json !== 'object' || json === null) return `its JSON is ${shown(json)}`;
  if (Array.isArray(json)) return `its JSON is a list of ${json.length}`;
  const names = Object.keys(json);
  if (names.length === 0) return 'its JSON is empty';
  const more = names.length > MAX_NAMES ? `, and ${names.length - MAX_NAMES} more` : '';
  return `it has ${names.slice(0, MAX_NAMES).map(cut).join(', ')}${more}`;
}

/** The text of a field, or of the whole answer when `field` is undefined. */
export function textAt(
  answer: Answer,
  field: string | undefined,
): { text: string; missing: null } | { missing: string } {
  if (field === undefined) return { text: answer.text, missing: null };
  const read = fieldOf(answer, field);
  return read.missing === null ? { text: textOf(read.value) ?? '', missing: null } : read;
}

/** Where a rule looks, for its reasons. */
export const placeOf = (field: string | undefined) => (field === undefined ? 'the answer' : `the field ${field}`);

/** A value as it is shown in a reason: as JSON, cut at 80 characters. */
export const shown = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(cut(value)) : cut(JSON.stringify(value) ?? 'nothing');

function cut(text: string): string {
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN - 1)}…`;
}

/** How many of something: `1 field`, `2 fields`. */
export const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
