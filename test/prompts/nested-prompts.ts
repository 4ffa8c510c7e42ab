/** Prompts with nested beginnings, as people make them: a system message, a set of examples, then the row's own question. */

import { pickFrom, seededRandom } from '../harness/random.ts';

export interface NestedRow {
  system: string;
  text: string;
  answerTokens: number;
}

const words = 'ore gold tin salt iron clay vein shaft seam drift lode assay furnace crucible'.split(' ');

/** Text of `chars` characters that begins with `name`. */
function filled(name: string, chars: number, random: () => number): string {
  let text = `${name}:`;
  while (text.length < chars) text += ` ${pickFrom(words, random)}`;
  return text.slice(0, chars);
}

/**
 * `groups` system messages of 1,000 to 3,000 characters, to each five sets of examples of 500 to 2,500 characters, and
 * rows of 100 to 400 characters of their own, in no order.
 */
export function nestedPrompts(make: { rows: number; groups: number; seed: number }): NestedRow[] {
  const random = seededRandom(make.seed);
  const between = (low: number, high: number): number => low + Math.floor(random() * (high - low));
  const systems = Array.from({ length: make.groups }, (_, group) => {
    const system = filled(`system ${group}`, between(1000, 3000), random);
    const examples = Array.from({ length: 5 }, (_, set) => filled(`\nexamples ${set}`, between(500, 2500), random));
    return { system, examples };
  });
  return Array.from({ length: make.rows }, (_, row) => {
    const { system, examples } = pickFrom(systems, random);
    const own = filled(`\nrow ${row}`, between(100, 400), random);
    return { system, text: `${system}${pickFrom(examples, random)}${own}`, answerTokens: between(5, 100) };
  });
}

/** H*: the share of all prompts that a perfect cache would save, from the prompts themselves (1 - unique / all). */
export function perfectShare(rows: { text: string }[]): number {
  const texts = rows.map((row) => row.text).sort();
  let all = 0;
  let shared = 0;
  for (const [at, text] of texts.entries()) {
    all += text.length;
    const before = texts[at - 1] ?? '';
    let common = 0;
    while (common < text.length && text[common] === before[common]) common++;
    shared += common;
  }
  return shared / all;
}
