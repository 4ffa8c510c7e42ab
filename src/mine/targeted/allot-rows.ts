/** Says which patterns are written for, and how many rows each is to have. */

import type { Pattern, TargetedOptions } from '../../contracts/mining.ts';
import { AssayError } from '../../errors.ts';

/**
 * Whole numbers in proportion to `weights` that add up to `total`: the largest remainders are rounded up, the first of equal
 * ones (Hamilton's method; Balinski and Young, 1982, Fair Representation). All 0 where no weight is above 0.
 *
 * ```ts
 * allot(10, [1, 1, 1]); // [4, 3, 3]
 * ```
 */
export function allot(total: number, weights: number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  if (sum <= 0) return weights.map(() => 0);
  const exact = weights.map((weight) => (total * weight) / sum);
  const given = exact.map(Math.floor);
  const left = total - given.reduce((all, one) => all + one, 0);
  const byRemainder = exact
    .map((share, at) => ({ at, remainder: share - Math.floor(share) }))
    .filter(({ at }) => weights[at]! > 0)
    .sort((a, b) => b.remainder - a.remainder || a.at - b.at);
  for (const { at } of byRemainder.slice(0, left)) given[at]! += 1;
  return given;
}

/**
 * The patterns that are written for with their rows: all but "other", or those of the clusters that the options name.
 * @throws AssayError invalid_parameter for a cluster without a pattern
 */
export function allotRows(patterns: Pattern[], options: TargetedOptions): { pattern: Pattern; wanted: number }[] {
  const chosen = chosenPatterns(patterns, options.clusters);
  const weights = chosen.map(({ size }) => (options.balance === 'equal' ? 1 : size));
  const rows = allot(options.rows, weights);
  return chosen.map((pattern, at) => ({ pattern, wanted: rows[at]! }));
}

function chosenPatterns(patterns: Pattern[], clusters: number[] | undefined): Pattern[] {
  if (clusters === undefined) return patterns.filter(({ cluster }) => cluster >= 0);
  const byCluster = new Map(patterns.map((pattern) => [pattern.cluster, pattern]));
  return [...new Set(clusters)].map((cluster, at) => {
    const pattern = byCluster.get(cluster);
    if (pattern !== undefined) return pattern;
    const known = [...byCluster.keys()].sort((a, b) => a - b).join(', ');
    const problem = `names a cluster without a pattern; there are patterns of ${known === '' ? 'no cluster' : known}`;
    const param = `clusters[${at}]`;
    throw new AssayError('invalid_parameter', { param, problem, value: cluster }, { param });
  });
}
