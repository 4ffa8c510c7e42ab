/** Compares two texts word by word, within bounds of length and time. */

import { type Change, diffWordsWithSpace } from 'diff';

/** Characters of each text that are compared. */
const LONGEST = 20_000;
const MOST_TIME_MS = 250;

export interface WordsApart {
  /** In their order; null when the texts are too different for it to be worked out in time. */
  parts: Pick<Change, 'value' | 'added' | 'removed'>[] | null;
  /** Whether only the beginnings were compared. */
  cut: boolean;
}

export function wordsApart(before: string, after: string): WordsApart {
  const parts = diffWordsWithSpace(before.slice(0, LONGEST), after.slice(0, LONGEST), { timeout: MOST_TIME_MS });
  return { parts: parts ?? null, cut: before.length > LONGEST || after.length > LONGEST };
}
