/** ROUGE-L: how much of the expected answer stands in an answer in the same order, by words of a to z and digits. */

import { longestCommon } from './longest-common.ts';
import { stem } from './porter-stemmer.ts';

/** Shorter words are not stemmed. */
const STEMMED_FROM = 4;

/**
 * F-measure of the longest common subsequence, 0 to 1; 0 where one of the two has no word. Equal to rougeL of Google's
 * rouge-score 0.1.2 (`RougeScorer(['rougeL'], use_stemmer)`): all but a to z and 0 to 9 separates words, so texts in
 * other scripts have none.
 * Lin (2004), ROUGE: A Package for Automatic Evaluation of Summaries, https://aclanthology.org/W04-1013.
 */
export function rougeL(answer: string, expected: string, stemmed = false): number {
  const [given, wanted] = [rougeTokens(answer, stemmed), rougeTokens(expected, stemmed)];
  if (given.length === 0 || wanted.length === 0) return 0;
  const common = longestCommon(wanted, given);
  return (2 * common) / (given.length + wanted.length);
}

/** The words that ROUGE counts. */
export function rougeTokens(text: string, stemmed = false): string[] {
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return stemmed ? words.map((word) => (word.length < STEMMED_FROM ? word : stem(word))) : words;
}
