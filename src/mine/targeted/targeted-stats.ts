/** Counts what became of the rows that were asked for, with the leakage report and what is to be known of it in words. */

import { type DroppedFor, droppedFor, type TargetedRow, type TargetedStats } from '../../contracts/mining.ts';
import { type Leak, leakageReport } from './leakage.ts';
import type { BudgetOfRows } from './rows-within-budget.ts';
import type { Spent } from './spending.ts';
import type { Progress, TargetedInput } from './targeted-input.ts';

export interface StatsOf {
  input: TargetedInput;
  progress: Progress[];
  spent: Spent;
  budget: BudgetOfRows;
  testRows: number;
  surplus: number;
  stoppedByBudget: boolean;
  /** Kept rows whose failing model was not asked, as the budget was spent. */
  untried: number;
}

export function targetedStats(rows: TargetedRow[], on: StatsOf): TargetedStats {
  const { input, progress, spent } = on;
  const dropped = Object.fromEntries(droppedFor.map((why) => [why, 0])) as Record<DroppedFor, number>;
  for (const row of rows) if (row.dropped !== null) dropped[row.dropped] += 1;
  const leaks = rows.flatMap(({ prompt, dropped: why, like }): Leak[] =>
    why === 'near_duplicate_of_test_set' && like !== null ? [{ prompt, ...like }] : [],
  );
  return {
    asked: progress.reduce((sum, { asked }) => sum + asked, 0),
    kept: progress.reduce((sum, { kept }) => sum + kept, 0),
    wanted: progress.reduce((sum, { wanted }) => sum + wanted, 0),
    dropped,
    by_pattern: progress.map(({ pattern, wanted, kept }) => ({
      cluster: pattern.cluster,
      pattern: pattern.title,
      wanted,
      kept,
    })),
    leakage: leakageReport(leaks, { test_rows: on.testRows, threshold: input.options.near_duplicates }),
    calls: spent.calls,
    prompt_tokens: spent.promptTokens,
    completion_tokens: spent.completionTokens,
    cost: spent.cost,
    stopped_by_budget: on.stoppedByBudget,
    notes: notesOf(rows, on),
  };
}

function notesOf(rows: TargetedRow[], on: StatsOf): string[] {
  const { progress, input, surplus, untried } = on;
  if (progress.length === 0) return ['There is no pattern to write data for.'];
  const rejected = rows.filter((row) => row.rejected !== null).length;
  const kept = progress.reduce((sum, one) => sum + one.kept, 0);
  return [
    ...progress.flatMap((one) => patternNotes(one, on)),
    ...(input.options.judge === null
      ? [
          'No judge was named: rules alone have checked the answers, and rejected answers are only known to differ from them.',
        ]
      : []),
    ...(on.budget.unpriced ? ['The budget in USD could not be held to, as a model has no price.'] : []),
    ...(surplus > 0 ? [`${surplus} rows passed beyond what was wanted of their pattern, and were left out.`] : []),
    ...(untried > 0 ? [`${untried} rows have no rejected answer, as the budget was spent.`] : []),
    ...(kept > 0 && rejected < kept ? [rejectedNote(rejected, kept)] : []),
  ];
}

const rejectedNote = (rejected: number, kept: number): string =>
  `${rejected} of ${kept} rows have a rejected answer. The others have none: the model that failed is not registered, answered alike, ` +
  'or was not judged wrong.';

function patternNotes({ pattern, wanted, kept, asked, failures }: Progress, on: StatsOf): string[] {
  const name = `Pattern ${pattern.cluster} (${pattern.title})`;
  if (wanted === 0) return [`${name}: no row falls to it, as there are more patterns than rows.`];
  const why = on.stoppedByBudget ? 'the budget is spent' : `${asked} were asked for, as many as max_factor allows`;
  return [
    ...(failures.length === 0
      ? [`${name}: no failure of it is there; its prompts are made from its label alone.`]
      : []),
    ...(kept < wanted ? [`${name}: ${kept} of ${wanted} rows; ${why}.`] : []),
  ];
}
