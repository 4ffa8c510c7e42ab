/** Brings what annotators say of answers into Assay's annotations, or says why not: a page of tasks in one transaction. */

import type { PoolClient } from 'pg';
import { refreshMarks } from '../../../compare/refresh-marks.ts';
import { tellLive } from '../../../compare/turn.ts';
import { newestVersion } from '../../../datasets/version-items.ts';
import { AssayError } from '../../../errors.ts';
import { type Changed, type NewWord, takeBackIn } from '../../annotate.ts';
import { sayManyIn } from '../../annotate-many.ts';
import type { Place } from '../../judged-answer.ts';
import type { ProjectRow, Side } from '../rows.ts';
import { placeOf, type ReadAnswer, readAnswers, type Touched, writeKnown } from './answer-rows.ts';
import { consensus } from './consensus.ts';
import { namesOf, nextStep, type Prior, type Step } from './next-step.ts';

/** How many answers came to each state. */
export interface Settled {
  applied: number;
  conflicts: number;
  in_review: number;
  refused: number;
}

/** An answer with what is to be done of it. */
interface Due {
  answer: ReadAnswer;
  step: Step;
}

/** What is known of the answer then; null: as before. */
interface Taken {
  known: Prior | null;
  change: Changed | null;
}

/** The transaction has the turn, and nothing that may have to wait comes after this in it. */
export async function settleAnswers(
  q: PoolClient,
  userId: string,
  { project, touched }: { project: ProjectRow; touched: Touched[] },
): Promise<Settled> {
  const version = await newestVersion(q, userId, project.dataset_id);
  const now = Date.now();
  const due = (await readAnswers(q, { project, version, touched })).map((answer): Due => {
    const { prior, here, base } = answer;
    return { answer, step: nextStep({ there: consensus(answer.words, project.rule), here, prior, base, now }) };
  });
  const taken = new Map(await sayDue(q, userId, { project, due }));
  for (const one of due) if (!taken.has(one)) taken.set(one, await takenOf(q, userId, { project, one }));

  const counts: Settled = { applied: 0, conflicts: 0, in_review: 0, refused: 0 };
  const written = [...taken].flatMap(([{ answer }, { known }]) => {
    if (known === null || same(known, answer.prior)) return [];
    count(counts, known.state);
    return [{ item_id: answer.itemId, model_id: answer.modelId, known }];
  });
  if (written.length > 0) await writeKnown(q, { project, written });
  await spreadAll(
    q,
    userId,
    [...taken.values()].flatMap(({ change }) => change ?? []),
  );
  return counts;
}

function count(counts: Settled, state: Prior['state']): void {
  if (state === 'applied') counts.applied += 1;
  if (state === 'conflict') counts.conflicts += 1;
  if (state === 'review') counts.in_review += 1;
  if (state === 'refused') counts.refused += 1;
}

const same = (a: Prior, b: Prior | null): boolean =>
  b !== null &&
  a.state === b.state &&
  a.base === b.base &&
  a.problem === b.problem &&
  sideText(a.theirs) === sideText(b.theirs) &&
  sideText(a.ours) === sideText(b.ours);

const sideText = (side: Side | null): string =>
  side === null ? '' : JSON.stringify([side.kind, side.content, side.note, side.annotators, side.at]);

/** Says here all that is to be said. */
async function sayDue(
  q: PoolClient,
  userId: string,
  { project, due }: { project: ProjectRow; due: Due[] },
): Promise<[Due, Taken][]> {
  const says = due.flatMap((one) =>
    one.step.do === 'say' && holds(one.answer, one.step.side) ? [{ one, side: one.step.side }] : [],
  );
  const words = says.map(({ one, side }) => wordOf(placeOf(project, one.answer), side));
  const said = await sayManyIn(q, userId, words);
  return says.map(({ one, side }, at) => {
    const change = said[at]!;
    if (change instanceof AssayError) return [one, refused(one.answer, side, change)];
    const known: Prior = { state: 'applied', theirs: side, ours: null, problem: null, base: Number(change.row.seq) };
    return [one, { known, change }];
  });
}

/** What becomes of an answer of which nothing was said here. */
async function takenOf(
  q: PoolClient,
  userId: string,
  { project, one: { answer, step } }: { project: ProjectRow; one: Due },
): Promise<Taken> {
  if (step.do === 'nothing') return { known: null, change: null };
  if (step.do === 'keep') return { known: step.known, change: null };
  if (step.do === 'say') return refused(answer, step.side, notShown(answer));
  const { kind, side } = step;
  const annotator = side.annotators.length === 0 ? {} : { annotator: namesOf(side) };
  try {
    const change = await takeBackIn(q, userId, { ...placeOf(project, answer), ...annotator, kind });
    const known: Prior = { state: 'none', theirs: null, ours: null, problem: null, base: Number(change.row.seq) };
    return { known, change };
  } catch (error) {
    if (!(error instanceof AssayError) || error.status >= 500) throw error;
    return refused(answer, side, error);
  }
}

const refused = ({ base }: ReadAnswer, side: Side, { message: problem }: AssayError): Taken => ({
  known: { state: 'refused', theirs: side, ours: null, problem, base },
  change: null,
});

/** A verdict is of the answer that was shown; a fix has its own text, and holds whatever the answer is. */
const holds = ({ shown }: ReadAnswer, side: Side): boolean => shown || side.kind === 'fix';

const notShown = ({ itemId, modelId }: ReadAnswer): AssayError =>
  new AssayError('conflict', {
    what: `The answer of ${modelId} to item ${itemId} is not the one any more that was shown in Label Studio`,
    remedy: 'Push the project again, and have the task looked at anew; or say here what holds of the new answer.',
  });

/** What a side says, as an annotation of here; its kind is not null. */
export const wordOf = ({ datasetId, candidateId, modelId }: Place, side: Side): NewWord => ({
  kind: side.kind!,
  datasetId,
  candidateId,
  body: {
    model_id: modelId,
    ...(side.content === null ? {} : { content: side.content }),
    ...(side.note === null ? {} : { note: side.note }),
  },
  annotator: namesOf(side),
});

async function spreadAll(q: PoolClient, userId: string, changed: Changed[]): Promise<void> {
  if (changed.length === 0) return;
  const { versionId, datasetId } = changed[0]!.version;
  const ordinals = [...new Set(changed.map((change) => change.ordinal))];
  await refreshMarks(q, { versionId, datasetId, userId }, ordinals);
  await tellLive(q);
}
