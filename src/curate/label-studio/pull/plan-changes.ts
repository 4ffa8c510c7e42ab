/** Finds out what a page of tasks that came from Label Studio changes of the annotations that are kept here; writes nothing. */

import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { PoolClient } from 'pg';
import { plainData, plainText } from '../../../compare/plain-data.ts';
import type { AnnotationRow, ProjectRow, TaskRow } from '../rows.ts';
import { decodeResult } from '../task/decode-result.ts';
import type { RemoteAnnotation, RemoteTask } from '../wire/client.ts';

/** An annotation as it is kept; numbers as they come from there. */
export type Kept = Omit<AnnotationRow, 'project_id' | 'user_id' | 'deleted_at'>;

/** `was` null: it is new here; `now` null: it is not there any more. */
export interface Change {
  was: AnnotationRow | null;
  now: Kept | null;
}

/**
 * When the reading of Label Studio began, and which annotations were kept here by then. Others may read beside: what they
 * brought after that is newer, so it is neither taken for deleted nor undone.
 */
export interface Reading {
  at: Date;
  known: ReadonlySet<string>;
}

/** What a page changes, with all that the changes touch. */
export interface PagePlan {
  changes: Change[];
  /** Tasks of the items of all changes. */
  tasks: Map<string, TaskRow>;
  /** All annotations kept of those items. */
  stored: AnnotationRow[];
  /** Tasks of the page that are this project's, and that are not. */
  own: number;
  foreign: number;
  /** Controls that could not be read, in words. */
  problems: string[];
}

/** `items`: only annotations of these; all of the project's when null. */
export async function beginReading(q: PoolClient, projectId: string, items: string[] | null): Promise<Reading> {
  const { rows } = await q.query<{ at: Date; known: string[] }>(
    `select clock_timestamp() as at, array(select remote_id::text from label_studio_annotations
       where project_id = $1 and deleted_at is null and ($2::text[] is null or item_id = any($2))) as known`,
    [projectId, items],
  );
  return { at: rows[0]!.at, known: new Set(rows[0]!.known) };
}

/** Of each task that is given, all annotations are: those kept here that are not among them were deleted there. */
export async function planTasks(
  q: PoolClient,
  project: ProjectRow,
  { tasks, reading }: { tasks: RemoteTask[]; reading: Reading },
): Promise<PagePlan> {
  const rows = await taskRows(q, project.project_id, tasks);
  const own = tasks.flatMap((task) => {
    const row = rows.of(task);
    return row === undefined ? [] : [{ task, row }];
  });
  const numbers = own.flatMap(({ task }) => task.annotations.map((one) => one.id));
  const stored = await storedOf(q, project.project_id, { items: own.map(({ row }) => row.item_id), numbers });
  const byNumber = new Map(stored.map((one) => [Number(one.remote_id), one]));
  const news = own.flatMap(({ task, row }) =>
    task.annotations.flatMap((annotation) => {
      const was = byNumber.get(annotation.id) ?? null;
      return isNews(was, { annotation, row, reading }) ? [{ annotation, row, was }] : [];
    }),
  );
  const contents = await contentsOf(
    q,
    news.map(({ row }) => row),
  );
  const problems: string[] = [];
  const changes: Change[] = news.map(({ annotation, row, was }) => {
    const { now, problem } = keptOf(annotation, { row, project, contents });
    if (problem !== null) problems.push(problem);
    return { was, now };
  });
  changes.push(...missing(own, stored, reading));
  const touched = changes.flatMap(({ was, now }) => [was?.item_id, now?.item_id]).filter((id) => id !== undefined);
  const others = touched.filter((id) => !rows.byItem.has(id));
  const moved = others.length === 0 ? stored : await storedOf(q, project.project_id, { items: touched, numbers: [] });
  for (const row of await taskRowsOf(q, project.project_id, others)) rows.byItem.set(row.item_id, row);
  return { changes, tasks: rows.byItem, stored: moved, own: own.length, foreign: tasks.length - own.length, problems };
}

/** Annotations kept here that a list of all that are there has not. */
export async function planGone(q: PoolClient, project: ProjectRow, numbers: string[]): Promise<PagePlan> {
  const gone = await storedOf(q, project.project_id, { items: [], numbers: numbers.map(Number) });
  const changes = gone.filter((was) => was.deleted_at === null).map((was) => ({ was, now: null }));
  const items = [...new Set(changes.map(({ was }) => was.item_id))];
  const tasks = new Map((await taskRowsOf(q, project.project_id, items)).map((row) => [row.item_id, row]));
  const stored = await storedOf(q, project.project_id, { items, numbers: [] });
  return { changes, tasks, stored, own: 0, foreign: 0, problems: [] };
}

interface TaskRows {
  byItem: Map<string, TaskRow>;
  of(task: RemoteTask): TaskRow | undefined;
}

/** A task is known by the item that it names; one that names none, by its number. */
async function taskRows(q: PoolClient, projectId: string, tasks: RemoteTask[]): Promise<TaskRows> {
  const items = tasks.map((task) => itemOf(task, projectId)).filter((id) => id !== null);
  const numbers = tasks.map((task) => task.id);
  const { rows } = await q.query<TaskRow>(
    'select * from label_studio_tasks where project_id = $1 and (item_id = any($2) or remote_id = any($3))',
    [projectId, items, numbers],
  );
  const byItem = new Map(rows.map((row) => [row.item_id, row]));
  const byNumber = new Map(rows.map((row) => [Number(row.remote_id ?? -1), row]));
  const of = (task: RemoteTask) => {
    const item = itemOf(task, projectId);
    return item !== null ? byItem.get(item) : 'assay_item' in task.data ? undefined : byNumber.get(task.id);
  };
  return { byItem, of };
}

