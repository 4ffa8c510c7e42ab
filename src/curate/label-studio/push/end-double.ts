/** Takes away a second task of the same item, which a call that ended without an answer has left there. */

import type { TaskRow } from '../rows.ts';
import type { RemoteTask } from '../wire/client.ts';
import { inPush } from './held-push.ts';
import type { Pass } from './push-work.ts';

/**
 * Of two, the one with an annotation stays; when both have one, both do: no person's work is lost. Gives the task that the row
 * has now become, to be looked at as any other; null when the row keeps its own.
 */
export async function endDouble(
  { work, there: { client } }: Pass,
  { row, remote }: { row: TaskRow; remote: RemoteTask },
): Promise<RemoteTask | null> {
  work.signal.throwIfAborted();
  if (!broughtBy(remote, work.projectId)) return null;
  const own = await client.task(Number(row.remote_id));
  const other = await client.task(remote.id);
  if (other === null) return null;
  if (own !== null && other.annotations.length === 0) {
    await client.deleteTask(other.id);
    return null;
  }
  if (own !== null && own.annotations.length > 0) return null;
  await inPush(work, (q) =>
    q.query('update label_studio_tasks set remote_id = $3 where project_id = $1 and item_id = $2', [
      work.projectId,
      row.item_id,
      other.id,
    ]),
  );
  if (own !== null) await client.deleteTask(own.id);
  return other;
}

/** Only what says so is taken away: a copy that a person made by hand may not. */
function broughtBy({ meta }: RemoteTask, projectId: string): boolean {
  return (meta.assay as { project?: unknown } | null | undefined)?.project === projectId;
}
