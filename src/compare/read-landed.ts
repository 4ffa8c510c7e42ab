/** Reads answers that landed into the columns that are compared: how they parse, their fields, decision and rightness. */

import type { HowCompared } from './comparison.ts';
import { readAnswers } from './read-answer.ts';
import { isRight } from './right-answer.ts';

export interface ReadColumns {
  parse: 'json' | 'repaired' | 'text' | 'none';
  /** JSON text. */
  fields: string | null;
  decision: string | null;
  correct: boolean | null;
}

/** `truth` is the item's expected answer. An answer that failed is neither right nor wrong. */
export function readLanded(
  answers: { ok: boolean; content: string | null; truth: string | null }[],
  how: HowCompared,
): ReadColumns[] {
  const columns: ReadColumns[] = answers.map(() => ({ parse: 'none', fields: null, decision: null, correct: null }));
  const places = answers.flatMap((answer, place) => (answer.ok && answer.content !== null ? [place] : []));
  const read = readAnswers(
    places.map((place) => answers[place]!.content!),
    how,
  );
  for (const [i, place] of places.entries()) {
    const { parse, fields, decision } = read[i]!;
    const { content, truth } = answers[place]!;
    columns[place] = {
      parse,
      fields: fields === null ? null : JSON.stringify(fields),
      decision,
      correct: truth === null ? null : isRight({ decision, content }, truth),
    };
  }
  return columns;
}
