/** Short texts of a cell: what stands in its two lines, its tokens, its time. */

import type { Cell } from '../../../src/contracts/workbench.ts';

export interface FieldText {
  path: string;
  text: string;
  differs: boolean;
}

const MOST_FIELDS = 8;
const VALUE_LENGTH = 120;
/** A value up to this long stands on one line. */
export const SHORT = 20;

/** Whether the models differ at the field that the decision was read from. */
export function decisionDiffers(cell: Cell, diffFields: readonly string[]): boolean {
  if (cell.fields === null) return diffFields.includes('decision');
  return Object.entries(cell.fields).some(
    ([name, value]) => plainText(value) === cell.decision && fieldDiffers(pathOf(name), diffFields),
  );
}

/** The fields of an answer, those that differ first; null when it has none. The decision is shown elsewhere. */
export function fieldTexts(cell: Cell, diffFields: readonly string[]): FieldText[] | null {
  if (cell.fields === null) return null;
  const all = Object.entries(cell.fields)
    .map(([name, value]) => ({ path: name, text: valueText(value), differs: fieldDiffers(pathOf(name), diffFields) }))
    .filter(({ text }) => text !== cell.decision);
  if (all.length === 0) return null;
  return all.sort((a, b) => rank(a) - rank(b)).slice(0, MOST_FIELDS);
}

/** What differs before what does not, and the short before the long, which would push it out of sight. */
const rank = ({ text, differs }: FieldText) => (differs ? 0 : 2) + (text.length > SHORT ? 1 : 0);

/** A name as it stands in a path: with its dots escaped. */
export const pathOf = (name: string) => name.replaceAll(/[\\.]/g, '\\$&');

/** Whether the field, or one inside it, is among those that differ. */
export function fieldDiffers(path: string, diffFields: readonly string[]): boolean {
  return diffFields.some((field) => field === path || field.startsWith(`${path}.`));
}

export function valueText(value: unknown): string {
  if (Array.isArray(value)) return oneLine(value.slice(0, 20).map(plainText).join(', '), VALUE_LENGTH);
  return oneLine(plainText(value), VALUE_LENGTH);
}

const plainText = (value: unknown) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

/** White space made single, cut at a length. */
export function oneLine(text: string, length: number): string {
  const line = text
    .slice(0, length * 2)
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}

/** "340 ms", "1.2 s", "2 min". */
export function timeText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 100_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  return `${Math.round(ms / 60_000)} min`;
}

const whole = new Intl.NumberFormat('en');
export const countText = (value: number) => whole.format(value);

/** "63 %", "6.3 %", of a share from 0 to 1. */
export function percentText(share: number): string {
  const percent = share * 100;
  return `${percent.toFixed(percent < 9.95 && percent > 0 ? 1 : 0)} %`;
}
