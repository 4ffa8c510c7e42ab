/** The rule length: characters, words, sentences or roughly counted tokens of an answer. */

import type { RuleOf } from '../../contracts/judge-rules.ts';
import { type Check, counted, failed, passed } from './checked-answer.ts';

/** OpenAI's rule of thumb for English: a token is about 4 characters. Other languages and code take more tokens. */
const CHARS_PER_TOKEN = 4;
/** Words with their apostrophes and hyphens inside; numbers with their separators. */
const WORD = /[\p{L}\p{N}\p{M}]+(?:['\u2019\u00b7-][\p{L}\p{N}\p{M}]+|[.,]\p{N}+)*/gu;
/** Scripts that write no spaces between words, for which Unicode's dictionaries are asked (UAX 29, by ICU). */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
/** The segmenters take this much at once; what they take of one long text grows with its square otherwise. */
const PIECE = 10_000;

const wordSegmenter = new Intl.Segmenter('en', { granularity: 'word' });
const sentenceSegmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

const counters: Record<RuleOf<'length'>['unit'], (text: string) => number> = {
  chars: charsOf,
  words: wordsOf,
  tokens_approx: (text) => Math.ceil(charsOf(text) / CHARS_PER_TOKEN),
  sentences: sentencesOf,
};
const names = { chars: 'character', words: 'word', tokens_approx: 'estimated token', sentences: 'sentence' };

/** White space at both ends does not count. */
export function lengthCheck({ min, max, unit }: RuleOf<'length'>): Check {
  const name = names[unit];
  return ({ text }) => {
    const length = counters[unit](text.trim());
    const said = `the answer has ${counted(length, name)}`;
    if (min !== undefined && length < min) return failed(`${said}, at least ${min} wanted`, { length });
    if (max !== undefined && length > max) return failed(`${said}, at most ${max} allowed`, { length });
    return passed(said, { length });
  };
}

/** Code points. */
export function charsOf(text: string): number {
  let count = text.length;
  if (!/[\ud800-\udfff]/.test(text)) return count;
  for (let at = 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0xdc00 && code <= 0xdfff && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800) count -= 1;
  }
  return count;
}

export function wordsOf(text: string): number {
  if (!UNSPACED.test(text)) return text.match(WORD)?.length ?? 0;
  return pieces(text).reduce((sum, piece) => {
    let words = 0;
    for (const { isWordLike } of wordSegmenter.segment(piece)) if (isWordLike) words += 1;
    return sum + words;
  }, 0);
}

/** Sentences by UAX 29, with a letter or a digit in each; a line break ends one. */
export function sentencesOf(text: string): number {
  let count = 0;
  for (const piece of pieces(text)) {
    for (const { segment } of sentenceSegmenter.segment(piece)) if (/[\p{L}\p{N}]/u.test(segment)) count += 1;
  }
  return count;
}

/** The lines of a text, long ones cut. */
function pieces(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    if (line.length <= PIECE) return [line];
    return Array.from({ length: Math.ceil(line.length / PIECE) }, (_, at) => line.slice(at * PIECE, (at + 1) * PIECE));
  });
}
