/** Counts, mean and percentiles of a stream of numbers in a few kilobytes, each percentile within 1 % of the true one. */

/** Numbers of a finished histogram; percentiles within 1 %, the rest exact. `bins` are equally wide in the logarithm. */
export interface Stats {
  count: number;
  total: number;
  mean: number;
  min: number;
  max: number;
  p50: number;
  p90: number;
  p95: number;
  p99: number;
  bins: { from: number; to: number; count: number }[];
}

/** A histogram under way; see {@link addValue} and {@link statsOf}. */
export interface Histogram {
  zeros: number;
  buckets: Map<number, number>;
  count: number;
  total: number;
  min: number;
  max: number;
}

// DDSketch (Masson, Rim, Lee: VLDB 2019): bucket i holds the values in (gamma^(i-1), gamma^i]; answering its middle is
// off by at most the accuracy. Unlike a reservoir it gives the same figures for the same data each time.
const ACCURACY = 0.01;
const GAMMA = (1 + ACCURACY) / (1 - ACCURACY);
const LOG_GAMMA = Math.log(GAMMA);
const BINS = 24;

export function newHistogram(): Histogram {
  return { zeros: 0, buckets: new Map(), count: 0, total: 0, min: Number.POSITIVE_INFINITY, max: 0 };
}

/** Counts a value; null, negative and not finite values are left out. */
export function addValue(histogram: Histogram, value: number | null | undefined): void {
  if (value === null || value === undefined || !Number.isFinite(value) || value < 0) return;
  histogram.count += 1;
  histogram.total += value;
  histogram.min = Math.min(histogram.min, value);
  histogram.max = Math.max(histogram.max, value);
  if (value === 0) {
    histogram.zeros += 1;
    return;
  }
  const bucket = Math.ceil(Math.log(value) / LOG_GAMMA);
  histogram.buckets.set(bucket, (histogram.buckets.get(bucket) ?? 0) + 1);
}

/** The figures so far; null when nothing was counted. */
export function statsOf(histogram: Histogram): Stats | null {
  if (histogram.count === 0) return null;
  const { count, total, min, max } = histogram;
  const sorted = [...histogram.buckets].sort((a, b) => a[0] - b[0]);
  const at = (share: number) => quantile(histogram, sorted, share);
  return {
    count,
    total,
    mean: total / count,
    min,
    max,
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    bins: binsOf(histogram, sorted),
  };
}

/** The value at `share` of the sorted values (nearest rank: the smallest value that at least `share` of them reach). */
function quantile(histogram: Histogram, sorted: [number, number][], share: number): number {
  const rank = Math.max(1, Math.ceil(share * histogram.count));
  let seen = histogram.zeros;
  if (seen >= rank) return 0;
  for (const [bucket, count] of sorted) {
    seen += count;
    if (seen >= rank) {
      const middle = (2 * GAMMA ** bucket) / (GAMMA + 1);
      return Math.min(histogram.max, Math.max(histogram.min, middle));
    }
  }
  return histogram.max;
}

function binsOf(histogram: Histogram, sorted: [number, number][]): Stats['bins'] {
  const first = sorted[0]?.[0];
  const last = sorted.at(-1)?.[0];
  const zeros = histogram.zeros > 0 ? [{ from: 0, to: 0, count: histogram.zeros }] : [];
  if (first === undefined || last === undefined) return zeros;
  const width = Math.max(1, Math.ceil((last - first + 1) / BINS));
  const bins = Array.from({ length: Math.ceil((last - first + 1) / width) }, (_, i) => ({
    from: GAMMA ** (first + i * width - 1),
    to: GAMMA ** (first + (i + 1) * width - 1),
    count: 0,
  }));
  for (const [bucket, count] of sorted) bins[Math.floor((bucket - first) / width)]!.count += count;
  return [...zeros, ...bins];
}
