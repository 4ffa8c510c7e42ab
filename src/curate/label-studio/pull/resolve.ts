/** Takes the side, or the annotator's word, that a person has chosen for an answer that waited. */

import type { PoolClient } from 'pg';
import { takeTurn } from '../../../compare/turn.ts';
import type { Resolution } from '../../../contracts/label-studio.ts';
import { idText, newestVersion } from '../../../datasets/version-items.ts';
import { AssayError } from '../../../errors.ts';
import { type Changed, sayIn, spread, takeBackIn } from '../../annotate.ts';
import type { LabelStudioDeps } from '../label-studio-deps.ts';
import { type ProjectRow, type Side, selectProject, type TaskRow } from '../rows.ts';
import { placeOf, type ReadAnswer, readAnswers, writeKnown } from './answer-rows.ts';
import { newestVerdicts, sideOf } from './consensus.ts';
import type { Prior } from './next-step.ts';
import { wordOf } from './settle-answers.ts';

/** One that waits, with what is known of it. */
type Waiting = ReadAnswer & { prior: Prior };

/**
 * What is chosen holds until somebody says something else of the answer, there or here.
 * @throws AssayError not_found (project, or no such answer waits), invalid_parameter (there is no such word), conflict
 */
export async function resolveAnswer(
  deps: LabelStudioDeps,
  userId: string,
  { projectId, resolution }: { projectId: string; resolution: Resolution },
): Promise<void> {
  await deps.db.asUser(userId, async (q) => {
    await takeTurn(q);
    const project = await selectProject(q, projectId);
    const answer = await waitingAnswer(q, userId, { project, resolution });
    const side = chosenSide(answer, resolution);
    const change = side === null ? null : await apply(q, userId, { project, answer, side });
    const base = change === null ? (answer.here?.seq ?? 0) : Number(change.row.seq);
    const theirs = side ?? answer.prior.theirs;
    const known: Prior = { state: 'applied', theirs, ours: null, problem: null, base };
    await writeKnown(q, { project, written: [{ item_id: answer.itemId, model_id: answer.modelId, known }] });
    if (change !== null) await spread(q, userId, change);
  });
}

const open: Prior['state'][] = ['conflict', 'review', 'refused'];

async function waitingAnswer(
  q: PoolClient,
  userId: string,
  { project, resolution }: { project: ProjectRow; resolution: Resolution },
): Promise<Waiting> {
  const { candidate_id: id, model_id: model } = resolution;
  const { rows } = await q.query<TaskRow>('select * from label_studio_tasks where project_id = $1 and item_id = $2', [
    project.project_id,
    idText(id),
  ]);
  const version = await newestVersion(q, userId, project.dataset_id);
  const touched = rows.map((task) => ({ task, models: [idText(model)] }));
  const [answer] = await readAnswers(q, { project, version, touched });
  const prior = answer?.prior ?? null;
  if (answer !== undefined && prior !== null && open.includes(prior.state)) return { ...answer, prior };
  const list = `/api/label-studio/projects/${project.project_id}/open`;
  throw new AssayError(
    'not_found',
    { kind: 'waiting answer', id: `${id} / ${model}`, list },
    { param: 'candidate_id' },
  );
}

/** null: what stands here is kept. */
function chosenSide({ prior, words, modelId }: Waiting, { keep, annotator }: Resolution): Side | null {
  if (keep === 'ours') return null;
  if (keep === 'theirs') {
    if (prior.theirs !== null) return prior.theirs;
    throw wrong('keep', 'must be ours or annotator, since annotators are apart on this answer', keep);
  }
  const verdicts = newestVerdicts(words);
  const word = verdicts.find((one) => one.annotator === annotator);
  if (word !== undefined) return sideOf([word]);
  const names = verdicts.map((one) => one.annotator).join(', ') || '(nobody)';
  throw wrong('annotator', `must be one who says something of ${modelId}: ${names}`, annotator ?? 'nothing');
}

const wrong = (param: string, problem: string, value: string): AssayError =>
  new AssayError('invalid_parameter', { param, problem, value }, { param });

/** null: nothing stood here, and nothing is to. */
async function apply(
  q: PoolClient,
  userId: string,
  { project, answer, side }: { project: ProjectRow; answer: Waiting; side: Side },
): Promise<Changed | null> {
  const place = placeOf(project, answer);
  if (side.kind !== null) return sayIn(q, userId, wordOf(place, side));
  const kind = answer.here?.kind ?? null;
  return kind === null ? null : takeBackIn(q, userId, { ...place, kind });
}
