/** One verdict as a judge wrote it: its scores, its reasons, and what makes it unusable. */

import type { Criterion } from '../../contracts/judging.ts';

/** A verdict that can be used. */
export interface Verdict {
  /** By criterion, each on its own scale. */
  scores: Record<string, number>;
  /** Of 10: see {@link overallScore}. */
  score: number;
  reasoning: string | null;
  /** 0 to 1; null where the judge gave none that can be read. */
  confidence: number | null;
}

/** A verdict, or why what stands there is none. */
export type ReadVerdict = { verdict: Verdict } | { fault: string };

/**
 * The mean of the criteria by their weights, of 10. A score counts as its share of the scale's end, so that scores from 1
 * to 10 stay what they are, and 4 of 5 is 8; on a scale that goes below zero as its share of the way from end to end.
 */
export function overallScore(scores: Record<string, number>, criteria: Criterion[]): number {
  const weights = criteria.reduce((sum, { weight }) => sum + weight, 0);
  const sum = criteria.reduce((total, one) => total + ofTen(scores[one.name]!, one) * one.weight, 0);
  // Weights like 0.1 must not put a mean of sevens below 7.
  return Math.round((sum / weights) * 1e9) / 1e9;
}

const ofTen = (score: number, { min, max }: Criterion): number =>
  min < 0 || max <= 0 ? (10 * (score - min)) / (max - min) : (10 * score) / max;

/**
 * The verdict in `value`. A score off its scale makes it unusable and is never clipped: a judge that says 85 of 10 has used
 * another scale, and on that one 12 is among the worst, not the best.
 */
export function readVerdict(value: unknown, criteria: Criterion[]): ReadVerdict {
  if (!isObject(value)) return { fault: `the verdict is ${kindOf(value)}, not an object` };
  // Where no grammar holds a judge to the form, some write the scores beside the reasons.
  const given = byPlainName(isObject(value.scores) ? value.scores : value);
  const scores: Record<string, number> = {};
  for (const { name, min, max } of criteria) {
    if (!given.has(name)) return { fault: `there is no score for ${name}` };
    const score = scoreOf(given.get(name), max);
    if (score === null) return { fault: `the score for ${name} is no number` };
    if (score < min || score > max) return { fault: `the score for ${name} is ${score}, not from ${min} to ${max}` };
    scores[name] = score;
  }
  return { verdict: { scores, score: overallScore(scores, criteria), ...reasonsOf(value) } };
}

/** What stands beside a verdict. */
export function reasonsOf(value: Record<string, unknown>): Pick<Verdict, 'reasoning' | 'confidence'> {
  const reasoning = typeof value.reasoning === 'string' ? value.reasoning.trim() : '';
  return { reasoning: reasoning === '' ? null : reasoning, confidence: confidenceOf(value.confidence) };
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A number, also in quotes, as "8/10" with the end of the scale, or as {"score": 8}. */
function scoreOf(value: unknown, max: number): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (isObject(value)) return typeof value.score === 'number' ? scoreOf(value.score, max) : null;
  const [, number, end] =
    /^\s*(-?\d+(?:\.\d+)?)\s*(?:(?:\/|of|out of)\s*(\d+(?:\.\d+)?)\s*)?$/.exec(String(value)) ?? [];
  if (number === undefined || typeof value !== 'string') return null;
  return end === undefined || Number(end) === max ? Number(number) : null;
}

/** A share, or one in percent with its sign. What cannot be read costs only the confidence: the verdict stands without. */
function confidenceOf(value: unknown): number | null {
  const [, number, percent] = /^\s*(\d+(?:\.\d+)?)\s*(%?)\s*$/.exec(String(value)) ?? [];
  if (number === undefined || isObject(value)) return null;
  const share = Number(number) / (percent === '%' ? 100 : 1);
  return share <= 1 ? share : null;
}

/** By names as criteria are called: "Over all" is over_all. A name that comes twice so counts as it stood first. */
function byPlainName(given: Record<string, unknown>): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const [name, value] of Object.entries(given)) {
    const plain = name
      .trim()
      .toLowerCase()
      .replace(/[\s-]+/g, '_');
    if (!found.has(plain) || plain === name) found.set(plain, value);
  }
  return found;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
