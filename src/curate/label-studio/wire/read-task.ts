/** Makes values of our own of the tasks and annotations that Label Studio answers. */

import type { RemoteAnnotation, RemoteTask } from './client.ts';
import type { AnnotationShape, TaskShape } from './shapes.ts';

/** E-mail addresses of accounts by their number. */
export type Accounts = ReadonlyMap<number, string>;

/** Numbers of annotators of the tasks whose address must be looked up. */
export function annotatorsOf(tasks: TaskShape[]): number[] {
  const numbers = tasks
    .flatMap((task) => task.annotations ?? [])
    .flatMap(({ read }) => (typeof read.completed_by === 'number' ? read.completed_by : []));
  return [...new Set(numbers)];
}

export function readTask(task: TaskShape, accounts: Accounts): RemoteTask {
  return {
    id: task.id,
    data: task.data,
    meta: task.meta ?? {},
    changedAt: task.updated_at,
    annotations: (task.annotations ?? []).map((one) => readAnnotation(one, { taskId: task.id, accounts })),
    predictions: (task.predictions ?? []).map((one) =>
      typeof one === 'number' ? { id: one, modelVersion: '' } : { id: one.id, modelVersion: one.model_version ?? '' },
    ),
  };
}

function readAnnotation(
  { raw, read }: AnnotationShape,
  { taskId, accounts }: { taskId: number; accounts: Accounts },
): RemoteAnnotation {
  return {
    id: read.id,
    taskId,
    annotator: annotatorOf(read.completed_by, accounts),
    result: read.result,
    skipped: read.was_cancelled ?? false,
    madeAt: read.created_at,
    changedAt: read.updated_at,
    raw,
  };
}

/** A deleted account has no address any more. */
function annotatorOf(by: AnnotationShape['read']['completed_by'], accounts: Accounts): string {
  const id = typeof by === 'object' ? by?.id : by;
  const email = typeof by === 'object' && by !== null ? by.email : accounts.get(by ?? -1);
  return email?.includes('@') ? email : `user ${id ?? 'unknown'}`;
}
