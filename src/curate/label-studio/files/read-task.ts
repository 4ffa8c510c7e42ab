/** Reads a task of Label Studio's JSON export: what we need of it is checked, all else is kept as it came. */

import { z } from 'zod';
import { isStorable } from '../../../contracts/openai-batch.ts';
import type { RemoteAnnotation, RemoteResult, RemoteTask } from '../wire/client.ts';
import { fileFault, type ListElement } from './json-list.ts';

const anything = z.record(z.string(), z.unknown());
const moment = z.iso.datetime({ offset: true, error: 'must be a time as 2026-01-31T10:00:00Z' });
const number = z.number('must be a number').int().positive();

/** A line between two regions is a result too, and says nothing of an answer. */
const relation = z.looseObject({ type: z.literal('relation') });
const result = z.looseObject({
  id: z.string().optional(),
  from_name: z.string(),
  to_name: z.string(),
  type: z.string(),
  value: anything,
});

const annotation = z.looseObject({
  id: number,
  result: z.array(z.union([relation, result], 'must name from_name, to_name, type and value')),
  /** Its number, or what is told of the person. */
  completed_by: z.union([number, z.looseObject({ id: number.optional(), email: z.string().optional() })]).nullish(),
  was_cancelled: z.boolean().nullish(),
  created_at: moment,
  updated_at: moment.nullish(),
});

const exportedTask = z.looseObject({
  id: number,
  data: anything,
  meta: anything.nullish(),
  annotations: z.array(annotation),
  predictions: z.array(z.unknown()).nullish(),
  updated_at: moment.nullish(),
  created_at: moment.nullish(),
});
type ExportedTask = z.output<typeof exportedTask>;
type ExportedAnnotation = z.output<typeof annotation>;

/** @throws AssayError invalid_parameter that names the task by its place in the file, and the field */
export function readTask({ place, text }: Pick<ListElement, 'place' | 'text'>): RemoteTask {
  const value = parsed(place, text);
  refuseMin(place, value);
  const read = exportedTask.safeParse(value);
  if (!read.success) {
    const issue = read.error.issues[0]!;
    throw fileFault(`task ${place}, ${pathOf(issue.path)}`, problemOf(issue), valueAt(value, issue.path));
  }
  return remoteTask(read.data);
}

function parsed(place: number, text: string): Record<string, unknown> {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw fileFault(`task ${place}`, `must be JSON: ${(error as Error).message}`, text.slice(0, 60));
  }
  const bad = unstorable(value, []);
  if (bad !== null) {
    const where = bad.length === 0 ? '' : `, ${pathOf(bad)}`;
    throw fileFault(`task ${place}${where}`, 'must not hold U+0000 or half of a surrogate pair', 'such a character');
  }
  return value;
}

/** Where a text stands that PostgreSQL cannot keep; null: nowhere. */
function unstorable(value: unknown, path: PropertyKey[]): PropertyKey[] | null {
  if (typeof value === 'string') return isStorable(value) ? null : path;
  if (typeof value !== 'object' || value === null) return null;
  for (const [name, inner] of Object.entries(value)) {
    if (!isStorable(name)) return path;
    const bad = unstorable(inner, [...path, Array.isArray(value) ? Number(name) : name]);
    if (bad !== null) return bad;
  }
  return null;
}

/** JSON_MIN has the values of controls beside the data, so that annotators and what was passed over cannot be told. */
function refuseMin(place: number, value: Record<string, unknown>): void {
  if ('annotations' in value || !('annotation_id' in value || !('data' in value))) return;
  const problem = 'must have data and annotations; this looks like JSON_MIN: choose JSON in the export of Label Studio';
  throw fileFault(`task ${place}`, problem, Object.keys(value).slice(0, 8).join(', ') || 'an empty object');
}

function pathOf(path: PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part + 1}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

function problemOf(issue: { code: string; message: string }): string {
  const { message } = issue;
  return message.startsWith('must') ? message : `does not serve: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

function valueAt(value: unknown, path: PropertyKey[]): unknown {
  let at = value;
  for (const part of path) at = (at as Record<PropertyKey, unknown> | null | undefined)?.[part];
  return at === undefined ? 'nothing' : at;
}

function remoteTask(task: ExportedTask): RemoteTask {
  const annotations = task.annotations.map((each) => remoteAnnotation(task.id, each));
  const changed = task.updated_at ?? task.created_at;
  return {
    id: task.id,
    data: task.data,
    meta: task.meta ?? {},
    // Where the task does not say it, the newest of its annotations does.
    changedAt: changed
      ? new Date(changed)
      : new Date(Math.max(0, ...annotations.map((each) => each.changedAt.getTime()))),
    annotations,
    predictions: [],
  };
}

function remoteAnnotation(taskId: number, read: ExportedAnnotation): RemoteAnnotation {
  return {
    id: read.id,
    taskId,
    annotator: annotatorOf(read.completed_by),
    result: read.result.filter((each): each is RemoteResult & Record<string, unknown> => each.type !== 'relation'),
    skipped: read.was_cancelled ?? false,
    madeAt: new Date(read.created_at),
    changedAt: new Date(read.updated_at ?? read.created_at),
    raw: read,
  };
}

/** The e-mail address; "user NUMBER" where only the number is told. */
function annotatorOf(by: ExportedAnnotation['completed_by']): string {
  if (typeof by === 'number') return `user ${by}`;
  if (by?.email) return by.email;
  return by?.id === undefined ? 'user unknown' : `user ${by.id}`;
}
