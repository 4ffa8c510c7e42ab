/** Judges answers against the expected one: by number where that ends in a number, else by its words. */

import { isSameNumber, lastNumber } from './numeric-answer.ts';
import { textKey } from './text-key.ts';
import { withoutThoughts } from './thoughts.ts';

/** What stands before the answer proper on the last line: "A:", "####", "Answer:", "The final answer is". */
const LABEL = /^(?:#{2,}|[\p{L} ]{1,30}[:=]|.{0,60}\banswer is:?)\s*/iu;
/** A number alone, with sign, currency, per cent or one unit. */
const NUMERIC =
  /^[-\u2212+]?\s?[$\u20ac\u00a3\u00a5]?[-\u2212]?[\d.][\d.,'\u00a0\u2009\u202f/\u2044 ]*(?:[eE][+-]?\d+)?\s?%?\s?(?:[\p{L}\u00b0]{1,12}\.?)?[.]?$/u;

/** An answer to judge. */
export interface Judged {
  /** As it was read; judged in place of the content when there is one. */
  decision: string | null;
  content: string | null;
}

/**
 * Whether an answer gives `truth`. Where the last line of the truth is a number, with a
 * label or without, the last number of the answer has to be that one; else the words of the answer, or of its last
 * line without a label, have to be those of the truth or of its last line.
 * ```ts
 * isRight({ decision: null, content: '6 * 3 = 18\nA: 18.0' }, 'He has 6 * 3 = 18.\n#### 18'); // true
 * ```
 */
export function isRight({ decision, content }: Judged, truth: string): boolean {
  const given = decision ?? withoutThoughts(content ?? '');
  const expected = withoutLabel(lastLine(truth));
  if (expected === '' || given.trim() === '') return false;
  if (NUMERIC.test(expected)) {
    const wanted = lastNumber(expected);
    const got = lastNumber(given);
    if (wanted !== null) return got !== null && isSameNumber(got, wanted);
  }
  const wanted = [truth, expected].map(answerKey);
  return [given, withoutLabel(lastLine(given))].map(answerKey).some((key) => key !== '' && wanted.includes(key));
}

function lastLine(text: string): string {
  return (text.trimEnd().split('\n').at(-1) ?? '').trim();
}

function withoutLabel(line: string): string {
  return line.replace(LABEL, '').trim();
}

/** Words without the punctuation, quotes and emphasis around them. */
function answerKey(text: string): string {
  return textKey(text).replace(/^[\s"'`*_([]+|[\s"'`*_.!,;)\]]+$/g, '');
}
