/** The tokens of a piece of code, without comments and white space, whatever its language. */

import { segmentsOf } from '../../compare/segments.ts';

/** What a comment begins with: // and blocks, #, or --. */
export type CommentStyle = 'slash' | 'hash' | 'dash';

export interface Code {
  text: string;
  /** By the name of the language on its fence, or by what it looks like; null when neither tells. */
  style: CommentStyle | null;
}

const HASH = new Set(
  'python py python3 ruby rb sh bash shell zsh r perl yaml yml toml makefile elixir julia'.split(' '),
);
const DASH = new Set('sql postgres postgresql psql mysql sqlite plsql lua haskell hs ada'.split(' '));

/** String literals of one line; a longer one in three quotes or in backticks. */
const STRING =
  /"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|`(?:\\[\s\S]|[^\\`])*`?|"(?:\\.|[^\\"\n])*"?|'(?:\\.|[^\\'\n])*'?/y;
const COMMENTS: Record<CommentStyle, RegExp> = {
  slash: /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y,
  hash: /#[^\n]*/y,
  dash: /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y,
};
/** Names, numbers, then single characters, so that `a=-1` and `a = -1` are the same. */
const TOKEN = /[\p{L}_$][\p{L}\p{N}\p{M}_$]*|\d[\w.]*|\S/uy;

/** The longest fenced stretch of an answer, or all of it where nothing is fenced. */
export function codeOf(answer: string): Code {
  const fenced = segmentsOf(answer, 0).filter((segment) => segment.fenced);
  if (fenced.length === 0) return { text: answer, style: styleOf(answer) };
  const longest = fenced.reduce((a, b) => (b.to - b.from > a.to - a.from ? b : a));
  const text = answer.slice(longest.from, longest.to);
  const mark = answer.lastIndexOf('```', longest.from);
  const language = answer
    .slice(mark + 3, longest.from)
    .trim()
    .toLowerCase();
  if (language === '') return { text, style: styleOf(text) };
  return { text, style: HASH.has(language) ? 'hash' : DASH.has(language) ? 'dash' : 'slash' };
}

/** Literals in either quotes are the same; a text in three quotes that stands alone is a comment, as in Python. */
export function codeTokens(text: string, style: CommentStyle): string[] {
  const comment = COMMENTS[style];
  const tokens: string[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? null;
    if (found !== null) at += found.length;
    return found;
  };
  while (at < text.length) {
    if (take(/\s+/y) !== null || take(comment) !== null) continue;
    const alone = style === 'hash' && /(?:^|\n)[^\S\n]*$/.test(text.slice(Math.max(0, at - 200), at));
    const literal = take(STRING);
    if (literal !== null) {
      if (!(alone && /^(?:"""|''')/.test(literal))) tokens.push(unquoted(literal));
    } else tokens.push(take(TOKEN) ?? text[at++]!);
  }
  return tokens;
}

function unquoted(literal: string): string {
  const body = /^("""|'''|["'])([\s\S]*)\1$/.exec(literal);
  return body === null ? literal : `"${body[2]}"`;
}

function styleOf(text: string): CommentStyle | null {
  if (
    /^\s*(?:select\b[\s\S]*\bfrom|insert\s+into|update\s+\w+\s+set|delete\s+from|create\s+table|with\s+\w+\s+as)\b/i.test(
      text,
    )
  )
    return 'dash';
  if (/^[^\S\n]*(?:def|class|for|while|if|elif|else|try|except|with)\b[^\n{;]*:[^\S\n]*(?:#[^\n]*)?$/m.test(text))
    return 'hash';
  if (/[{;][^\S\n]*$/m.test(text) && !text.startsWith('#!')) return 'slash';
  return /^#[!\s]|^(?:from\s+[\w.]+\s+)?import\s+[\w.*]+[^;\n'"]*$/m.test(text) ? 'hash' : null;
}
