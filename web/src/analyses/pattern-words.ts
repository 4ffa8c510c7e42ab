/** A pattern in words: its title, and what speaks against trusting its label. */

import type { WholeAnalysis } from '../../../src/contracts/analyses.ts';
import type { Pattern } from '../../../src/contracts/mining.ts';

export type Found = WholeAnalysis['found'][number];

/** Terms that stand for a title that is not there yet. */
const TERMS = 4;

export function titleOf({ cluster, pattern }: Found): string {
  if (cluster.cluster < 0) return 'Other';
  if (pattern !== null) return pattern.title;
  const terms = cluster.terms.slice(0, TERMS).map(({ term }) => term);
  return terms.length === 0 ? `Pattern ${cluster.cluster + 1}` : terms.join(', ');
}

/** Held-out rows: a label whose interval of the precision reaches down to a half may as well be a coin. */
const CHANCE = 0.5;

/** What speaks against trusting a label, in plain words; null: nothing. */
export function labelWarning({ titled_by, test, note }: Pattern): string | null {
  if (titled_by === 'terms') {
    return note ?? 'No model named this pattern: its title is made of its terms.';
  }
  if (note !== null) return note;
  if (test === null) return 'This label was not tested on rows held out.';
  if (test.precision === null) return 'The test of this label gave no readable verdict.';
  if (test.precision_ci !== null && test.precision_ci[0] <= CHANCE) {
    return 'The test is not better than chance by its interval: read some failures before you rely on this label.';
  }
  return null;
}
