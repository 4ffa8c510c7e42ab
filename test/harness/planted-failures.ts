/** Makes failures with planted patterns and noise, the same for the same seed, to see whether clustering finds them again. */

import { type Random, seededRandom } from '../../src/compare/random.ts';
import type { Failure } from '../../src/contracts/mining.ts';
import { noiseCategories, noiseEndings, noiseFaults, noisePrompts, noiseSubjects } from './planted-noise.ts';
import { fillers, plantedPatterns } from './planted-patterns.ts';

export interface Planted {
  failures: Failure[];
  /** Place in `plantedPatterns` of what each failure was made from; -1: noise. */
  truth: Int32Array;
}

/** `n` failures, `noise` of them like no other, the patterns of unequal size (the largest about three times the smallest). */
export function plantedFailures({ n = 3000, noise = 0.2, seed = 1 } = {}): Planted {
  const random = seededRandom(seed);
  const noisy = Math.round(n * noise);
  const weights = plantedPatterns.map((_, place) => 1 + (2 * place) / (plantedPatterns.length - 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const truth: number[] = Array.from({ length: noisy }, () => -1);
  for (const [place, weight] of weights.entries())
    truth.push(...Array.from({ length: Math.floor(((n - noisy) * weight) / total) }, () => place));
  while (truth.length < n) truth.push(truth.length % plantedPatterns.length);
  shuffle(random, truth);
  return {
    truth: Int32Array.from(truth),
    failures: truth.map((pattern, ordinal) => ({
      ordinal,
      candidate_id: `planted-${ordinal}`,
      name: `planted ${ordinal}`,
      benchmark_id: null,
      model_id: pick(random, ['small', 'large']),
      answer: `answer ${Math.floor(random() * 1e6)}`,
      expected: null,
      score: 1 + Math.floor(random() * 5),
      judge: 'planted',
      ...(pattern === -1 ? noiseOf(random) : plantedOf(random, pattern)),
    })),
  };
}

type Told = Pick<Failure, 'category' | 'prompt' | 'reason' | 'criteria'>;

function plantedOf(random: Random, pattern: number): Told {
  const { category, reasons, prompts, criteria } = plantedPatterns[pattern]!;
  return {
    // One in ten is put under another category.
    category: random() < 0.1 ? pick(random, noiseCategories) : category,
    reason: filled(random, pick(random, reasons)),
    prompt: filled(random, pick(random, prompts)),
    criteria: random() < 0.5 ? [pick(random, criteria)] : [],
  };
}

function noiseOf(random: Random): Told {
  const [s, t] = [pick(random, noiseSubjects), pick(random, noiseSubjects)];
  const [asked, beside] = random() < 0.5 ? [s, t] : [pick(random, noiseSubjects), pick(random, noiseSubjects)];
  const fill = (text: string, first: string, second: string) => text.replaceAll('{s}', first).replaceAll('{t}', second);
  const reason = fill(pick(random, noiseFaults) + pick(random, noiseEndings), s, t);
  return {
    category: pick(random, noiseCategories),
    reason: `${reason[0]!.toUpperCase()}${reason.slice(1)}.`,
    prompt: fill(pick(random, noisePrompts), asked, beside),
    criteria: random() < 0.3 ? [pick(random, ['correctness', 'style', 'helpfulness', 'tone'])] : [],
  };
}

function filled(random: Random, template: string): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    if (name === 'year') return String(1990 + Math.floor(random() * 35));
    if (name === 'day') return String(1 + Math.floor(random() * 28));
    if (name === 'n' || name === 'm') return String(2 + Math.floor(random() * 90));
    return pick(random, fillers[name]!);
  });
}

function pick<T>(random: Random, list: T[]): T {
  return list[Math.floor(random() * list.length)]!;
}

/** Fisher and Yates. */
function shuffle<T>(random: Random, list: T[]): void {
  for (let at = list.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [list[at], list[other]] = [list[other]!, list[at]!];
  }
}
