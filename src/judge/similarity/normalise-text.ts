/** Texts without what rarely matters to an answer: case, punctuation, articles, white space. */

import { ASCII_PUNCTUATION, splitWords } from './python-text.ts';

/** A word that is an article; letters and digits of any script make a word, as in Python's `\b`. */
const ARTICLE = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;
const ASCII_MARKS = new RegExp(`[${ASCII_PUNCTUATION.replace(/[\]\\^-]/g, '\\$&')}]`, 'g');
const ALL_MARKS = /\p{P}+/gu;

/**
 * `normalize_answer` of the official evaluation of SQuAD: lower case, ASCII punctuation out, the articles a, an, the
 * out, white space as one blank. Rajpurkar et al. (2016), arXiv 1606.05250, script evaluate-v2.0.py.
 */
export function squadNormalise(text: string): string {
  return withoutArticles(text.toLowerCase().replace(ASCII_MARKS, ''));
}

/** {@link squadNormalise} over Unicode's compatible form (NFKC), the punctuation of all scripts out: `Ｔｈｅ　ｃａｔ。` is `cat`. */
export function normaliseText(text: string): string {
  return withoutArticles(text.normalize('NFKC').toLowerCase().replace(ASCII_MARKS, '').replace(ALL_MARKS, ''));
}

function withoutArticles(text: string): string {
  return splitWords(text.replace(ARTICLE, ' ')).join(' ');
}
