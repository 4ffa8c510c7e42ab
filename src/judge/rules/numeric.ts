/** The rule numeric: the number of the answer against the expected one, within tolerances. */

import { isSameNumber, lastNumber } from '../../compare/numeric-answer.ts';
import type { RuleOf } from '../../contracts/judge-rules.ts';
import { type Check, failed, fieldOf, notApplied, passed, placeOf, shown } from './checked-answer.ts';
import { expectedAt } from './expected.ts';

/** What the binary form of decimal fractions adds to a difference, as a share of the larger number. */
const ROUNDING = 1e-12;

/** Numbers are read as the grid reads them for rightness: see compare/numeric-answer.ts. */
export function numericCheck({ tolerance_abs, tolerance_rel, field }: RuleOf<'numeric'>): Check {
  const exact = tolerance_abs === undefined && tolerance_rel === undefined;
  const place = placeOf(field);
  return (answer) => {
    const { expected } = answer.item;
    const wanted = numberOf(field === undefined ? expected : expectedAt(expected, field, true));
    if (wanted === null) return notApplied(`the item has no expected number (expected is ${shown(expected)})`);
    let given: unknown = answer.text;
    if (field !== undefined) {
      const read = fieldOf(answer, field);
      if (read.missing !== null) return failed(`${read.missing}; expected ${wanted}`);
      given = read.value;
    }
    const got = numberOf(given);
    if (got === null) return failed(`${place} holds no number: ${shown(given)}; expected ${wanted}`);
    const allowed = Math.max(tolerance_abs ?? 0, (tolerance_rel ?? 0) * Math.abs(wanted));
    const off = Math.abs(got - wanted);
    const slack = ROUNDING * Math.max(Math.abs(got), Math.abs(wanted));
    const details = { got, expected: wanted, off };
    const fine = exact ? isSameNumber(got, wanted) : off <= allowed + slack;
    const within = exact ? '' : ` within ${allowed}`;
    return fine
      ? passed(`${place} gives ${got}, expected ${wanted}${within}`, details)
      : failed(`${place} gives ${got}, expected ${wanted}${within}; off by ${Number(off.toPrecision(6))}`, details);
  };
}

function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  return typeof value === 'string' ? lastNumber(value) : null;
}
