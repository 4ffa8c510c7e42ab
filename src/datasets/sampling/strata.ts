/** The strata of a sample: each category by source and quarter of length, with how many rows are wanted of each. */

import type { SampleOptions } from '../../contracts/sampling.ts';
import { AssayError } from '../../errors.ts';
import { allocate } from './allocate.ts';
import { bucketOf, quarterNames } from './length-histogram.ts';
import type { Survey } from './survey.ts';

export interface Stratum {
  category: string;
  source: string | null;
  /** Name of the quarter; null where lengths do not count. */
  length: string | null;
  rows: number;
}

export interface Strata {
  /** Sorted by name, so that the order of the rows makes no difference. */
  all: Stratum[];
  /** The place in `all` of a row with so many characters. */
  of(number: number, length: number): number;
}

/** A category and the share of the sample that is aimed at. */
export interface Aim {
  category: string;
  rows: number;
  share: number;
}

export function strataOf(survey: Survey, options: SampleOptions): Strata {
  const ends = options.by_length ? survey.lengths.quarters() : null;
  const names = ends && quarterNames(ends);
  const quarterOf = (bucket: number) => ends!.filter((end) => bucket > end).length;
  const quarters = names?.length ?? 1;
  const cut = survey.cells.flatMap(({ category, source, rows, buckets }, cell) => {
    const counts: number[] = names ? names.map(() => 0) : [rows];
    for (const [bucket, count] of buckets) counts[quarterOf(bucket)]! += count;
    return counts.map((rows, at) => ({
      place: cell * quarters + at,
      category,
      source,
      length: names?.[at] ?? null,
      rows,
    }));
  });
  const nameOf = (stratum: Stratum & { place: number }) =>
    JSON.stringify([stratum.category, stratum.source, stratum.place % quarters]);
  const sorted = cut.filter(({ rows }) => rows > 0).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const places = new Map(sorted.map(({ place }, at) => [place, at]));
  return {
    all: sorted.map(({ place: _, ...stratum }) => stratum),
    of: (number, length) =>
      places.get(survey.cellOf(number) * quarters + (ends ? quarterOf(bucketOf(length)) : 0)) ?? -1,
  };
}

/**
 * The categories by name, each with the share aimed at: its share of the source, the same for each, or as `weights` say
 * (what they leave of 1 goes to the others as in the source).
 * @throws AssayError invalid_parameter: weights that name no category there is, or add up to more than 1 or to nothing.
 */
export function aimsOf(strata: Stratum[], options: SampleOptions): Aim[] {
  const rows = new Map<string, number>();
  for (const stratum of strata) rows.set(stratum.category, (rows.get(stratum.category) ?? 0) + stratum.rows);
  const total = [...rows.values()].reduce((sum, count) => sum + count, 0);
  const { allocation, weights } = options;
  if ((allocation === 'weights') !== (weights !== undefined)) {
    throw invalid('weights', 'goes with the allocation "weights", and with no other', weights ?? allocation);
  }
  const given = weights && checkWeights(weights, [...rows.keys()]);
  const named = [...rows].filter(([category]) => given?.has(category));
  const namedShare = named.reduce((sum, [category]) => sum + given!.get(category)!, 0);
  const rest = total - named.reduce((sum, [, count]) => sum + count, 0);
  return [...rows].map(([category, count]) => {
    if (allocation === 'proportional') return { category, rows: count, share: count / total };
    if (allocation === 'equal') return { category, rows: count, share: 1 / rows.size };
    const weight = given!.get(category);
    // Without any other category the weights are shares of their own sum.
    const share = weight === undefined ? ((1 - namedShare) * count) / rest : rest === 0 ? weight / namedShare : weight;
    return { category, rows: count, share };
  });
}

/** Rows wanted of each stratum when no more than `most` of each can be had. @throws AssayError invalid_parameter (minimum) */
export function quotasOf(strata: Stratum[], aims: Aim[], on: { options: SampleOptions; most: number[] }): number[] {
  const { n, minimum } = on.options;
  const members = aims.map(({ category }) =>
    strata.flatMap((stratum, at) => (stratum.category === category ? [at] : [])),
  );
  const parts = aims.map(({ share }, at) => {
    const most = members[at]!.reduce((sum, place) => sum + on.most[place]!, 0);
    return { weight: share, least: Math.min(minimum, most), most };
  });
  const least = parts.reduce((sum, part) => sum + part.least, 0);
  if (least > n) {
    throw invalid(
      'minimum',
      `must leave room: the ${aims.length} categories would have ${least} rows, n is ${n}`,
      minimum,
    );
  }
  const quotas = strata.map(() => 0);
  for (const [at, rows] of allocate(n, parts).entries()) {
    const inside = members[at]!.map((place) => ({ weight: strata[place]!.rows, least: 0, most: on.most[place]! }));
    for (const [i, count] of allocate(rows, inside).entries()) quotas[members[at]![i]!] = count;
  }
  return quotas;
}

/** Weights add up to 1 within this. */
const ROUNDING = 1e-6;

function checkWeights(weights: Record<string, number>, known: string[]): Map<string, number> {
  const given = new Map(Object.entries(weights));
  const unknown = [...given.keys()].filter((category) => !known.includes(category));
  if (unknown.length > 0) {
    const shown = known.slice(0, 50).join(', ');
    throw invalid('weights', `must name categories of the source, which are: ${shown}`, unknown.join(', '));
  }
  const sum = [...given.values()].reduce((sum, weight) => sum + weight, 0);
  if (sum > 1 + ROUNDING) throw invalid('weights', `must be shares that add up to 1 at most, not to ${sum}`, weights);
  if (sum === 0 && known.every((category) => given.has(category))) {
    throw invalid('weights', 'must give at least one category a share', weights);
  }
  return given;
}

const invalid = (param: string, problem: string, value: unknown): AssayError =>
  new AssayError('invalid_parameter', { param, problem, value }, { param });
