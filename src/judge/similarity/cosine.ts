/** Similarity of meaning: the cosine of the angle between the embeddings of an answer and of the expected one. */

import { AssayError } from '../../errors.ts';

/** Gives one vector a text, in their order, all of one length; null for a text that the model does not take. */
export type Embed = (texts: string[]) => Promise<(number[] | null)[]>;

/**
 * By pair from -1 to 1; null where a text is blank or was not taken, or a vector has no direction. Each different text is embedded
 * once, all in one call of `embed`. Throws engine_bad_answer when that gives something else than asked for.
 */
export async function cosines(pairs: { answer: string; expected: string }[], embed: Embed): Promise<(number | null)[]> {
  const texts = [...new Set(pairs.flatMap(({ answer, expected }) => [answer, expected]))].filter(
    (text) => text.trim() !== '',
  );
  const vectors = texts.length === 0 ? [] : checked(await embed(texts), texts.length);
  const places = new Map(texts.map((text, at) => [text, vectors[at]!]));
  return pairs.map(({ answer, expected }) => {
    const [a, b] = [places.get(answer), places.get(expected)];
    return a == null || b == null ? null : cosine(a, b);
  });
}

/** null when one of the two has no direction: it is zero throughout. */
export function cosine(a: number[], b: number[]): number | null {
  let [dot, left, right] = [0, 0, 0];
  for (let at = 0; at < a.length; at++) {
    dot += a[at]! * b[at]!;
    left += a[at]! ** 2;
    right += b[at]! ** 2;
  }
  const size = Math.sqrt(left) * Math.sqrt(right);
  return size === 0 ? null : Math.max(-1, Math.min(1, dot / size));
}

function checked(given: (number[] | null)[], texts: number): (number[] | null)[] {
  const wrong = (problem: string) => new AssayError('engine_bad_answer', { attempts: 1, problem });
  if (given.length !== texts) throw wrong(`${given.length} embeddings for ${texts} texts`);
  const vectors = given.filter((vector) => vector !== null);
  const length = vectors[0]?.length;
  for (const vector of vectors) {
    if (vector.length !== length) throw wrong(`embeddings of ${length} and of ${vector.length} numbers`);
    if (vector.length === 0 || !vector.every(Number.isFinite)) throw wrong('an embedding that is not made of numbers');
  }
  return given;
}
