/** Makes an item of a row: its id, its name, category and expected answer, and the text by which it is found. */

import { cleanLine } from './clean-line.ts';
import { textOf, valueAt } from './field-path.ts';
import type { EffectiveReading } from './guess-reading.ts';
import { plainText } from './input-text.ts';
import { itemName } from './item-name.ts';
import { type Row, rowFault } from './row.ts';

/** Characters of a category, of an id, and of the text by which an item is found (a tsvector holds 1 MB). */
const maxCategory = 200;
const maxId = 512;
const maxWords = 20_000;
/** Objects and lists inside each other; PostgreSQL's own limit is some thousands. */
const maxNesting = 200;

/** What is read out of an input by the dataset's reading. */
export interface Labels {
  name: string;
  category: string | null;
  truth: string | null;
}

export interface ItemId {
  itemId: string;
  /** Which field gave it; row: its number did. */
  from: 'custom_id' | 'id' | 'row';
}

/** The id of a row: custom_id, else (with `useId`) id, else row-1, row-2, ... @throws AssayError naming the place */
export function itemIdOf(row: Row, file: string, useId: boolean): ItemId {
  for (const from of useId ? (['custom_id', 'id'] as const) : (['custom_id'] as const)) {
    const value = row.values[from];
    const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '';
    if (text.trim() === '') continue;
    if (text.length <= maxId) return { itemId: text.toWellFormed(), from };
    if (from === 'custom_id') {
      throw rowFault(file, row, `the custom_id is ${text.length} characters long; at most ${maxId} are taken`);
    }
  }
  return { itemId: `row-${row.number}`, from: 'row' };
}

export function labelsOf(input: Record<string, unknown>, itemId: string, reading: EffectiveReading): Labels {
  const at = (path: string | null) => (path === null ? null : textOf(valueAt(input, path)));
  return {
    name: itemName(input, { itemId, namePath: reading.name_path }),
    category: cleanLine(at(reading.category_path) ?? '', maxCategory) || null,
    truth: at(reading.truth_path),
  };
}

/** The text of an item that full-text search looks in. */
export function wordsOf(input: Record<string, unknown>, item: { itemId: string; name: string }): string {
  return `${item.name}\n${item.itemId}\n${plainText(input)}`.slice(0, maxWords);
}

/**
 * The row's values as JSON that PostgreSQL takes: half of a surrogate pair, which no UTF-8 can carry to a model either,
 * becomes U+FFFD. @throws AssayError naming the place: U+0000, or nested too deep.
 */
export function inputJson(row: Row, file: string): string {
  checkNesting(row, file);
  const json = JSON.stringify(row.values);
  if (!json.includes('\\u')) return json;
  return json.replace(/\\(?:u(0000|d[89a-f][0-9a-f]{2})|.)/g, (sequence, code: string | undefined) => {
    if (code === undefined) return sequence;
    if (code !== '0000') return '\ufffd';
    throw rowFault(file, row, 'holds the character U+0000, which PostgreSQL cannot keep; remove it');
  });
}

function checkNesting(row: Row, file: string): void {
  const tooDeep = (value: unknown, left: number): boolean => {
    if (typeof value !== 'object' || value === null) return false;
    if (left === 0) return true;
    if (Array.isArray(value)) return value.some((each) => tooDeep(each, left - 1));
    for (const name in value) if (tooDeep((value as Record<string, unknown>)[name], left - 1)) return true;
    return false;
  };
  if (tooDeep(row.values, maxNesting)) {
    throw rowFault(file, row, `lists and objects stand more than ${maxNesting} deep inside each other`);
  }
}
