/** Agreement of raters: observed agreement, Cohen's kappa, Krippendorff's alpha; each over counted patterns. */

import { MISSING, type Patterns } from './patterns.ts';

/** A figure as a function of how many items have each pattern, so that it can be had of resampled counts. */
export type Statistic = (counts: ArrayLike<number>) => number | null;

/** Distance of two values: same or not, by rank, by difference, by ratio. */
export type Metric = 'nominal' | 'ordinal' | 'interval' | 'ratio';

/** Mean over items of the share of pairs of raters that agree, 0 to 1; null when no item has two values. */
export function observedAgreement({ rows }: Patterns): Statistic {
  const shares = rows.map(shareOfPairs);
  return (counts) => {
    let items = 0;
    let sum = 0;
    for (let at = 0; at < shares.length; at++) {
      const share = shares[at]!;
      if (share === null) continue;
      items += counts[at]!;
      sum += counts[at]! * share;
    }
    return items === 0 ? null : sum / items;
  };
}

/**
 * Cohen's kappa of two raters, over the items that both judged: (observed - expected) / (1 - expected). null when
 * there is no item, or both always say one and the same.
 * Cohen (1960), A coefficient of agreement for nominal scales, doi 10.1177/001316446002000104.
 */
export function cohensKappa({ values, rows }: Patterns): Statistic {
  const size = values.length;
  const left = new Float64Array(size);
  const right = new Float64Array(size);
  return (counts) => {
    left.fill(0);
    right.fill(0);
    let n = 0;
    let same = 0;
    for (let at = 0; at < rows.length; at++) {
      const [a, b] = rows[at] as [number, number];
      if (a === MISSING || b === MISSING) continue;
      const count = counts[at]!;
      n += count;
      left[a]! += count;
      right[b]! += count;
      if (a === b) same += count;
    }
    let chance = 0;
    for (let code = 0; code < size; code++) chance += left[code]! * right[code]!;
    return n * n - chance === 0 ? null : (n * same - chance) / (n * n - chance);
  };
}

/**
 * Krippendorff's alpha: 1 - observed / expected disagreement, over the items that two or more raters judged. null when
 * there is none, when all values are the same, or when a metric other than nominal meets a value that is no number;
 * `scale` gives the values of an ordinal metric in their order when they are no numbers.
 * Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, https://repository.upenn.edu/asc_papers/43.
 */
export function krippendorffAlpha(patterns: Patterns, metric: Metric = 'nominal', scale?: string[]): Statistic {
  const units = patterns.rows.map(unitOf);
  if (metric === 'nominal') return nominalAlpha(units, patterns.values.length);
  const numbers = patterns.values.map((value) => (scale === undefined ? Number(value) : scale.indexOf(value)));
  if (numbers.some((number) => !Number.isFinite(number)) || numbers.some((n) => scale !== undefined && n < 0))
    return () => null;
  return (counts) => weightedAlpha({ units, numbers, metric }, counts);
}

/** The codes of an item, each with how often it was given; null when fewer than two raters gave one. */
interface Unit {
  codes: number[];
  times: number[];
  raters: number;
}

function unitOf(row: number[]): Unit | null {
  const times = new Map<number, number>();
  for (const code of row) if (code !== MISSING) times.set(code, (times.get(code) ?? 0) + 1);
  const raters = row.filter((code) => code !== MISSING).length;
  return raters < 2 ? null : { codes: [...times.keys()], times: [...times.values()], raters };
}

function shareOfPairs(row: number[]): number | null {
  const unit = unitOf(row);
  if (unit === null) return null;
  return unit.times.reduce((sum, times) => sum + times * (times - 1), 0) / (unit.raters * (unit.raters - 1));
}

/** With every distance 0 or 1 the sums over pairs of values become sums over values. */
function nominalAlpha(units: (Unit | null)[], size: number): Statistic {
  const apart = units.map((unit) =>
    unit === null ? 0 : (unit.raters ** 2 - unit.times.reduce((sum, times) => sum + times ** 2, 0)) / (unit.raters - 1),
  );
  const totals = new Float64Array(size);
  return (counts) => {
    let observed = 0;
    const n = addTotals(totals, units, counts);
    for (let at = 0; at < units.length; at++) observed += counts[at]! * apart[at]!;
    let squares = 0;
    for (let code = 0; code < size; code++) squares += totals[code]! ** 2;
    const expected = n * n - squares;
    return expected === 0 ? null : 1 - ((n - 1) * observed) / expected;
  };
}

function weightedAlpha(
  { units, numbers, metric }: { units: (Unit | null)[]; numbers: number[]; metric: Metric },
  counts: ArrayLike<number>,
): number | null {
  const totals = new Float64Array(numbers.length);
  const n = addTotals(totals, units, counts);
  const distance = distanceOf(metric, numbers, totals);
  let observed = 0;
  units.forEach((unit, at) => {
    if (unit === null || counts[at] === 0) return;
    let apart = 0;
    unit.codes.forEach((a, i) => {
      for (let j = i + 1; j < unit.codes.length; j++)
        apart += 2 * unit.times[i]! * unit.times[j]! * distance(a, unit.codes[j]!);
    });
    observed += (counts[at]! * apart) / (unit.raters - 1);
  });
  let expected = 0;
  for (let a = 0; a < numbers.length; a++)
    for (let b = a + 1; b < numbers.length; b++) expected += 2 * totals[a]! * totals[b]! * distance(a, b);
  return expected === 0 ? null : 1 - ((n - 1) * observed) / expected;
}

/** Fills in how often each value was given; returns how many values there are in all. */
function addTotals(totals: Float64Array, units: (Unit | null)[], counts: ArrayLike<number>): number {
  totals.fill(0);
  let n = 0;
  for (let at = 0; at < units.length; at++) {
    const unit = units[at];
    if (unit === null || unit === undefined) continue;
    const count = counts[at]!;
    n += count * unit.raters;
    for (let i = 0; i < unit.codes.length; i++) totals[unit.codes[i]!]! += count * unit.times[i]!;
  }
  return n;
}

/** The squared distance of two codes. */
function distanceOf(metric: Metric, numbers: number[], totals: Float64Array): (a: number, b: number) => number {
  if (metric === 'interval') return (a, b) => (numbers[a]! - numbers[b]!) ** 2;
  if (metric === 'ratio')
    return (a, b) => {
      const sum = numbers[a]! + numbers[b]!;
      return sum === 0 ? 0 : ((numbers[a]! - numbers[b]!) / sum) ** 2;
    };
  // Values up to and with each one in rank order: the sum between two is a difference of two of these.
  const order = numbers.map((_, code) => code).sort((a, b) => numbers[a]! - numbers[b]!);
  const upTo = new Float64Array(numbers.length);
  let sum = 0;
  for (const code of order) upTo[code] = sum += totals[code]!;
  return (a, b) => {
    const [low, high] = numbers[a]! < numbers[b]! ? [a, b] : [b, a];
    return (upTo[high]! - upTo[low]! + totals[low]! - (totals[low]! + totals[high]!) / 2) ** 2;
  };
}
