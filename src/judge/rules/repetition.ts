/**
 * The rule repetition: answers that run in circles.
 *
 * Two signs. Runs of ten words that stood in the answer before: duplicate n-grams by characters as in Rae et al. 2021
 * (Gopher, arXiv 2112.11446, table A1), but the first of them counts as new, so that the share is that of what says nothing
 * more. And a loop at the end: the answer ends in one text over and over, as greedy decoding does (Holtzman et al. 2020,
 * arXiv 1904.09751); found with the Z function (Gusfield 1997, section 1.4) in linear time.
 */

import type { RuleOf } from '../../contracts/judge-rules.ts';
import { type Check, failed, passed, shown } from './checked-answer.ts';

/** Words of a run, the longest of Gopher's. Runs of five take formulas and lists for repetition. */
const RUN = 10;
/**
 * Twice what Gopher allows a document. Of the 60 reference answers of GPT-4 in mt-bench, which say a formula again where they
 * use it, 3 have more than 0.1 and none more than 0.2; of the answers of 7 B models in pandalm 154 of 1,992.
 */
const DEFAULT_SHARE = 0.2;
/** Gopher's filter for documents: fewer words say little of a share. */
const MIN_WORDS = 50;
/** A word; in scripts without spaces a character is one. */
const WORD = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{N}\p{M}]+/gu;
/** Numbers of a list would make each of its items another. */
const LIST_NUMBER = /^[ \t]*\d{1,4}[.)](?=\s)/gm;
/** Only the end of an answer is searched for a loop, in characters. */
const LOOP_SEARCHED = 4000;
/** A loop covers at least this many characters, and its text stands in it at least so often. */
const LOOP_CHARS = 60;
const LOOP_TIMES = 4;

interface Loop {
  text: string;
  times: number;
}

/** A loop at the end fails whatever `max_share` is. */
export function repetitionCheck({ max_share = DEFAULT_SHARE }: RuleOf<'repetition'>): Check {
  return ({ text }) => {
    const loop = loopAtEnd(text);
    if (loop !== null) {
      return failed(`the answer ends in ${shown(loop.text)} ${loop.times} times over`, { loop: loop.times });
    }
    const share = repeatedShare(text);
    const percent = `${Number((100 * share).toFixed(1))} % of the answer stood in it before`;
    return share > max_share
      ? failed(`${percent}, in runs of ${RUN} words; at most ${Number((100 * max_share).toFixed(1))} % may`, { share })
      : passed(percent, { share });
  };
}

/** The share of the characters of words that stand in runs of ten words which stood there before; 0 below 50 words. */
export function repeatedShare(text: string): number {
  const words = text.replace(LIST_NUMBER, '').match(WORD) ?? [];
  if (words.length < MIN_WORDS) return 0;
  const codes = codesOf(words);
  // Open addressing: a Map of numbers takes four times as long.
  const places = new Int32Array(2 ** Math.ceil(Math.log2(2 * words.length))).fill(-1);
  let repeated = 0;
  let counted = 0;
  for (let at = 0; at + RUN <= words.length; at++) {
    let slot = hashOf(codes, at) & (places.length - 1);
    while (places[slot] !== -1 && !isSameRun(codes, places[slot]!, at)) slot = (slot + 1) & (places.length - 1);
    if (places[slot] === -1) places[slot] = at;
    else {
      for (let word = Math.max(at, counted); word < at + RUN; word++) repeated += words[word]!.length;
      counted = at + RUN;
    }
  }
  let chars = 0;
  for (const word of words) chars += word.length;
  return repeated / chars;
}

/** A number for each word, the same for the same words. */
function codesOf(words: string[]): Int32Array {
  const known = new Map<string, number>();
  const codes = new Int32Array(words.length);
  for (let at = 0; at < words.length; at++) {
    let code = known.get(words[at]!);
    if (code === undefined) known.set(words[at]!, (code = known.size + 1));
    codes[at] = code;
  }
  return codes;
}

/** A hash (FNV-1a, its upper half folded in) of the run of words at `at`. */
function hashOf(codes: Int32Array, at: number): number {
  let hash = 0x811c9dc5;
  for (let place = at; place < at + RUN; place++) hash = Math.imul(hash ^ codes[place]!, 0x01000193);
  return hash ^ (hash >>> 15);
}

function isSameRun(codes: Int32Array, a: number, b: number): boolean {
  for (let nth = 0; nth < RUN; nth++) if (codes[a + nth] !== codes[b + nth]) return false;
  return true;
}

/** What the text ends in over and over, or null. Rules and dots, which have no letter or digit, are none. */
export function loopAtEnd(text: string): Loop | null {
  const end = text.slice(-LOOP_SEARCHED - 100).trimEnd();
  // The end of a loop stands in it once more; that it does nowhere is told fast.
  if (end.length < LOOP_CHARS || end.lastIndexOf(end.slice(-8), end.length - 9) === -1) return null;
  const reversed = new Uint16Array(end.length);
  for (let at = 0; at < end.length; at++) reversed[at] = end.charCodeAt(end.length - 1 - at);
  const z = zFunction(reversed);
  for (let period = 1; period * LOOP_TIMES <= end.length; period++) {
    const covered = z[period]! + period;
    if (covered < LOOP_CHARS || covered < period * LOOP_TIMES) continue;
    const unit = end.slice(-period);
    if (/[\p{L}\p{N}]/u.test(unit)) return { text: unit, times: Math.round(covered / period) };
  }
  return null;
}

/** For each place, how many characters from there on are those at the beginning. */
function zFunction(text: Uint16Array): Int32Array {
  const z = new Int32Array(text.length);
  let left = 0;
  let right = 0;
  for (let at = 1; at < text.length; at++) {
    let same = at < right ? Math.min(right - at, z[at - left]!) : 0;
    while (at + same < text.length && text[same] === text[at + same]) same += 1;
    z[at] = same;
    if (at + same > right) {
      left = at;
      right = at + same;
    }
  }
  return z;
}
