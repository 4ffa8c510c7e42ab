/** Makes a square matrix of the counted pairs of decisions: the most frequent decisions, the unread ones last. */

export interface PairCount {
  a: string | null;
  b: string | null;
  count: number;
}

export interface Matrix {
  /** Rows and columns. */
  values: (string | null)[];
  count(a: string | null, b: string | null): number;
  /** The largest count. */
  most: number;
  /** Items whose decisions have no row or column. */
  left: number;
}

const MOST_VALUES = 12;

export function matrixOf(pairs: readonly PairCount[]): Matrix {
  const sums = new Map<string | null, number>();
  const add = (value: string | null, count: number) => sums.set(value, (sums.get(value) ?? 0) + count);
  for (const { a, b, count } of pairs) {
    add(a, count);
    add(b, count);
  }
  const named = [...sums.keys()]
    .filter((value) => value !== null)
    .sort((x, y) => sums.get(y)! - sums.get(x)! || x.localeCompare(y))
    .slice(0, MOST_VALUES);
  const values = sums.has(null) ? [...named, null] : named;
  const counts = new Map<string, number>();
  let most = 0;
  let left = 0;
  for (const { a, b, count } of pairs) {
    if (!values.includes(a) || !values.includes(b)) {
      left += count;
      continue;
    }
    counts.set(JSON.stringify([a, b]), count);
    most = Math.max(most, count);
  }
  return { values, most, left, count: (a, b) => counts.get(JSON.stringify([a, b])) ?? 0 };
}
