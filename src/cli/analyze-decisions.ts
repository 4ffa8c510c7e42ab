/** Finds the JSON in answers and counts the values of their fields, to show how a run decided. */

/** How the JSON of an answer was found: the whole text, in a code fence, with text around it, or not at all. */
export type Parse = 'json' | 'fenced' | 'embedded' | 'none';

/** A field's values so far, keyed without regard to case and spaces; `overflow` counts what came after the limit. */
interface FieldTally {
  present: number;
  textual: boolean;
  values: Map<string, { label: string; count: number }>;
  overflow: number;
}

/** Counts of all fields seen, in the order in which they appeared. */
export interface DecisionTally {
  parses: Record<Parse, number>;
  fields: Map<string, FieldTally>;
}

/** How often each value of a field occurred among the answers that hold the field. */
export interface Decision {
  field: string;
  guessed: boolean;
  present: number;
  missing: number;
  values: { value: string; count: number; share: number }[];
  /** Answers whose value came after more different values than are kept. */
  other: number;
}

const MAX_SCAN = 64 * 1024;
const MAX_STARTS = 16;
const MAX_FIELDS = 200;
const MAX_VALUES = 200;
const MAX_VALUE_LENGTH = 60;
/** A field with more different values than this is no decision. */
const MAX_DECISIONS = 20;

/** Names that decisions usually have; of several candidates the first of these is taken. */
const usual =
  'decision recommendation verdict judgement judgment winner preference choice label class classification category answer result rating grade sentiment priority severity intent status'.split(
    ' ',
  );

export function newDecisions(): DecisionTally {
  return { parses: { json: 0, fenced: 0, embedded: 0, none: 0 }, fields: new Map() };
}

/** Reads an answer's JSON object, wherever in the text it stands; reasoning between think tags is left out. */
export function findJson(text: string): { parse: Parse; value: Record<string, unknown> | null } {
  const answer = text.replace(/^\s*<think>[\s\S]*?<\/think>/, '').trim();
  const whole = parsed(answer);
  if (whole) return { parse: 'json', value: whole };
  const fence = /```[a-zA-Z0-9]*[ \t]*\r?\n([\s\S]*?)```/.exec(answer);
  const fenced = fence ? parsed(fence[1]!.trim()) : null;
  if (fenced) return { parse: 'fenced', value: fenced };
  const scanned = answer.slice(0, MAX_SCAN);
  let starts = 0;
  for (let at = scanned.indexOf('{'); at !== -1 && starts < MAX_STARTS; at = scanned.indexOf('{', at + 1)) {
    starts += 1;
    const end = closing(scanned, at);
    const value = end === -1 ? null : parsed(scanned.slice(at, end + 1));
    if (value) return { parse: 'embedded', value };
  }
  return { parse: 'none', value: null };
}

/** Counts the fields of one answer: its own and, as `a.b`, those of the objects in it. */
export function addDecision(tally: DecisionTally, text: string): void {
  const { parse, value } = findJson(text);
  tally.parses[parse] += 1;
  if (value === null) return;
  for (const [name, item] of Object.entries(value)) {
    if (typeof item === 'object' && item !== null && !Array.isArray(item)) {
      for (const [inner, part] of Object.entries(item)) addField(tally, `${name}.${inner}`, part);
    } else addField(tally, name, item);
  }
}

/** The counts of `field`, or of the field that looks most like a decision; null when there is none. */
export function decisionOf(tally: DecisionTally, field?: string): Decision | null {
  const { json, fenced, embedded } = tally.parses;
  const objects = json + fenced + embedded;
  const name = field ?? guess(tally, objects);
  const found = name === null ? undefined : tally.fields.get(name);
  if (name === null) return null;
  const values = [...(found?.values.values() ?? [])].sort((a, b) => b.count - a.count);
  const present = found?.present ?? 0;
  return {
    field: name,
    guessed: field === undefined,
    present,
    missing: objects - present,
    values: values.map(({ label, count }) => ({ value: label, count, share: count / present })),
    other: found?.overflow ?? 0,
  };
}

/** All fields with the number of answers that hold them and of their different values (null: more than are kept). */
export function fieldsOf(tally: DecisionTally): { field: string; present: number; distinct: number | null }[] {
  return [...tally.fields].map(([field, { present, values, overflow }]) => ({
    field,
    present,
    distinct: overflow > 0 ? null : values.size,
  }));
}

function addField(tally: DecisionTally, name: string, value: unknown): void {
  let field = tally.fields.get(name);
  if (field === undefined) {
    if (tally.fields.size >= MAX_FIELDS) return;
    field = { present: 0, textual: true, values: new Map(), overflow: 0 };
    tally.fields.set(name, field);
  }
  field.present += 1;
  if (typeof value !== 'string' && typeof value !== 'boolean') field.textual = false;
  const simple = typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number' || value === null;
  const label = String(simple ? value : JSON.stringify(value)).trim();
  const key = label.toLowerCase().replace(/\s+/g, ' ');
  const known = field.values.get(key);
  if (known) known.count += 1;
  else if (label.length > MAX_VALUE_LENGTH || field.values.size >= MAX_VALUES) field.overflow += 1;
  else field.values.set(key, { label, count: 1 });
}

function guess(tally: DecisionTally, objects: number): string | null {
  const candidates = [...tally.fields].filter(([, field]) => {
    const distinct = field.values.size;
    const few = distinct > 0 && distinct <= MAX_DECISIONS && (objects < 4 || distinct <= field.present / 2);
    return field.textual && field.overflow === 0 && few && field.present * 2 >= objects;
  });
  const rank = (name: string) => usual.indexOf(name.split('.').at(-1)!.toLowerCase());
  const named = candidates.filter(([name]) => rank(name) !== -1).sort((a, b) => rank(a[0]) - rank(b[0]));
  return named[0]?.[0] ?? candidates.find(([, field]) => field.values.size > 1)?.[0] ?? null;
}

function parsed(text: string): Record<string, unknown> | null {
  if (!text.startsWith('{')) return null;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
}

/** The place of the brace that closes the one at `open`, braces in strings left out; -1 when none does. */
function closing(text: string, open: number): number {
  let depth = 0;
  let quoted = false;
  for (let at = open; at < text.length; at++) {
    const char = text[at];
    if (quoted && char === '\\') at += 1;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && char === '{') depth += 1;
    else if (!quoted && char === '}') {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}
