/** Reads how the answers of a dataset are compared: by what a person set, else by what was guessed from the answers. */

import type { PoolClient } from 'pg';
import type { Comparing, DecisionRule, Normaliser } from '../contracts/datasets.ts';

/** What was guessed, and from how many answers. */
export interface Guess extends Comparing {
  answers: number;
}

export interface HowCompared {
  decisionPath: string | null;
  rules: DecisionRule[];
  normalisers: Record<string, Normaliser>;
  guessed: Guess | null;
}

/** The column datasets.comparing: what a person set, and under `guessed` what was guessed. */
export type StoredComparing = Partial<Comparing> & { guessed?: Partial<Guess> };

export function howCompared(stored: StoredComparing): HowCompared {
  const { guessed } = stored;
  const rules = stored.rules ?? [];
  return {
    decisionPath: stored.decision_path ?? guessed?.decision_path ?? null,
    rules: rules.length > 0 ? rules : (guessed?.rules ?? []),
    normalisers: { ...guessed?.normalisers, ...stored.normalisers },
    guessed: guessed === undefined ? null : { decision_path: null, rules: [], normalisers: {}, answers: 0, ...guessed },
  };
}

/** Nothing is known of a dataset that is not there. */
export async function comparisonOf(q: PoolClient, datasetId: string): Promise<HowCompared> {
  const { rows } = await q.query<{ comparing: StoredComparing }>(
    'select comparing from datasets where dataset_id = $1',
    [datasetId],
  );
  return howCompared(rows[0]?.comparing ?? {});
}

/** Whether answers read by the one are read alike by the other. */
export const readsAlike = (a: HowCompared, b: HowCompared): boolean =>
  a.decisionPath === b.decisionPath && JSON.stringify(a.rules) === JSON.stringify(b.rules);
