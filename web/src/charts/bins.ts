/** Puts the histograms of several models over one axis, and reads a median off each. */

export interface Bin {
  upto: number;
  count: number;
}

/** Columns of an axis, at least. */
const FEWEST = 5;

export interface Histogram {
  /** Upper edges, rising. */
  edges: number[];
  models: { name: string; counts: number[]; total: number; median: number | null }[];
  /** The largest count of all. */
  most: number;
}

/** Edges between the smallest and the largest that any model has; doubling edges in between are filled in. */
export function histogramOf(models: readonly { name: string; bins: readonly Bin[] }[]): Histogram {
  const edges = widened(
    axisOf(models.flatMap(({ bins }) => bins.filter(({ count }) => count > 0).map(({ upto }) => upto))),
  );
  const counted = models.map(({ name, bins }) => {
    const counts = edges.map((edge) => bins.find(({ upto }) => upto === edge)?.count ?? 0);
    const total = counts.reduce((sum, count) => sum + count, 0);
    return { name, counts, total, median: medianOf(edges, counts, total) };
  });
  return { edges, models: counted, most: Math.max(0, ...counted.flatMap(({ counts }) => counts)) };
}

/** Every edge once, with the powers of two between them, where they are such. */
function axisOf(seen: number[]): number[] {
  const rising = [...new Set(seen)].sort((a, b) => a - b);
  return rising.flatMap((edge, place) => {
    const next = rising[place + 1];
    const between: number[] = [];
    for (
      let step = edge * 2;
      edge > 0 && next !== undefined && step < next && Number.isInteger(Math.log2(next / edge));
      step *= 2
    ) {
      between.push(step);
    }
    return [edge, ...between];
  });
}

/** A shape is not seen in one or two columns: empty ones are put around them. */
function widened(edges: number[]): number[] {
  if (edges.length === 0) return edges;
  const wide = [...edges];
  while (wide.length < FEWEST) {
    if (wide.length % 2 === 0 && wide[0]! > 1) wide.unshift(wide[0]! / 2);
    else wide.push(wide.at(-1)! * 2);
  }
  return wide;
}

/** Inside its bin the median is taken to lie where an even spread puts it. */
function medianOf(edges: number[], counts: number[], total: number): number | null {
  if (total === 0) return null;
  let before = 0;
  for (const [place, count] of counts.entries()) {
    if (before + count >= total / 2) {
      const upper = edges[place]!;
      const lower = place === 0 ? upper / 2 : edges[place - 1]!;
      return lower + (upper - lower) * ((total / 2 - before) / count);
    }
    before += count;
  }
  return null;
}
