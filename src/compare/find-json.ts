/** Finds the JSON object or list in an answer: alone, in a code fence, with text around it, cut off or broken. */

import { valueAt } from '../datasets/field-path.ts';
import { plainData } from './plain-data.ts';
import { faultIn, REPAIR_BUDGET, repairJson } from './repair-json.ts';
import { type Segment, segmentsOf } from './segments.ts';
import { closeOff, endOf, isTooDeep } from './walk-json.ts';

/** A value found in an answer. */
export interface Found {
  value: unknown;
  /** Whether it had to be repaired: it was cut off or is not quite JSON. */
  repaired: boolean;
  /** Names down to the last value when that is only the beginning of one; null when all is there. */
  truncated: string[] | null;
}

interface Candidate extends Found {
  length: number;
}

interface Search {
  text: string;
  budget: { left: number };
  /** Characters that may still be walked over, so that a text of brackets takes linear time. */
  walks: number;
  /** Brackets that may still be looked at. */
  brackets: number;
}

/** Longest text that is searched for JSON inside of it, in characters; longer ones at their two ends. */
const MAX_SEARCHED = 1024 * 1024;
const MAX_CANDIDATES = 100;
const MAX_BRACKETS = 100_000;
/** Longer texts are looked through before they are parsed, in characters. */
const LONG = 10_000;
/** Closing brackets too many in one object. */
const MAX_SURPLUS = 5;
/** What an object begins with: a name in quotes; with nothing before it, also a bare name or a comment. */
const QUOTED_NAME = /\{\s*\\?["'\u2018-\u201d]/y;
const ANY_NAME = /\{\s*(?:\\?["'\u2018-\u201d`]|[\p{L}_][\w-]*\s*:|\/[/*]|#)/uy;
/** A list among text counts when it begins with an object: [1] is a footnote. */
const LIST_OF_OBJECTS = /\[\s*\{\s*\\?["'\u2018-\u201d]/y;
const LIST = /\[\s*(?:\{\s*\\?["'\u2018-\u201d]|["'\u2018-\u201d])/y;
/** What may stand before the one value of a block of code. */
const ASSIGNED = /^\s*(?:(?:#|\/\/)[^\n]*\n\s*)*(?:(?:const|let|var)\s+)?[\p{L}_]\w*\s*=\s*(?=[{[])/u;

/**
 * The object or list in `text`, or a scalar when the whole text is one; null when there is none. Of several the last
 * large one counts, those that have something at `decisionPath` first.
 */
export function findJson(text: string, decisionPath: string | null): Found | null {
  const whole = wholeJson(text);
  if (whole) return whole;
  const trimmed = text.trim();
  const searched =
    trimmed.length <= MAX_SEARCHED
      ? trimmed
      : `${trimmed.slice(0, MAX_SEARCHED / 2)}\n${trimmed.slice(-MAX_SEARCHED / 2)}`;
  const search = {
    text: searched,
    budget: { left: REPAIR_BUDGET },
    walks: searched.length * 4 + 100_000,
    brackets: MAX_BRACKETS,
  };
  // A complete value at the start may hold fences in its strings.
  const first = begins(searched, 0, true) ? entire(search, 0, searched.length) : null;
  const found = segmentsOf(searched, first?.length ?? 0).flatMap((segment) => candidatesIn(search, segment));
  if (first) return chosen([first, ...found], decisionPath);
  if (found.length > 0 || !/^[{[]/.test(searched)) return chosen(found, decisionPath);
  return chosen(candidatesIn(search, { from: 0, to: searched.length, fenced: false, code: false }), decisionPath);
}

/** The value that the whole text is. */
export function wholeJson(text: string): Found | null {
  const value = parsed(text.replace(/^\uFEFF/, '').trim());
  return value === undefined ? null : { value, repaired: false, truncated: null };
}

function candidatesIn(search: Search, segment: Segment): Candidate[] {
  const found: Candidate[] = [];
  const { text } = search;
  const assigned = ASSIGNED.exec(text.slice(segment.from, Math.min(segment.to, segment.from + 2000)));
  const begin = assigned ? segment.from + assigned[0].length : firstText(text, segment);
  const alone = (at: number) => at === begin && (at === 0 || segment.fenced || assigned !== null);
  // Code that is more than one value is no answer in JSON, whatever objects it builds.
  if (segment.code && !/[{[]/.test(text[begin] ?? '')) return found;
  for (let at = nextBracket(search, begin, segment.to); at !== -1; ) {
    if (search.walks <= 0 || found.length >= MAX_CANDIDATES || search.brackets-- <= 0) break;
    const candidate = begins(text, at, alone(at)) ? candidateAt(search, at, segment.to) : null;
    if (candidate) found.push(candidate);
    at = nextBracket(search, at + (candidate?.length ?? 1), segment.to);
  }
  return found;
}

function candidateAt(search: Search, at: number, to: number): Candidate | null {
  const { text, budget } = search;
  const whole = entire(search, at, to);
  if (whole) return whole;
  search.walks -= to - at;
  const end = endOf(text, at, to);
  if (end !== -1) return repaired(repairJson(text.slice(at, end), budget), end - at) ?? upToFault(text, at, end);
  return cutOff(search, at, to);
}

/** What can be had of a value whose end is not there, or cannot be told for a quote too many or too few. */
function cutOff({ text, budget }: Search, at: number, to: number): Candidate | null {
  const closed = closeOff(text, at, to);
  const cut = repaired(parsed(closed.text), to - at, closed.truncated);
  if (cut) return cut;
  const lastBracket = Math.max(text.lastIndexOf('}', to - 1), text.lastIndexOf(']', to - 1));
  const upToBracket = lastBracket > at ? repairJson(text.slice(at, lastBracket + 1), budget) : undefined;
  return (
    repaired(upToBracket, lastBracket + 1 - at) ??
    repaired(repairJson(closed.text, budget), to - at, closed.truncated) ??
    upToFault(text, at, to)
  );
}

/** What stands before the first fault. */
function upToFault(text: string, at: number, to: number): Candidate | null {
  const fault = faultIn(text.slice(at, to));
  if (fault === null) return null;
  const closed = closeOff(text, at, at + fault);
  return repaired(parsed(closed.text), fault, closed.truncated);
}

/** The value at `at` when all of it is there, but for brackets that close it too early. */
function entire(search: Search, at: number, to: number): Candidate | null {
  const whole = complete(search, at, to);
  if (whole === null || !goesOn(search.text, at + whole.length, to)) return whole;
  return withoutSurplus(search, at, to) ?? whole;
}

/** The value at `at` when it is there in full and is JSON as it stands. */
function complete(search: Search, at: number, to: number): Candidate | null {
  const end = endOf(search.text, at, to);
  search.walks -= (end === -1 ? to : end) - at;
  const value = end === -1 ? undefined : parsed(search.text.slice(at, end));
  if (typeof value !== 'object' || value === null) return null;
  return { value, repaired: false, truncated: null, length: end - at };
}

/** Whether further members follow the bracket that closed an object. */
function goesOn(text: string, from: number, to: number): boolean {
  return /^\s*,\s*"[^"\n]{1,100}"\s*:/.test(text.slice(from, Math.min(to, from + 200)));
}

/** The object without the brackets that close it too early: `{"a": {"b": 1}}, "c": 2}`. */
function withoutSurplus(search: Search, at: number, to: number): Candidate | null {
  let text = search.text.slice(at, to);
  let end = endOf(text, 0, text.length);
  let removed = 0;
  for (; end !== -1 && goesOn(text, end, text.length) && removed < MAX_SURPLUS; removed++) {
    search.walks -= text.length;
    text = text.slice(0, end - 1) + text.slice(end);
    end = endOf(text, 0, text.length);
  }
  return end === -1 ? null : repaired(parsed(text.slice(0, end)), end + removed);
}

function repaired(value: unknown, length: number, truncated = false): Candidate | null {
  const plain = plainData(value);
  if (typeof plain !== 'object' || isEmpty(plain) || (Array.isArray(plain) && plain.every(isEmpty))) return null;
  return { value: plain, repaired: true, truncated: truncated ? lastNames(plain) : null, length };
}

/** Whether `value` is null, or an object or a list that holds nothing. */
function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

/** The names down to the last value of `value`. */
function lastNames(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const last = Object.entries(value).at(-1);
  return last === undefined ? [] : [last[0], ...lastNames(last[1])];
}

function chosen(found: Candidate[], decisionPath: string | null): Candidate | null {
  const deciding = found.filter(({ value }) => decisionPath !== null && valueAt(value, decisionPath) !== undefined);
  const pool = deciding.length > 0 ? deciding : found;
  const largest = Math.max(...pool.map(({ length }) => length));
  const large = pool.filter(({ length }) => length * 2 > largest);
  return large.findLast((each) => !each.repaired) ?? large.at(-1) ?? null;
}

/** Whether an object or list begins at `at`; `alone`: nothing stands before it. */
function begins(text: string, at: number, alone: boolean): boolean {
  const pattern = text[at] === '{' ? (alone ? ANY_NAME : QUOTED_NAME) : alone ? LIST : LIST_OF_OBJECTS;
  pattern.lastIndex = at;
  return pattern.test(text);
}

function firstText(text: string, { from, to }: Segment): number {
  let at = from;
  while (at < to && text[at]!.trim() === '') at += 1;
  return at;
}

function nextBracket({ text }: Search, from: number, to: number): number {
  for (let at = from; at < to; at++) if (text[at] === '{' || text[at] === '[') return at;
  return -1;
}

function parsed(text: string): unknown {
  // Only what can be JSON: an error of JSON.parse quotes its text, and costs more than this look.
  if (!/^[{["\d-]|^(?:true|false|null)$/.test(text)) return undefined;
  if (text.length > LONG && isTooDeep(text)) return undefined;
  try {
    return plainData(JSON.parse(text));
  } catch {
    return undefined;
  }
}
