/** chrF and chrF++: how many runs of characters, and of words, an answer shares with the expected one. */

import { ASCII_PUNCTUATION, splitWords } from './python-text.ts';

/** Runs of 1 to 6 characters; of 1 and 2 words in chrF++. */
const CHARACTERS = 6;
const WORDS = 2;
/** How much more the share of the expected answer that is there counts than the share of the answer that belongs there. */
const BETA = 2;

/** How many runs of one length the answer and the expected one have, and how many they share. */
interface Shared {
  given: number;
  wanted: number;
  both: number;
}

/**
 * Sentence chrF, 0 to 1, a hundredth of what sacrebleu 2.6 gives (`CHRF().sentence_score`): case counts, white space
 * does not, and lengths of runs that one side does not have are left out.
 * Popovic (2015), chrF: character n-gram F-score, https://aclanthology.org/W15-3049.
 */
export function chrf(answer: string, expected: string): number {
  return score(sharedRuns(charactersOf(answer), charactersOf(expected), CHARACTERS));
}

/** Sentence chrF++ (`CHRF(word_order=2)`): Popovic (2017), chrF++, https://aclanthology.org/W17-4770. */
export function chrfPlusPlus(answer: string, expected: string): number {
  return score([
    ...sharedRuns(charactersOf(answer), charactersOf(expected), CHARACTERS),
    ...sharedRuns(wordsOf(answer), wordsOf(expected), WORDS),
  ]);
}

/** Code points that are no white space. */
function charactersOf(text: string): string[] {
  return [...splitWords(text).join('')];
}

/** Words, with a mark at their end, or else at their beginning, as a word of its own. */
function wordsOf(text: string): string[] {
  return splitWords(text).flatMap((word) => {
    if (word.length === 1) return [word];
    if (ASCII_PUNCTUATION.includes(word.at(-1)!)) return [word.slice(0, -1), word.at(-1)!];
    return ASCII_PUNCTUATION.includes(word[0]!) ? [word[0]!, word.slice(1)] : [word];
  });
}

/**
 * For each length up to `longest`. A run is known by a number, made of that of the run without its last part and that of
 * the part, so that no text is built or compared for it.
 */
function sharedRuns(given: string[], wanted: string[], longest: number): Shared[] {
  const parts = new Map<string, number>();
  const numbered = (list: string[]) => Float64Array.from(list, (part) => numberOf(parts, part));
  const [ofGiven, ofWanted] = [numbered(given), numbered(wanted)];
  let [runsGiven, runsWanted] = [ofGiven, ofWanted];
  const shared: Shared[] = [];
  for (let length = 1; length <= longest; length++) {
    if (length > 1) {
      const runs = new Map<number, number>();
      const longer = (of: Float64Array, shorter: Float64Array) =>
        of.slice(0, Math.max(0, of.length - length + 1)).map((_, at) => {
          return numberOf(runs, shorter[at]! * parts.size + of[at + length - 1]!);
        });
      [runsGiven, runsWanted] = [longer(ofGiven, runsGiven), longer(ofWanted, runsWanted)];
    }
    shared.push({ given: runsGiven.length, wanted: runsWanted.length, both: inBoth(runsGiven, runsWanted) });
  }
  return shared;
}

function numberOf<Key>(known: Map<Key, number>, key: Key): number {
  let number = known.get(key);
  if (number === undefined) known.set(key, (number = known.size));
  return number;
}

/** How many of `given` are in `wanted`, each as often as it is there. */
function inBoth(given: Float64Array, wanted: Float64Array): number {
  const left = new Uint32Array(given.length + wanted.length);
  for (const run of wanted) left[run]! += 1;
  let both = 0;
  for (const run of given) {
    if (left[run] === 0) continue;
    left[run]! -= 1;
    both += 1;
  }
  return both;
}

function score(lengths: Shared[]): number {
  const counted = lengths.filter(({ given, wanted }) => given > 0 && wanted > 0);
  if (counted.length === 0) return 0;
  const precision = counted.reduce((sum, { both, given }) => sum + both / given, 0) / counted.length;
  const recall = counted.reduce((sum, { both, wanted }) => sum + both / wanted, 0) / counted.length;
  const weighted = BETA ** 2 * precision + recall;
  return weighted === 0 ? 0 : ((1 + BETA ** 2) * precision * recall) / weighted;
}
