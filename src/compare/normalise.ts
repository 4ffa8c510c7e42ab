/** Makes two values of a field comparable: as keys by the field's normaliser, numbers within its tolerance. */

import type { Normaliser } from '../contracts/datasets.ts';
import { dateKey } from './date-key.ts';
import { lastNumber } from './numeric-answer.ts';
import { textKey } from './text-key.ts';

/** Key of "nothing stands there": a missing field, null, and but for exact an empty text. */
export const NOTHING = '';

/** Values with the same key are the same; a number's key is its figure, to which sameValues adds the tolerance. */
export function keyOf(value: unknown, normaliser: Normaliser): string {
  if (value === undefined || value === null) return NOTHING;
  switch (normaliser.kind) {
    case 'ignore':
      return NOTHING;
    case 'exact':
      return JSON.stringify(value);
    case 'text':
      return textKey(asText(value));
    case 'number': {
      const number = asNumber(value);
      return number === null ? textKey(asText(value)) : String(number);
    }
    case 'date':
      return dateKey(asText(value)) ?? textKey(asText(value));
    case 'set':
      return setKey(value);
  }
}

/** Whether all values are the same by `normaliser`. */
export function sameValues(values: unknown[], normaliser: Normaliser): boolean {
  if (values.length < 2) return true;
  if (normaliser.kind === 'number') {
    const numbers = values.map(asNumber);
    if (numbers.every((number) => number !== null)) return withinTolerance(numbers, normaliser);
  }
  const first = keyOf(values[0], normaliser);
  return values.every((value) => keyOf(value, normaliser) === first);
}

function withinTolerance(numbers: number[], { absolute, relative }: { absolute: number; relative: number }): boolean {
  const low = numbers.reduce((a, b) => Math.min(a, b));
  const high = numbers.reduce((a, b) => Math.max(a, b));
  return high - low <= Math.max(absolute, relative * Math.max(Math.abs(low), Math.abs(high)));
}

/** Parts of a list, or of a text with commas, semicolons or line breaks, sorted and each once. */
function setKey(value: unknown): string {
  const parts = Array.isArray(value) ? value.map(asText) : asText(value).split(/[,;\n]/);
  const keys = parts.map(textKey).filter((key) => key !== '');
  return keys.length === 0 ? NOTHING : JSON.stringify([...new Set(keys)].sort());
}

function asNumber(value: unknown): number | null {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? lastNumber(value) : null;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
