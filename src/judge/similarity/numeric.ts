/** Numeric equality: whether an answer ends in the number of the expected one, units and per cent signs taken into account. */

import { type NumericTolerance, numericTolerance } from '../../contracts/similarity.ts';
import { lastQuantity, type Quantity } from './quantity.ts';

/** That of the contract: 0.333333 is 1/3. */
const DEFAULT_TOLERANCE = numericTolerance.parse({});

/**
 * 1 when the last number of `answer` is that of `expected` within the tolerance, else 0; null when `expected` has none.
 * Numbers may have separators between thousands, a fraction bar, a currency. Units of one kind are converted (1.5 km is
 * 1500 m, 1 h 30 min is 90 min); units of two kinds are never equal; where one side names no unit that is known, the
 * figures are compared as they stand. 50 % is 50 and 0.5.
 */
export function numericEqual(
  answer: string,
  expected: string,
  tolerance: NumericTolerance = DEFAULT_TOLERANCE,
): number | null {
  const wanted = lastQuantity(expected);
  if (wanted === null) return null;
  const given = lastQuantity(answer);
  return given !== null && isSame(given, wanted, tolerance) ? 1 : 0;
}

function isSame(a: Quantity, b: Quantity, tolerance: NumericTolerance): boolean {
  if (a.kind === b.kind) return isNear(a.value, b.value, tolerance);
  if (a.kind !== null && b.kind !== null) return false;
  if (isNear(a.figure, b.figure, tolerance)) return true;
  const shares = [a, b].map(({ kind, figure }) => (kind === 'percent' ? figure / 100 : figure)) as [number, number];
  return isNear(shares[0], shares[1], tolerance);
}

function isNear(a: number, b: number, { absolute, relative }: NumericTolerance): boolean {
  return Math.abs(a - b) <= Math.max(absolute, relative * Math.max(Math.abs(a), Math.abs(b)));
}
