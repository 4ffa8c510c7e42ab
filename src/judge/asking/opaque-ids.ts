/** Ids that stand for answers in a call: short, without sense, and not to be guessed by who writes the answers. */

import { createHash } from 'node:crypto';
import { type Random, seededRandom } from '../../compare/random.ts';

/** No vowels, so that nothing reads as a word; nothing that is taken for another character. */
const LETTERS = 'bcdfghjkmnpqrstvwxz';
const DIGITS = '23456789';
const LENGTH = 6;
/** Characters in which two ids of a call differ at least: one wrong character never makes another's id. */
const LEAST_DIFFERENCE = 2;

/** Random numbers from a seed of any text. */
export function randomOf(seed: string): Random {
  return seededRandom(createHash('sha256').update(seed).digest().readUIntBE(0, 6));
}

/**
 * `n` ids, the same ones for the same seed. They are as hard to guess as the seed: it has to hold something that no author
 * of answers knows, such as the id of the judge run.
 *
 * ```ts
 * opaqueIds(3, 'jr_8f2… call 7'); // such as ['k7dm2q', 'x4rp9w', 'h3vt6z']
 * ```
 */
export function opaqueIds(n: number, seed: string): string[] {
  const random = randomOf(`ids ${seed}`);
  const ids: string[] = [];
  while (ids.length < n) {
    const id = drawn(random, LENGTH);
    if (/\d/.test(id) && ids.every((other) => difference(id, other) >= LEAST_DIFFERENCE)) ids.push(id);
  }
  return ids;
}

/** `length` characters without sense, a letter first. */
export function drawn(random: Random, length: number): string {
  const of = (alphabet: string) => alphabet[Math.floor(random() * alphabet.length)]!;
  return Array.from({ length }, (_, at) => of(at === 0 ? LETTERS : LETTERS + DIGITS)).join('');
}

/** The numbers from 0 to n - 1 in an order that the seed says (Fisher and Yates). */
export function shuffled(n: number, seed: string): number[] {
  const random = randomOf(`order ${seed}`);
  const order = Array.from({ length: n }, (_, at) => at);
  for (let at = n - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  return order;
}

function difference(one: string, other: string): number {
  let count = 0;
  for (let at = 0; at < LENGTH; at++) if (one[at] !== other[at]) count += 1;
  return count;
}
