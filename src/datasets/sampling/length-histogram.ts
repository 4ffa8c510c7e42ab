/** Counts lengths in bounded memory: quantiles are exact up to 4,096 characters, and within 1.1 % beyond. */

import type { SampleStats } from '../../contracts/sampling.ts';

export type LengthFigures = SampleStats['prompt_chars']['source'];

/** Lengths that have a bucket of their own, and buckets for each doubling beyond. */
const EXACT = 4096;
const PER_DOUBLING = 64;

/** The bucket of a length; longer texts never have a smaller one. */
export function bucketOf(length: number): number {
  return length < EXACT ? length : EXACT + Math.floor(Math.log2(length / EXACT) * PER_DOUBLING);
}

/** The longest length of a bucket. */
const lastOf = (bucket: number): number =>
  bucket < EXACT ? bucket : Math.ceil(EXACT * 2 ** ((bucket - EXACT + 1) / PER_DOUBLING)) - 1;

export interface LengthHistogram {
  see(length: number): void;
  figures(): LengthFigures;
  /** Last buckets of the first three quarters: a length is in the first quarter that does not end before its bucket. */
  quarters(): [number, number, number];
}

export function openLengthHistogram(): LengthHistogram {
  const counts = new Map<number, number>();
  let [rows, sum, min, max] = [0, 0, Number.POSITIVE_INFINITY, 0];
  const bucketAt = (share: number): number => {
    let seen = 0;
    for (const bucket of [...counts.keys()].sort((a, b) => a - b)) {
      seen += counts.get(bucket)!;
      if (seen >= share * rows) return bucket;
    }
    return 0;
  };
  const lengthAt = (share: number) => Math.min(max, lastOf(bucketAt(share)));
  return {
    see(length) {
      const bucket = bucketOf(length);
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
      rows += 1;
      sum += length;
      min = Math.min(min, length);
      max = Math.max(max, length);
    },
    figures: () => ({
      min: rows === 0 ? 0 : min,
      p25: lengthAt(0.25),
      median: lengthAt(0.5),
      p75: lengthAt(0.75),
      p95: lengthAt(0.95),
      max,
      mean: rows === 0 ? 0 : sum / rows,
    }),
    quarters: () => [bucketAt(0.25), bucketAt(0.5), bucketAt(0.75)],
  };
}

/** Names of the quarters by their lengths in characters: "0-80", "81-120", "121-300", "301 and more". */
export function quarterNames(quarters: [number, number, number]): string[] {
  const [first, second, third] = quarters.map(lastOf) as [number, number, number];
  return [`0-${first}`, `${first + 1}-${second}`, `${second + 1}-${third}`, `${third + 1} and more`];
}
