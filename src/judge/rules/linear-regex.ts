/**
 * Compiles regular expressions of users so that matching takes linear time, whatever the pattern and the text.
 *
 * RE2's engine (Cox, "Regular Expression Matching in the Wild", 2010) in its JavaScript port re2js. A time limit around
 * JavaScript's own engine was left: it costs 260 us a text (see compare/decision-rules.ts), and a verdict would depend on
 * how busy the machine is. The price: no lookaround and no backreferences.
 */

import { RE2JS } from 're2js';

/** A pattern made ready. */
export interface LinearRegex {
  test(text: string): boolean;
  /** The first match, or null; slower than test. */
  find(text: string): { text: string; at: number } | null;
}

const FLAGS: Record<string, number> = { i: RE2JS.CASE_INSENSITIVE, m: RE2JS.MULTILINE, s: RE2JS.DOTALL };

/** Takes JavaScript's syntax and its flags i, m, s and u. Throws an Error that says what RE2 does not take. */
export function linearRegex(pattern: string, flags: string): LinearRegex {
  let bits = 0;
  for (const flag of flags) bits |= FLAGS[flag] ?? 0;
  const compiled = compile(pattern, bits);
  return {
    test: (text) => compiled.test(text),
    find(text) {
      const match = compiled.exec(text) as (string[] & { index: number }) | null;
      return match === null ? null : { text: match[0]!, at: match.index };
    },
  };
}

function compile(pattern: string, flags: number): RE2JS {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(pattern), flags);
  } catch (error) {
    const problem = (error as Error).message.replace(/^error parsing regexp: /, '');
    throw new Error(
      /\(\?<?[=!]|\\[1-9]|\\k</.test(pattern)
        ? `${problem}; lookaround and backreferences are not taken, for no text may take more than linear time`
        : problem,
    );
  }
}
