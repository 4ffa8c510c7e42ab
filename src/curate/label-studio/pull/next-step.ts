/** Decides what becomes of an answer's annotation here when something is said of the answer there: a merge of both sides. */

import type { AnnotationKind } from '../../../contracts/workbench.ts';
import type { AnswerRow, Side } from '../rows.ts';
import { type Consensus, sameWord } from './consensus.ts';

/** What stands here of an answer: its annotation, with the names that it bears. */
export interface Here {
  seq: number;
  kind: AnnotationKind | null;
  content: string | null;
  note: string | null;
  annotator: string;
  /** Milliseconds since 1970. */
  at: number;
  /** Whether it was taken from annotators there, and not said here. */
  fromThere: boolean;
}

export type Prior = Pick<AnswerRow, 'state' | 'theirs' | 'ours' | 'problem'> & { base: number };

/** `base` is the seq of the annotation that both sides last agreed on, 0 for none. */
export interface Standing {
  there: Consensus;
  here: Here | null;
  /** What was known so far; null: nothing was said there before. */
  prior: Prior | null;
  base: number;
  /** Milliseconds since 1970. */
  now: number;
}

/** say, take back: the annotation here is changed so; keep: only what is known of the answer is written. */
export type Step =
  | { do: 'nothing' }
  | { do: 'say'; side: Side }
  | { do: 'take back'; kind: AnnotationKind; side: Side }
  | { do: 'keep'; known: Prior };

const nothing: Step = { do: 'nothing' };

/** What stands here, as a side. */
export const sideHere = (here: Here): Side => ({
  kind: here.kind,
  content: here.content,
  note: here.note,
  annotators: [here.annotator],
  at: here.at,
});

/**
 * What is said there is taken when nobody has said anything here since both sides last agreed. When somebody has, and it is
 * not the same, a person must choose. Where only another answer of the task was changed there, nothing happens.
 */
export function nextStep(standing: Standing): Step {
  const { there } = standing;
  if (there.state === 'none') return withoutWord(standing);
  if (there.state === 'review') return inReview(standing);
  return withWord(standing, there.side);
}

function known(standing: Standing, to: Partial<Prior> & Pick<Prior, 'state'>): Step {
  const { prior, base } = standing;
  return { do: 'keep', known: { theirs: prior?.theirs ?? null, ours: null, problem: null, base, ...to } };
}

/** Nothing is said there (any more): what was taken from there goes, if nobody changed it here. */
function withoutWord(standing: Standing): Step {
  const { prior, here, base, now: at } = standing;
  if (prior === null || prior.state === 'none') return nothing;
  const gone: Side = { kind: null, content: null, note: null, annotators: prior.theirs?.annotators ?? [], at };
  if (here === null || here.kind === null) return known(standing, { state: 'none', theirs: null });
  if (here.seq === base) {
    if (here.fromThere) return { do: 'take back', kind: here.kind, side: gone };
    return known(standing, { state: 'none', theirs: null });
  }
  if (prior.state === 'conflict' && prior.theirs?.kind === null) return nothing;
  if (prior.state !== 'applied' || prior.theirs === null) return known(standing, { state: 'none', theirs: null });
  return known(standing, { state: 'conflict', theirs: gone, ours: sideHere(here) });
}

/** What was taken before the annotators fell apart stays until a person has chosen. */
function inReview(standing: Standing): Step {
  if (standing.prior?.state === 'review') return nothing;
  return known(standing, { state: 'review', theirs: null });
}

function withWord(standing: Standing, side: Side): Step {
  const { prior, here, base } = standing;
  const unchanged = here === null || here.seq === base;
  if (here !== null && sameWord(side, here)) {
    const asNamed = here.note === side.note && here.annotator === namesOf(side);
    if (unchanged && here.fromThere && !asNamed) return { do: 'say', side };
    return known(standing, { state: 'applied', theirs: side, base: here.seq });
  }
  // A person kept the word of here, or it was changed here since: no word there is new, so nothing is to be chosen.
  const heard = prior !== null && prior.theirs !== null && sameWord(prior.theirs, side);
  if (heard && prior.state === 'applied') return known(standing, { state: 'applied', theirs: side });
  if (unchanged || (here.kind === null && base === 0)) return { do: 'say', side };
  if (heard && prior.state === 'refused') return nothing;
  return known(standing, { state: 'conflict', theirs: side, ours: sideHere(here) });
}

/** Annotators as an annotation here names them. */
export const namesOf = (side: Side): string => side.annotators.join(', ');
