/** Names an item: by its structured input first, then by headings in its prompt, then by its id. */

import { cleanLine } from './clean-line.ts';
import { textOf, valueAt } from './field-path.ts';
import { isObject, messagesOf } from './input-text.ts';
import { nameByFields } from './name-fields.ts';
import { nameByHeadings } from './name-headings.ts';

/** Characters of a name at most, and of the beginning of a prompt that stands for one. */
const maxName = 120;
const maxBeginning = 80;
/** Objects tried inside one text, and characters of the text looked at. */
const maxObjects = 5;
const maxScanned = 100_000;

/** Columns that say what a row is about, the first one that is there. */
const subjects = ['question', 'query', 'instruction', 'input', 'text', 'content', 'sentence', 'title'];

/**
 * The name of an item, on one line, 120 characters at most:
 * 1. what stands at `namePath`, in the input or in JSON inside its prompt;
 * 2. fields such as name, title, current_role and company, of the row, its metadata, or JSON inside its prompt;
 * 3. the headings `**Candidate:**` and `**Current Role:**` of its prompt;
 * 4. its id, where the row gives one; else the beginning of its prompt.
 *
 * @example itemName({ name: 'Natalie P', title: 'Engineer', company: 'Meta' }, { itemId: 'row-1', namePath: null })
 * // 'Natalie P (Engineer at Meta)'
 */
export function itemName(input: Record<string, unknown>, how: { itemId: string; namePath: string | null }): string {
  const texts = promptTexts(input);
  let found: Record<string, unknown>[] | undefined;
  // Looked for only when the row itself does not name the item.
  const inside = () => (found ??= texts.flatMap(objectsIn));
  const candidates = [
    () =>
      how.namePath === null ? null : atPath([input, ...(valueAt(input, how.namePath) ? [] : inside())], how.namePath),
    () => nameByFields([input, input.metadata, isObject(input.body) ? input.body.metadata : null]),
    () => nameByFields(inside()),
    () => nameByHeadings(texts),
    () => (hasOwnId(input, how.itemId) ? how.itemId : beginning(input)),
  ];
  for (const candidate of candidates) {
    const name = cleanLine(candidate() ?? '', maxName);
    if (name !== '') return name;
  }
  return cleanLine(how.itemId, maxName) || JSON.stringify(how.itemId);
}

function atPath(records: Record<string, unknown>[], path: string): string | null {
  for (const record of records) {
    const text = textOf(valueAt(record, path));
    if (text !== null) return text;
  }
  return null;
}

/** Texts in which JSON and headings are looked for: what the user says last comes first, then the rest, then instructions. */
function promptTexts(input: Record<string, unknown>): string[] {
  const messages = messagesOf(input);
  if (messages === null) return Object.values(input).filter((value) => typeof value === 'string');
  const latest = messages.toReversed();
  const ofUser = latest.filter(({ role }) => role === 'user');
  return [...ofUser, ...latest.filter(({ role }) => role !== 'user')].map(({ content }) => content);
}

/** The JSON objects that a text is or holds, at most five. */
function objectsIn(text: string): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  const scanned = text.slice(0, maxScanned);
  let tried = 0;
  const opening = /\{\s*"/g;
  for (let open = opening.exec(scanned); open !== null && tried < maxObjects; open = opening.exec(scanned)) {
    const end = objectEnd(scanned, open.index);
    tried += 1;
    const value = end === -1 ? null : parsed(scanned.slice(open.index, end));
    if (value === null) continue;
    found.push(value);
    opening.lastIndex = end;
  }
  return found;
}

/** Where the object that opens at `from` ends, braces inside texts not counted; -1 when it does not. */
function objectEnd(text: string, from: number): number {
  let depth = 0;
  const marks = /["{}]/g;
  marks.lastIndex = from;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    if (mark[0] === '"') {
      const quoted = /[^"\\]*(?:\\.[^"\\]*)*"/sy;
      quoted.lastIndex = marks.lastIndex;
      if (!quoted.test(text)) return -1;
      marks.lastIndex = quoted.lastIndex;
    } else if (mark[0] === '{') depth += 1;
    else if ((depth -= 1) === 0) return marks.lastIndex;
  }
  return -1;
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

const hasOwnId = (input: Record<string, unknown>, itemId: string): boolean =>
  [input.custom_id, input.id].some((id) => (typeof id === 'string' || typeof id === 'number') && String(id) === itemId);

function beginning(input: Record<string, unknown>): string | null {
  const messages = messagesOf(input);
  const asked = messages?.findLast(({ role }) => role === 'user') ?? messages?.at(-1);
  const text = asked?.content ?? subjects.map((name) => input[name]).find((value) => typeof value === 'string');
  return typeof text === 'string' ? cleanLine(text, maxBeginning) : null;
}
