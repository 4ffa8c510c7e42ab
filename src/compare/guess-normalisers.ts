/** Guesses from a field's values how they are compared. */

import type { Normaliser } from '../contracts/datasets.ts';
import { dateKey } from './date-key.ts';
import { flatten } from './field-paths.ts';
import { textKey } from './text-key.ts';

type Fields = Record<string, unknown>;

/** Where the decisions of texts stand among the fields, when no field is the decision. */
export const DECISION = 'decision';
/** A text of more words than this, in the middle of the field's values, is prose: two models never write the same. */
const PROSE_WORDS = 8;
/** Shorter phrases are prose too when they hardly repeat. */
const PHRASE_WORDS = 3;
const PHRASE_SAMPLE = 10;
const MAX_VALUES = 1000;

export const defaultNumber: Normaliser = { kind: 'number', absolute: 0, relative: 1e-6 };

/**
 * The normaliser of each field seen in `answers`. The decision is always compared; `decisions` are those of texts, which
 * stand at the decision's path, or at "decision" where there is none.
 */
export function guessNormalisers(
  answers: (Fields | null)[],
  decisionPath: string | null,
  decisions: string[] = [],
): Record<string, Normaliser> {
  const values = new Map<string, unknown[]>();
  for (const fields of answers) for (const [path, { value }] of flatten(fields)) add(values, path, value);
  for (const decision of decisions) add(values, decisionPath ?? DECISION, decision);
  return Object.fromEntries(
    [...values].map(([path, seen]) => {
      const guess = guessNormaliser(seen);
      const compared =
        path === (decisionPath ?? DECISION) && guess.kind === 'ignore' ? { kind: 'text' as const } : guess;
      return [path, compared];
    }),
  );
}

function add(values: Map<string, unknown[]>, path: string, value: unknown): void {
  const known = values.get(path);
  if (known === undefined) values.set(path, [value]);
  else if (known.length < MAX_VALUES) known.push(value);
}

/** The normaliser of one field; `text` where nothing tells. */
export function guessNormaliser(values: unknown[]): Normaliser {
  const known = values.filter((value) => value !== null && value !== undefined && value !== '');
  if (known.length === 0) return { kind: 'text' };
  const most = (is: (value: unknown) => boolean) => known.filter(is).length * 2 > known.length;
  if (most((value) => typeof value === 'number' || isNumberText(value))) return defaultNumber;
  if (most((value) => typeof value === 'boolean')) return { kind: 'text' };
  if (most(Array.isArray)) {
    const parts = known
      .flatMap((value) => (Array.isArray(value) ? value : []))
      .filter((part) => typeof part === 'string');
    return isProse(parts) ? { kind: 'ignore' } : { kind: 'set' };
  }
  const texts = known.filter((value) => typeof value === 'string');
  if (texts.length === 0) return { kind: 'exact' };
  if (most((value) => typeof value === 'string' && dateKey(value) !== null)) return { kind: 'date' };
  return isProse(texts) ? { kind: 'ignore' } : { kind: 'text' };
}

function isProse(texts: string[]): boolean {
  if (texts.length === 0) return false;
  const words = texts.map((text) => text.trim().split(/\s+/).length).sort((a, b) => a - b);
  const middle = words[Math.floor(words.length / 2)]!;
  if (middle >= PROSE_WORDS) return true;
  const distinct = new Set(texts.map(textKey)).size;
  return middle >= PHRASE_WORDS && texts.length >= PHRASE_SAMPLE && distinct * 2 > texts.length;
}

function isNumberText(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    /^\s*[-+]?[$\u20ac\u00a3]?\d[\d.,' ]*%?\s*$/.test(value) &&
    !/^\s*\d{4}\s*$/.test(value)
  );
}
