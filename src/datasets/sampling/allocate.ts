/** Shares a number of rows out among strata: by weight, within the least and the most that each may have. */

/** A stratum, or a category: what it weighs, and the rows it must and can have. */
export interface Part {
  weight: number;
  least: number;
  most: number;
}

/**
 * Rows of each part, in their order; their sum is `total`, less where no part with a weight can take more. What one part
 * cannot take goes to the others by their weights; whole rows by largest remainder, the first part where they are equal.
 */
export function allocate(total: number, parts: Part[]): number[] {
  const exact = fill(total, parts);
  const rows = exact.map((share) => Math.floor(share + 1e-9));
  const wanted = Math.round(exact.reduce((sum, share) => sum + share, 0));
  const byRemainder = parts.map((_, at) => at).sort((a, b) => exact[b]! - rows[b]! - (exact[a]! - rows[a]!) || a - b);
  let left = wanted - rows.reduce((sum, count) => sum + count, 0);
  for (const at of byRemainder) {
    if (left <= 0) break;
    rows[at]! += 1;
    left -= 1;
  }
  return rows;
}

/**
 * Shares by weight that stay within the bounds, found as CSS lays out flexible boxes: share out, see whether the bounds
 * push more up or down, hold those parts at their bound, and share out again what is left.
 */
function fill(total: number, parts: Part[]): number[] {
  const held = parts.map(({ weight, least, most }) => (weight > 0 ? null : Math.min(least, most)));
  for (;;) {
    const open = parts.flatMap((_, at) => (held[at] === null ? [at] : []));
    const weights = open.reduce((sum, at) => sum + parts[at]!.weight, 0);
    const left = total - held.reduce<number>((sum, share) => sum + (share ?? 0), 0);
    const shares = open.map((at) => {
      const { weight, least, most } = parts[at]!;
      const share = (left * weight) / weights;
      return { at, share, bound: Math.min(most, Math.max(share, Math.min(least, most))) };
    });
    const pushed = shares.reduce((sum, { share, bound }) => sum + bound - share, 0);
    const off = shares.filter(({ share, bound }) => (pushed > 1e-9 ? bound > share : bound < share));
    if (pushed >= -1e-9 && pushed <= 1e-9) {
      for (const { at, bound } of shares) held[at] = bound;
      return held.map((share) => share!);
    }
    for (const { at, bound } of off) held[at] = bound;
    if (off.length === open.length) return held.map((share) => share!);
  }
}
