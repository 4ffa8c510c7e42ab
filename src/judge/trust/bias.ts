/** What else moves a judge's scores: the place in the call, the order of two answers, length, and its own family. */

import { mcnemar } from '../../compare/mcnemar.ts';
import type { Preference } from '../../contracts/judging.ts';
import { type Correlation, correlationWithin, type PermutationOptions } from './permutation.ts';
import { type Share, shareOf } from './wilson.ts';

/** One bias: how many rows it was looked for in, how large it is, how likely that is by chance, and in words. */
export interface BiasFinding {
  n: number;
  /** In the unit that `sentence` names; null where it cannot be had. */
  effect: number | null;
  /** How often chance alone would show as much; null where it cannot be had. */
  p: number | null;
  /** Whether it counts as found: p below 0.05. */
  found: boolean;
  sentence: string;
}

/** A bias with a smaller p counts as found. */
const SIGNIFICANT = 0.05;

export interface PositionFinding extends BiasFinding {
  correlation: number | null;
  /** By place in the call, from 0: how many answers, and their mean score. */
  means: { position: number; n: number; mean: number }[];
}

/**
 * Whether the score goes with the place in the call. Answers are put into calls in a random order, so it should not.
 * `call` names the call of a row: scores are compared within calls, so that easy calls do not count. `effect` is the
 * change of the score for each place.
 */
export function positionBias(
  rows: { position: number; score: number; call: string }[],
  options: PermutationOptions = {},
): PositionFinding {
  const within = correlationWithin(
    rows.map(({ position, score, call }) => ({ x: position, y: score, stratum: call })),
    options,
  );
  const by = new Map<number, number[]>();
  for (const { position, score } of rows) {
    const known = by.get(position);
    if (known === undefined) by.set(position, [score]);
    else known.push(score);
  }
  const means = [...by]
    .map(([position, scores]) => ({ position, n: scores.length, mean: meanOf(scores) }))
    .sort((a, b) => a.position - b.position);
  const finding = findingOf(within, within.slope, (effect) => `the score ${change(effect)} a place`);
  return { ...finding, sentence: `Position in the call: ${finding.sentence}`, correlation: within.correlation, means };
}

export interface FlipFinding extends BiasFinding {
  /** Pairs whose two verdicts differ. */
  flips: Share;
  /** Of the flips between one answer and the other: how often the one that stood first, or second, was preferred both times. */
  first: number;
  second: number;
}

/**
 * Whether the verdict on two answers follows their order. `ab` is what was said with A first, `ba` with B first, both as
 * the answer preferred. `effect` is the share of pairs whose verdict flips; p tells whether one place is preferred (exact
 * sign test), for a judge that guesses flips without preferring any.
 */
export function orderBias(pairs: { ab: Preference; ba: Preference }[]): FlipFinding {
  const flips = shareOf(pairs.filter(({ ab, ba }) => ab !== ba).length, pairs.length);
  const first = pairs.filter(({ ab, ba }) => ab === 'a' && ba === 'b').length;
  const second = pairs.filter(({ ab, ba }) => ab === 'b' && ba === 'a').length;
  const p = first + second === 0 ? null : mcnemar(first, second);
  const found = p !== null && p < SIGNIFICANT;
  const [low, high] = flips.interval ?? [0, 0];
  const place = first > second ? 'first' : 'second';
  const preferred = found ? `; it prefers the answer that stands ${place}` : '; no place is preferred beyond chance';
  const sentence =
    flips.value === null
      ? 'Order: no pair was judged in both orders.'
      : `Order: ${percent(flips.value)} of ${flips.n} verdicts change with the order (${percent(low)} to ${percent(high)})` +
        `${p === null ? '' : `${preferred} (${first} first, ${second} second, ${chance(p)})`}.`;
  return { n: pairs.length, effect: flips.value, p, found, sentence, flips, first, second };
}

/**
 * Whether longer answers score higher than others that people said the same of. `label` is what people said; null where
 * they did not, and then longer answers may simply be better. `effect` is the change of the score when the length
 * doubles.
 */
export function lengthBias(
  rows: { characters: number; score: number; label: string | null }[],
  options: PermutationOptions = {},
): BiasFinding & { correlation: number | null } {
  const within = correlationWithin(
    rows.map(({ characters, score, label }) => ({ x: Math.log2(1 + characters), y: score, stratum: label ?? '' })),
    options,
  );
  const finding = findingOf(within, within.slope, (effect) => `the score ${change(effect)} when the length doubles`);
  return { ...finding, sentence: `Length: ${finding.sentence}${beyond(rows)}`, correlation: within.correlation };
}

/**
 * Whether the judge scores answers of its own family higher than others that people said the same of. `effect` is the
 * difference of the mean scores, own less others.
 */
export function familyBias(
  rows: { own: boolean; score: number; label: string | null }[],
  options: PermutationOptions = {},
): BiasFinding {
  const within = correlationWithin(
    rows.map(({ own, score, label }) => ({ x: own ? 1 : 0, y: score, stratum: label ?? '' })),
    options,
  );
  const finding = findingOf(within, within.slope, (effect) => {
    return `answers of the judge's own family score ${Math.abs(effect).toFixed(2)} ${effect < 0 ? 'lower' : 'higher'}`;
  });
  return { ...finding, sentence: `Own family: ${finding.sentence}${beyond(rows)}` };
}

/** A maker's name that stands before that of the model. */
const BEFORE_NAME = /^meta-(?=[a-z])/;

/**
 * The family of a model by its name: letters up to the first digit or sign, without owner: `Qwen/Qwen2.5-7B` is qwen. A
 * guess: fine-tuned models go by names of their own.
 */
export function modelFamily(modelId: string): string {
  const name = modelId.split('/').at(-1)!.toLowerCase();
  return /^[a-z]+/.exec(name.replace(BEFORE_NAME, ''))?.[0] ?? name;
}

function findingOf(within: Correlation, effect: number | null, said: (effect: number) => string): BiasFinding {
  const { n, p } = within;
  if (effect === null || p === null)
    return { n, effect: null, p: null, found: false, sentence: `cannot be told from ${n} rows that do not vary.` };
  const found = p < SIGNIFICANT;
  const words = found ? said(effect) : `nothing beyond chance; ${said(effect)}`;
  return { n, effect, p, found, sentence: `${words} (${n} rows, ${chance(p)}).` };
}

/** What the figure cannot tell, where people have not said how good the answers are. */
function beyond(rows: { label: string | null }[]): string {
  const bare = rows.filter(({ label }) => label === null).length;
  if (bare === 0) return '';
  return ` ${bare === rows.length ? 'None of the answers has' : `${bare} answers do not have`} a label, so this may be quality.`;
}

function meanOf(scores: number[]): number {
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

const change = (effect: number) => `${effect < 0 ? 'falls' : 'rises'} by ${Math.abs(effect).toFixed(2)}`;
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const chance = (p: number) => (p < 0.001 ? 'p below 0.001' : `p ${p.toFixed(3)}`);
