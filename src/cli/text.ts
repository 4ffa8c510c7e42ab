/** How numbers, durations and foreign text are written on a terminal: short, of known width, free of control characters. */

import { stripVTControlCharacters } from 'node:util';

/** `text` on one line without escape sequences, control characters and invisible direction marks. */
export function clean(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\t\n\r\v\f]+/g, ' ')
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '');
}

const wide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

function widthOf(grapheme: string): number {
  if (/^[\p{Mark}\p{Format}]+$/u.test(grapheme)) return 0;
  return wide.test(grapheme) || /\p{Emoji_Presentation}/u.test(grapheme) ? 2 : 1;
}

/** Columns that `text` takes on a terminal (East Asian wide characters and emoji take two). */
export function columns(text: string): number {
  let sum = 0;
  for (const { segment } of graphemes.segment(stripVTControlCharacters(text))) sum += widthOf(segment);
  return sum;
}

/** `text` cut to `width` columns, with an ellipsis where something was cut. */
export function cut(text: string, width: number): string {
  if (columns(text) <= width) return text;
  let taken = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    if (used + widthOf(segment) > width - 1) break;
    taken += segment;
    used += widthOf(segment);
  }
  return `${taken.trimEnd()}…`;
}

/** `text` as lines of at most `width` columns, broken at spaces; a longer word stands alone and is cut. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && columns(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line].map((one) => cut(one, width));
}

/** `text` cut or filled up with spaces to exactly `width` columns. */
export function pad(text: string, width: number): string {
  const short = cut(text, width);
  return short + ' '.repeat(Math.max(0, width - columns(short)));
}

/** A bar of `width` columns, filled by `share` (0 to 1). */
export function bar(share: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}

/** Seconds as 8 s, 4:05 min or 2:07 h; ? where unknown. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return '?';
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const two = (n: number) => String(n).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)} min`;
  return `${Math.floor(whole / 3600)}:${two(Math.floor((whole % 3600) / 60))} h`;
}

/** A rate or count with three digits or so: 0.42, 7.1, 312, 12.4 k. */
export function short(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '?';
  if (value >= 1_000_000) return `${(value / 1_000_000).toFixed(1)} M`;
  if (value >= 10_000) return `${(value / 1000).toFixed(1)} k`;
  if (value >= 100 || Number.isInteger(value)) return String(Math.round(value));
  return value >= 1 ? value.toFixed(1) : value.toFixed(2);
}

/** A whole number with thin groups: 12,400. */
export const count = (value: number): string => value.toLocaleString('en-US');

/** A share of 1 as 61 %; ? where unknown. */
export const percent = (share: number | null | undefined): string =>
  share === null || share === undefined || !Number.isFinite(share) ? '?' : `${Math.round(share * 100)} %`;

/** Bytes as 98 MB or 1.1 GB (powers of ten). */
export function bytes(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(1)} GB`;
  if (value >= 1e6) return `${Math.round(value / 1e6)} MB`;
  return value >= 1e3 ? `${Math.round(value / 1e3)} kB` : `${value} B`;
}

/** Rows of cells as lines, each column as wide as its widest cell; the last column is cut at `width`. */
export function table(rows: string[][], width: number): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => columns(row[i] ?? ''))));
  return rows.map((row) =>
    cut(
      row
        .map((cell, i) => pad(cell, widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
      width,
    ),
  );
}

/** The entry of `known` nearest to `value` by edit distance, when it is near enough to be meant. */
export function nearest(value: string, known: string[]): string | null {
  const scored = known.map((name) => ({ name, distance: editDistance(value, name) }));
  scored.sort((a, b) => a.distance - b.distance);
  const best = scored[0];
  return best && best.distance <= Math.max(2, Math.floor(best.name.length / 3)) ? best.name : null;
}

/** Levenshtein's distance, one row of the table at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
