/** Makes one word of an answer out of what several annotators say of it, by the rule of the project. */

import type { ConsensusRule } from '../../../contracts/label-studio.ts';
import type { AnnotationKind } from '../../../contracts/workbench.ts';
import type { SaidOfAnswer, Side } from '../rows.ts';

/** What an annotation says of one answer, and when it was said. */
export interface Word {
  annotator: string;
  said: SaidOfAnswer;
  at: Date;
}

/** agreed: `side` is taken; review: a person has to say which word is; none: nobody says anything. */
export type Consensus =
  | { state: 'agreed'; side: Side }
  | { state: 'review'; side: null }
  | { state: 'none'; side: null };

/** A word that holds a verdict. */
type Verdict = Word & { said: SaidOfAnswer & { kind: AnnotationKind } };

/** Each annotator's newest verdict, oldest first; words without one are left out. */
export function newestVerdicts(each: Word[]): Verdict[] {
  const newest = new Map<string, Verdict>();
  for (const word of each) {
    if (!hasVerdict(word)) continue;
    const other = newest.get(word.annotator);
    if (other === undefined || other.at <= word.at) newest.set(word.annotator, word);
  }
  return [...newest.values()].sort((a, b) => a.at.getTime() - b.at.getTime() || (a.annotator < b.annotator ? -1 : 1));
}

const hasVerdict = (word: Word): word is Verdict => word.said.kind !== null;

/**
 * An annotator counts once, with the newest verdict.
 * - majority: the verdict of more than half of them; of a fix, the text of more than half of those who wrote one.
 * - review: what two or more say, all of them the same.
 * - newest: the newest verdict.
 */
export function consensus(each: Word[], rule: ConsensusRule): Consensus {
  const verdicts = newestVerdicts(each);
  if (verdicts.length === 0) return { state: 'none', side: null };
  const taken = rule === 'newest' ? verdicts.slice(-1) : rule === 'majority' ? mostSay(verdicts) : allSay(verdicts);
  return taken.length === 0 ? { state: 'review', side: null } : { state: 'agreed', side: sideOf(taken) };
}

/** Those of the majority, oldest first; none without one. */
function mostSay(verdicts: Verdict[]): Verdict[] {
  const same = majorityOf(verdicts, ({ said }) => said.kind);
  if (same[0]?.said.kind !== 'fix') return same;
  const texts = same.filter(({ said }) => textOf(said) !== '');
  return texts.length === 0 ? same : majorityOf(texts, ({ said }) => textOf(said));
}

function majorityOf(verdicts: Verdict[], key: (verdict: Verdict) => string): Verdict[] {
  const groups = Map.groupBy(verdicts, key);
  return [...groups.values()].find((group) => 2 * group.length > verdicts.length) ?? [];
}

function allSay(verdicts: Verdict[]): Verdict[] {
  const [first] = verdicts;
  const same = verdicts.every((one) => sameWord(one.said, first!.said));
  return same && verdicts.length > 1 ? verdicts : [];
}

/** White space around the text of a fix says nothing. */
export const sameWord = (
  a: Pick<SaidOfAnswer, 'kind' | 'content'> | null,
  b: Pick<SaidOfAnswer, 'kind' | 'content'> | null,
): boolean => (a?.kind ?? null) === (b?.kind ?? null) && (a?.kind !== 'fix' || b === null || textOf(a) === textOf(b));

const textOf = ({ content }: Pick<SaidOfAnswer, 'content'>): string => content?.trim() ?? '';

/** The word of annotators who say the same, with the notes of all. */
export function sideOf(verdicts: Verdict[]): Side {
  const newest = verdicts.at(-1)!;
  const { kind } = newest.said;
  return {
    kind,
    content: kind === 'fix' ? newest.said.content : null,
    note: noteOf(verdicts),
    annotators: verdicts.map(({ annotator }) => annotator).sort(),
    at: newest.at.getTime(),
  };
}

/** A note of one stands as it is; of several, each behind its name. */
function noteOf(verdicts: Verdict[]): string | null {
  const noted = verdicts.flatMap(({ annotator, said }) =>
    said.note === null || said.note.trim() === '' ? [] : { annotator, note: said.note },
  );
  if (noted.length < 2) return noted[0]?.note ?? null;
  return noted.map(({ annotator, note }) => `${annotator}: ${note}`).join('\n');
}
