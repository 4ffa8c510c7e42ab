/** Token F1: how many words an answer and the expected one share, whatever their order. */

import { squadNormalise } from './normalise-text.ts';

/**
 * Harmonic mean of the shares of words in common, 0 to 1, over texts as `squadNormalise` has them; words are counted as
 * often as they stand there. Without a word on one side it is 1 when the other has none either, else 0: `compute_f1` of
 * SQuAD's evaluate-v2.0.py.
 */
export function tokenF1(answer: string, expected: string): number {
  const [given, wanted] = [wordsOf(answer), wordsOf(expected)];
  if (given.length === 0 || wanted.length === 0) return given.length === wanted.length ? 1 : 0;
  const left = new Map<string, number>();
  for (const word of wanted) left.set(word, (left.get(word) ?? 0) + 1);
  let same = 0;
  for (const word of given) {
    const count = left.get(word) ?? 0;
    if (count === 0) continue;
    left.set(word, count - 1);
    same += 1;
  }
  return (2 * same) / (given.length + wanted.length);
}

function wordsOf(text: string): string[] {
  return squadNormalise(text)
    .split(' ')
    .filter((word) => word !== '');
}
