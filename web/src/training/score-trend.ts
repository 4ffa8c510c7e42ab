/** Which way a score or a loss went from one evaluation to another, and whether that is for the better. */

/** Changes below this round to nothing in what is shown. */
const NOTHING = 0.0005;

export interface Trend {
  way: 'up' | 'down' | 'same';
  /** null: it stayed. */
  better: boolean | null;
  /** Now less before. */
  by: number;
}

/** null where one of the two is not known. `lowerIsBetter` for losses. */
export function trendOf(
  before: number | null | undefined,
  now: number | null | undefined,
  lowerIsBetter = false,
): Trend | null {
  if (before === null || before === undefined || now === null || now === undefined) return null;
  const by = now - before;
  if (Math.abs(by) < NOTHING) return { way: 'same', better: null, by: 0 };
  return { way: by > 0 ? 'up' : 'down', better: by > 0 !== lowerIsBetter, by };
}

/** "+0.25", "−0.1", "±0". */
export function changeText(by: number): string {
  const text = String(Number(Math.abs(by).toFixed(3)));
  return by === 0 ? '±0' : `${by > 0 ? '+' : '−'}${text}`;
}

/** A figure at its place on the way through the training; null: none. */
export interface TrendPoint {
  at: number;
  value: number | null;
}

/** The stretches of a line without the holes where there is no figure, each in its order. */
export function stretchesOf(points: readonly TrendPoint[]): { at: number; value: number }[][] {
  const stretches: { at: number; value: number }[][] = [];
  let open: { at: number; value: number }[] | null = null;
  for (const { at, value } of points) {
    if (value === null) open = null;
    else if (open) open.push({ at, value });
    else {
      open = [{ at, value }];
      stretches.push(open);
    }
  }
  return stretches;
}