async function taskRowsOf(q: PoolClient, projectId: string, items: string[]): Promise<TaskRow[]> {
  if (items.length === 0) return [];
  const { rows } = await q.query<TaskRow>(
    'select * from label_studio_tasks where project_id = $1 and item_id = any($2)',
    [projectId, items],
  );
  return rows;
}

/** null: none of this project's. Another project over the same dataset has the same items, and other answers in its blocks. */
function itemOf(task: RemoteTask, projectId: string): string | null {
  const { assay } = task.meta as { assay?: { project?: unknown } | null };
  if (typeof assay?.project === 'string' && assay.project !== projectId) return null;
  const item = task.data.assay_item;
  return typeof item === 'string' ? plainText(item) : null;
}

async function storedOf(
  q: PoolClient,
  projectId: string,
  { items, numbers }: { items: string[]; numbers: number[] },
): Promise<AnnotationRow[]> {
  const { rows } = await q.query<AnnotationRow>(
    `select * from label_studio_annotations where project_id = $1 and (item_id = any($2) or remote_id = any($3))`,
    [projectId, items, numbers],
  );
  return rows;
}

function isNews(
  was: AnnotationRow | null,
  { annotation, row, reading }: { annotation: RemoteAnnotation; row: TaskRow; reading: Reading },
): boolean {
  if (was === null) return true;
  if (was.deleted_at !== null) return was.deleted_at <= reading.at;
  if (annotation.changedAt < was.changed_at) return false;
  return !(
    annotation.changedAt.getTime() === was.changed_at.getTime() &&
    row.item_id === was.item_id &&
    annotation.skipped === was.skipped &&
    plainText(annotation.annotator) === was.annotator &&
    isDeepStrictEqual(plainData(annotation.raw.result), was.raw.result)
  );
}

/** Annotations of the tasks' items that are kept, and that none of the tasks holds any more. */
function missing(own: { task: RemoteTask; row: TaskRow }[], stored: AnnotationRow[], reading: Reading): Change[] {
  const there = new Set(own.flatMap(({ task }) => task.annotations.map((one) => String(one.id))));
  const tasks = new Set(own.flatMap(({ task }) => [task.id, ...task.annotations.map((one) => one.taskId)]).map(String));
  const items = new Set(own.map(({ row }) => row.item_id));
  return stored
    .filter((was) => was.deleted_at === null && items.has(was.item_id) && reading.known.has(was.remote_id))
    .filter((was) => !there.has(was.remote_id) && (!('task' in was.raw) || tasks.has(String(was.raw.task))))
    .map((was) => ({ was, now: null }));
}

const placeText = (runId: string, ordinal: number): string => `${ordinal} ${runId}`;

/** Answers in the blocks of tasks, by run and place. */
async function contentsOf(q: PoolClient, rows: TaskRow[]): Promise<Map<string, string | null>> {
  const places = rows.flatMap((row) => Object.values(row.answers).map((one) => [one.run_id, row.ordinal] as const));
  if (places.length === 0) return new Map();
  const found = await q.query<{ run_id: string; ordinal: number; content: string | null }>(
    `select a.run_id, a.ordinal, a.content from unnest($1::text[], $2::int[]) as p (run_id, ordinal)
     join answers a using (run_id, ordinal)`,
    [places.map(([run]) => run), places.map(([, ordinal]) => ordinal)],
  );
  return new Map(found.rows.map((row) => [placeText(row.run_id, row.ordinal), row.content]));
}

interface Around {
  row: TaskRow;
  project: ProjectRow;
  contents: Map<string, string | null>;
}

function keptOf(annotation: RemoteAnnotation, around: Around): { now: Kept; problem: string | null } {
  const { row, project } = around;
  const of = {
    mapping: project.mapping,
    answers: row.answers,
    contentOf: (model: string) => shownContent(model, around),
  };
  const { said, best, problem } = annotation.skipped
    ? { said: {}, best: null, problem: null }
    : decodeResult(annotation.result, of);
  const now: Kept = {
    remote_id: String(annotation.id),
    item_id: row.item_id,
    annotator: plainText(annotation.annotator),
    said: plainData(said) as Kept['said'],
    best,
    raw: (plainData(annotation.raw) ?? {}) as Kept['raw'],
    skipped: annotation.skipped,
    made_at: annotation.madeAt,
    changed_at: annotation.changedAt,
  };
  return { now, problem };
}

/** The text that annotators saw; null when the answer is another one by now, so that nothing of it is taken for theirs. */
function shownContent(model: string, { row, contents }: Around): string | null {
  const slot = Object.values(row.answers).find((one) => one.model_id === model);
  const content = slot === undefined ? null : (contents.get(placeText(slot.run_id, row.ordinal)) ?? null);
  if (content === null) return null;
  return createHash('sha256').update(content).digest('hex') === slot!.answer_hash ? content : null;
}
