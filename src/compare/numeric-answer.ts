/** Reads the number that an answer ends in: "#### 18", "A: $1,234.50", "so 3/4 of them", "-5 %". */

/** Digits with separators between thousands or without, decimals, an exponent. */
const NUMBER =
  /(?:\d{1,3}(?:[,'\u00a0\u2009\u202f]\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:[eE][+-]?\d{1,3}(?![\p{L}\d]))?|(?<!\d)\.\d+/gu;
/** The sign before a number or its currency; a hyphen after a letter, a digit or a bracket is none. */
const MINUS = /(?:^|[^\p{L}\d)\]%.])[-\u2212]\s?[$\u20ac\u00a3\u00a5]?$|[$\u20ac\u00a3\u00a5][-\u2212]$/u;
/** A number and a fraction bar, before the number under it; a whole number may stand before both. */
const NUMERATOR = /(?<![\d/.,])(?:(\d{1,9})\s+)?(\d{1,15}(?:\.\d+)?)\s?[/\u2044]\s?$/;
/** The number is looked for in the last characters of a text. */
const MAX_TEXT = 20_000;
const MAX_BEFORE = 60;

/** A number and where its digits stand in its text; the number over a fraction bar and the sign stand before `from`. */
export interface NumberInText {
  value: number;
  from: number;
  to: number;
}

/** The last number of `text`, or null. Units, currency and per cent signs do not count; 3/4 is 0.75, 1 1/2 is 1.5. */
export function lastNumber(text: string): number | null {
  return lastNumberIn(text)?.value ?? null;
}

/** The last number of `text` with its place, or null. */
export function lastNumberIn(text: string): NumberInText | null {
  const start = Math.max(0, text.length - MAX_TEXT);
  const end = text.slice(start);
  const match = [...end.matchAll(NUMBER)].at(-1);
  if (match === undefined) return null;
  const value = Number(match[0].replace(/[,'\u00a0\u2009\u202f]/g, ''));
  const before = end.slice(Math.max(0, match.index - MAX_BEFORE), match.index);
  const place = { from: start + match.index, to: start + match.index + match[0].length };
  const fraction = NUMERATOR.exec(before);
  if (fraction === null || value === 0) return { value: signed(before, value), ...place };
  const [all, whole, top] = fraction;
  const sum = Number(whole ?? 0) + Number(top) / value;
  return { value: signed(before.slice(0, before.length - all.length), sum), ...place };
}

/** Whether two numbers count as one answer: 0.333333 is 1/3. */
export function isSameNumber(a: number, b: number): boolean {
  return Math.abs(a - b) <= Math.max(1e-9, 1e-6 * Math.max(Math.abs(a), Math.abs(b)));
}

function signed(before: string, value: number): number {
  return MINUS.test(before) && value !== 0 ? -value : value;
}
