/** The rule policy: topics that an answer has to keep to or to keep away from, told by their words. */

import { textKey } from '../../compare/text-key.ts';
import type { RuleOf } from '../../contracts/judge-rules.ts';
import { type Check, failed, passed, shown } from './checked-answer.ts';

/** Letters and digits of one word; borders of words are where these end (UAX 29, simplified). */
const WORD = /[\p{L}\p{N}]+/gu;
const LETTER = /[\p{L}\p{N}]/u;
/** Scripts without spaces: a term is looked for inside of a run of them. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const MAX_TOLD = 10;
/** Characters shown at each side of a term. */
const AROUND = 30;

/** A term that was found. */
interface Found {
  term: string;
  /** In the folded text. */
  at: number;
}

type Finder = (text: string, words: string[]) => Found[];

/** Case, accents and width do not count. Takes time with the length of the answer, and hardly any with the number of terms. */
export function policyCheck({ allowed, forbidden }: RuleOf<'policy'>): Check {
  const findAllowed = allowed === undefined ? null : finderOf(allowed);
  const findForbidden = forbidden === undefined ? null : finderOf(forbidden);
  return ({ text }) => {
    const folded = textKey(text);
    const words = folded.match(WORD) ?? [];
    const bad = findForbidden?.(folded, words) ?? [];
    if (bad.length > 0) {
      const named = bad.slice(0, MAX_TOLD).map(({ term }) => shown(term));
      const more = bad.length > MAX_TOLD ? ` and ${bad.length - MAX_TOLD} more` : '';
      const near = folded.slice(Math.max(0, bad[0]!.at - AROUND), bad[0]!.at + bad[0]!.term.length + AROUND);
      return failed(`the answer speaks of the forbidden ${named.join(', ')}${more}, first in ${shown(near)}`, {
        forbidden: bad.slice(0, MAX_TOLD).map(({ term }) => term),
      });
    }
    if (findAllowed === null) return passed('the answer speaks of no forbidden topic');
    const good = findAllowed(folded, words);
    return good.length > 0
      ? passed(`the answer speaks of ${shown(good[0]!.term)}, which is allowed`)
      : failed(`the answer speaks of none of the allowed topics: ${(allowed ?? []).slice(0, MAX_TOLD).join(', ')}`);
  };
}

/** Finds each term once, by three ways: by words, by the beginning of a word (`term*`), and by characters. */
function finderOf(terms: string[]): Finder {
  const byFirst = new Map<string, { term: string; words: string[] }[]>();
  const byBeginning: { term: string; text: string }[] = [];
  const byCharacters: { term: string; text: string }[] = [];
  for (const term of terms) {
    const open = /\*\s*$/.test(term);
    const text = textKey(open ? term.replace(/[\s*]+$/, '') : term);
    const words = text.match(WORD) ?? [];
    // Signs are part of a term when words and hyphens are not all of it: C++, .NET.
    if (UNSPACED.test(text) || words.length === 0 || /[^\p{L}\p{N}\s'\u2019-]/u.test(text)) {
      byCharacters.push({ term, text });
    } else if (open) byBeginning.push({ term, text: ` ${words.join(' ')}` });
    else byFirst.set(words[0]!, [...(byFirst.get(words[0]!) ?? []), { term, words }]);
  }
  return (text, words) => {
    const found = new Map<string, number>();
    words.forEach((word, at) => {
      for (const each of byFirst.get(word) ?? []) {
        if (!found.has(each.term) && each.words.every((one, i) => words[at + i] === one)) {
          found.set(each.term, text.indexOf(word));
        }
      }
    });
    const joined = byBeginning.length === 0 ? '' : ` ${words.join(' ')}`;
    for (const each of byBeginning) {
      if (joined.includes(each.text)) found.set(each.term, Math.max(0, text.indexOf(each.text.trim())));
    }
    for (const each of byCharacters) {
      const at = bordered(text, each.text);
      if (at !== -1) found.set(each.term, at);
    }
    return [...found].map(([term, at]) => ({ term, at })).sort((a, b) => a.at - b.at);
  };
}

/** The first place of `term` in `text` where no word goes on at its ends; scripts without spaces have no such ends. */
function bordered(text: string, term: string): number {
  const first = LETTER.test(term[0] ?? '') && !UNSPACED.test(term);
  const last = LETTER.test(term.at(-1) ?? '') && !UNSPACED.test(term);
  for (let at = text.indexOf(term); at !== -1; at = text.indexOf(term, at + 1)) {
    const before = first && LETTER.test(text[at - 1] ?? '');
    const after = last && LETTER.test(text[at + term.length] ?? '');
    if (!before && !after) return at;
  }
  return -1;
}
