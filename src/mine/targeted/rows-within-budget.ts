/** Says how many of the rows that are wanted the budget still allows. */

import { allot } from './allot-rows.ts';
import { PROMPTS_A_CALL } from './plan-prompts.ts';
import { costOfNeeds, type RowNeeds } from './row-needs.ts';
import type { Spent } from './spending.ts';
import type { TargetedInput } from './targeted-input.ts';

/** What was spent on how many rows so far, and how many of them are kept. */
export interface SoFar {
  spent: Spent;
  asked: number;
  kept: number;
}

export interface BudgetOfRows {
  /** As many rows of each target as can be written, answered and judged, with own tries at all that are kept, in proportion. */
  rows(wanted: number[], soFar: SoFar): number[];
  /** How many of `tries` own tries can be made. */
  tries(tries: number, soFar: SoFar): number;
  /** Whether a limit in USD cannot be held, since a model has no price. */
  unpriced: boolean;
}

/** Rows may cost more than those before them did. */
const CAUTION = 1.2;

export function openBudgetOfRows({ options, modelOf }: TargetedInput, needs: RowNeeds): BudgetOfRows {
  const { calls = Number.POSITIVE_INFINITY, usd = Number.POSITIVE_INFINITY } = options.budget ?? {};
  const mostForRow = costOfNeeds(needs.row, modelOf);
  const mostForTry = costOfNeeds(needs.tried, modelOf);
  const unpriced = options.budget?.usd !== undefined && (mostForRow === null || mostForTry === null);
  const callsForTry = needs.tried.reduce((sum, need) => sum + need.calls, 0);
  const callsForAnswer = options.judge === null ? 1 : 2;
  // What rows took tells more than what they may take at most, once there are some.
  const partOfMost = ({ spent, asked }: Pick<SoFar, 'spent' | 'asked'>) =>
    asked === 0 || !mostForRow ? 1 : Math.min(1, (CAUTION * (spent.cost ?? 0)) / asked / mostForRow);

  const fits = (rows: number[], soFar: SoFar): boolean => {
    const all = rows.reduce((sum, one) => sum + one, 0);
    const tries = soFar.kept + all;
    const made = rows.reduce((sum, one) => sum + Math.ceil(one / PROMPTS_A_CALL) + one * callsForAnswer, 0);
    if (soFar.spent.calls + made + Math.ceil(tries * callsForTry) > calls) return false;
    const dollars = (all * (mostForRow ?? 0) + tries * (mostForTry ?? 0)) * partOfMost(soFar);
    return unpriced || (soFar.spent.cost ?? 0) + dollars <= usd;
  };
  return {
    unpriced,
    rows: (wanted, soFar) => {
      const all = wanted.reduce((sum, one) => sum + one, 0);
      return allot(
        largest(all, (rows) => fits(allot(rows, wanted), soFar)),
        wanted,
      );
    },
    tries: (tries, soFar) => {
      const { spent } = soFar;
      // The needs are a mean over all rows, also over those whose failing model cannot be asked.
      const share = Math.max(callsForTry / callsForAnswer, Number.EPSILON);
      const dollars = ((mostForTry ?? 0) / share) * partOfMost(soFar);
      return largest(
        tries,
        (made) =>
          spent.calls + made * callsForAnswer <= calls && (unpriced || (spent.cost ?? 0) + made * dollars <= usd),
      );
    },
  };
}

/** The largest whole number from 0 to `most` that fits, where all smaller ones fit as well; 0 when none does. */
function largest(most: number, fits: (value: number) => boolean): number {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
