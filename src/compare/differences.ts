/** Compares the answers to one item: which fields differ, what all decided, and how far they are from agreeing. */

import type { Normaliser } from '../contracts/datasets.ts';
import { flatten } from './field-paths.ts';
import { DECISION, guessNormaliser } from './guess-normalisers.ts';
import { keyOf, sameValues } from './normalise.ts';

type Fields = Record<string, unknown>;

/** An answer as it was read. */
export interface Compared {
  fields: Fields | null;
  decision: string | null;
}

/** How answers are compared; fields without a normaliser are guessed from the values at hand. */
export interface Comparing {
  decisionPath: string | null;
  normalisers: Record<string, Normaliser>;
}

export interface Comparison {
  differs: boolean;
  /** Sorted paths; the decisions of texts stand at the decision's path, or at "decision" where there is none. */
  diffFields: string[];
  /** The decision that all share, as most of them write it; null when one has none or fewer than two are there. */
  agreed: string | null;
  /** Entropy of the decisions in bits. */
  disagreement: number;
}

/** Compares the answers there are to an item, by model. One that cannot be read makes no difference by itself. */
export function compareAnswers(answers: Record<string, Compared>, how: Comparing): Comparison {
  const all = Object.values(answers);
  const decisions = all.map(({ decision }) => decision);
  const known = decisions.filter((decision) => decision !== null);
  const normaliser = decisionNormaliser(how);
  const paths = new Set(
    differing(
      all.map(({ fields }) => fields),
      how.normalisers,
    ),
  );
  if (!sameValues(known, normaliser)) paths.add(how.decisionPath ?? DECISION);
  return {
    differs: paths.size > 0,
    diffFields: [...paths].sort(),
    agreed: agreedDecision(decisions, normaliser),
    disagreement: decisionEntropy(decisions, normaliser),
  };
}

/** The paths, sorted, at which the answers that have fields differ; a field that one of them lacks differs. */
export function diffFields(answers: Record<string, Fields | null>, normalisers: Record<string, Normaliser>): string[] {
  return differing(Object.values(answers), normalisers).sort();
}

/** How decisions are compared: as the field they stand at, else as text. */
export function decisionNormaliser({ decisionPath, normalisers }: Comparing): Normaliser {
  const path = decisionPath ?? DECISION;
  return Object.hasOwn(normalisers, path) ? normalisers[path]! : { kind: 'text' };
}

/** The decision that all share, written as most of them do; null when one has none or fewer than two are there. */
export function agreedDecision(decisions: (string | null)[], normaliser: Normaliser): string | null {
  const known = decisions.filter((decision) => decision !== null);
  if (known.length < 2 || known.length < decisions.length || !sameValues(known, normaliser)) return null;
  const spellings = [...countsOf(known)].sort(([a, most], [b, least]) => least - most || (a < b ? -1 : 1));
  return spellings[0]![0];
}

/** Entropy in bits of the decisions there are: 0 when all agree, 1 when two models differ. */
export function decisionEntropy(decisions: (string | null)[], normaliser: Normaliser): number {
  const known = decisions.filter((decision) => decision !== null);
  const counts = countsOf(known.map((decision) => keyOf(decision, normaliser)));
  let bits = 0;
  for (const count of counts.values()) bits -= (count / known.length) * Math.log2(count / known.length);
  return Math.max(0, bits);
}

function differing(answers: (Fields | null)[], normalisers: Record<string, Normaliser>): string[] {
  const read = answers.filter((fields) => fields !== null).map(flatten);
  if (read.length < 2) return [];
  const paths = new Set(read.flatMap((fields) => [...fields.keys()]));
  return [...paths].filter((path) => {
    const values = read.map((fields) => fields.get(path)?.value);
    const normaliser = Object.hasOwn(normalisers, path) ? normalisers[path]! : guessNormaliser(values);
    return !sameValues(values, normaliser);
  });
}

function countsOf(keys: string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
