/** Tells the figures of trust what each annotator says of an answer: golden is a pass, fix and wrong are a fail. */

import type { LabelChange } from '../../../judge/people/keep-labels.ts';
import type { LabelStudioDeps } from '../label-studio-deps.ts';
import type { AnnotationRow, TaskRow } from '../rows.ts';
import { wordsFor } from './answer-rows.ts';
import { newestVerdicts, type Word } from './consensus.ts';
import type { Change, PagePlan } from './plan-changes.ts';

/** Of one annotator on one answer: before and after the changes. */
interface Label {
  runId: string;
  task: TaskRow;
  annotator: string;
  was: Word | null;
  now: Word | null;
}

/**
 * Labels are said again when they are said twice, so they go out before the annotations are kept: killed between the two,
 * the next pull says them again. One that cannot be kept (its run was removed, the answer failed) is passed over.
 */
export async function tellLabels(deps: LabelStudioDeps, userId: string, plan: PagePlan): Promise<void> {
  await tellAll(deps, userId, labelsOf(plan));
}

/** After labels were told by a plan that was not carried out: says what holds, as the annotations are kept in `stored`. */
export async function mendLabels(
  deps: LabelStudioDeps,
  userId: string,
  { plan, stored }: { plan: PagePlan; stored: AnnotationRow[] },
): Promise<void> {
  const standing = new Map(stored.map((row) => [row.remote_id, row]));
  await tellAll(deps, userId, labelsFrom(plan, { before: null, after: standing }));
}

async function tellAll(deps: LabelStudioDeps, userId: string, labels: Label[]): Promise<void> {
  if (labels.length > 0) await deps.labels(userId, labels.map(changeOf));
}

function changeOf({ runId, task, annotator, now }: Label): LabelChange {
  return {
    benchmark_id: runId,
    candidate_id: task.item_id,
    labeller: annotator,
    verdict: now === null ? null : now.said.kind === 'golden' ? 'pass' : 'fail',
    sample: task.audit ? 'audit' : 'picked',
    note: now?.said.note ?? null,
  };
}

type Rows = Map<string, AnnotationRow>;

function labelsOf(plan: PagePlan): Label[] {
  const before = new Map(plan.stored.map((row) => [row.remote_id, row]));
  return labelsFrom(plan, { before, after: withChanges(before, plan.changes) });
}

/** Labels of the annotators whom the plan touches: those that differ from `before`, all where that is null. */
function labelsFrom({ changes, tasks }: PagePlan, { before, after }: { before: Rows | null; after: Rows }): Label[] {
  const labels: Label[] = [];
  const [then, now] = [byItem(before ?? new Map()), byItem(after)];
  for (const [item, annotators] of touchedBy(changes)) {
    const task = tasks.get(item);
    if (task === undefined) continue;
    for (const annotator of annotators) {
      for (const { model_id, run_id } of Object.values(task.answers)) {
        const of = (rows: AnnotationRow[] = []) => newestOf(rows, { annotator, model: model_id });
        const label = { runId: run_id, task, annotator, was: of(then.get(item)), now: of(now.get(item)) };
        if (before === null || !saysTheSame(label)) labels.push(label);
      }
    }
  }
  return labels;
}

const byItem = (rows: Rows): Map<string, AnnotationRow[]> => Map.groupBy(rows.values(), (row) => row.item_id);

function withChanges(before: Rows, changes: Change[]): Rows {
  const after = new Map(before);
  for (const { was, now } of changes) {
    if (now === null) after.delete(was!.remote_id);
    else after.set(now.remote_id, { ...now, project_id: '', user_id: '', deleted_at: null });
  }
  return after;
}

/** Whose annotations of an item have changed. */
function touchedBy(changes: Change[]): Map<string, Set<string>> {
  const touched = new Map<string, Set<string>>();
  for (const row of changes.flatMap(({ was, now }) => [was, now])) {
    if (row === null) continue;
    const there = touched.get(row.item_id);
    if (there === undefined) touched.set(row.item_id, new Set([row.annotator]));
    else there.add(row.annotator);
  }
  return touched;
}

const newestOf = (rows: AnnotationRow[], of: { annotator: string; model: string }): Word | null =>
  newestVerdicts(
    wordsFor(
      rows.filter((row) => row.annotator === of.annotator),
      of.model,
    ),
  ).at(-1) ?? null;

const saysTheSame = ({ was, now }: Label): boolean =>
  (was === null) === (now === null) &&
  (was?.said.kind === 'golden') === (now?.said.kind === 'golden') &&
  was?.said.note === now?.said.note;
