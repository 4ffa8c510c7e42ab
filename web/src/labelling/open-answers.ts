/** How an answer that waits for a person is resolved: the choices there are, their keys, and the way through the list. */

import type { OpenAnswer, Resolution, SaidObject } from '../../../src/contracts/label-studio.ts';

/** One way to resolve it. */
export interface Choice {
  /** The key of the keyboard that takes it. */
  key: string;
  /** What its button says. */
  label: string;
  /** Whether it is proposed: the newest change. */
  proposed: boolean;
  keep: Pick<Resolution, 'keep' | 'annotator'>;
}

/** Digits that choose an annotator. */
const MOST_KEYS = 9;

/**
 * The sides, or the annotators, that can be taken. What could not be taken over can be taken all the same by a person who has
 * looked at it; where annotators are apart there is no side of theirs.
 */
export function choicesOf(answer: OpenAnswer): Choice[] {
  const { state, each, theirs } = answer;
  const people = state !== 'refused' && (state === 'review' || each.length > 1) ? each.flatMap(ofAnnotator) : [];
  const sides =
    state === 'review' || theirs === null ? [ofAssay(answer)] : [ofAssay(answer), ofLabelStudio(answer, theirs)];
  return state === 'review' ? [...people, ...sides] : [...sides, ...people];
}

const ofAssay = ({ ours, proposed }: OpenAnswer): Choice => ({
  key: 'o',
  label: ours?.kind ? 'Keep Assay’s' : 'Leave Assay without a word',
  proposed: proposed === 'ours',
  keep: { keep: 'ours' },
});

const ofLabelStudio = ({ state, proposed }: OpenAnswer, { kind }: SaidObject): Choice => ({
  key: 't',
  label:
    kind === null
      ? 'Take back, as in Label Studio'
      : `Take Label Studio’s${state === 'refused' ? ' all the same' : ''}`,
  proposed: proposed === 'theirs',
  keep: { keep: 'theirs' },
});

/** Of what several say together nobody alone can be taken. */
function ofAnnotator({ annotators: [name, ...others] }: SaidObject, at: number): Choice[] {
  if (name === undefined || others.length > 0) return [];
  const key = at < MOST_KEYS ? String(at + 1) : '';
  return [{ key, label: `Take ${name}’s`, proposed: false, keep: { keep: 'annotator', annotator: name } }];
}

/** The choice that a key takes; p takes what is proposed. */
export function choiceByKey(choices: readonly Choice[], key: string): Choice | null {
  if (key === 'p') return choices.find(({ proposed }) => proposed) ?? null;
  return choices.find((choice) => choice.key !== '' && choice.key === key) ?? null;
}

/** What an answer is found by while the list changes under it. */
export const openKey = ({ candidate_id, model_id }: Pick<OpenAnswer, 'candidate_id' | 'model_id'>): string =>
  JSON.stringify([candidate_id, model_id]);

/** The place to go to from `at`, within a list of so many. */
export const movedTo = (at: number, by: number, length: number): number =>
  Math.min(Math.max(0, length - 1), Math.max(0, at + by));
