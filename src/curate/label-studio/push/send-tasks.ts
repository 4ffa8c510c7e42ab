/** Sends planned tasks in batches: each is marked before it goes out, and again when its numbers are known. */

import type { PoolClient } from 'pg';
import { AssayError } from '../../../errors.ts';
import type { ProjectRow, TaskRow } from '../rows.ts';
import { afterCall, inPush } from './held-push.ts';
import { type Prepared, prepareTasks } from './prepare-tasks.ts';
import { markProgress } from './progress.ts';
import type { Pass, PushWork } from './push-work.ts';
import { noteRefusal } from './refusals.ts';

/** Characters of JSON that a batch should not go beyond: its tasks are in memory here and there. */
const batchChars = 8 * 1024 * 1024;
/** Rows whose answers are read at once. */
const readAtOnce = 25;

/** In the order of their places. @throws LetGo, AssayError label_studio_… */
export async function sendTasks(pass: Pass): Promise<void> {
  for (;;) {
    const batch = await inPush(pass.work, (q, { project }) => markSending(q, pass.work, project));
    if (batch.length === 0) return;
    await sendBatch(pass, batch);
  }
}

/** From here on they are perhaps there. */
async function markSending(q: PoolClient, work: PushWork, project: ProjectRow): Promise<Prepared[]> {
  const { rows } = await q.query<TaskRow>(
    `select * from label_studio_tasks where project_id = $1 and state = 'planned' and wanted order by place limit $2`,
    [work.projectId, work.deps.limits.batchTasks],
  );
  const batch: Prepared[] = [];
  let chars = 0;
  for (let from = 0; from < rows.length && chars < batchChars; from += readAtOnce) {
    const prepared = await prepareTasks(q, work.deps, { project, rows: rows.slice(from, from + readAtOnce) });
    for (const one of prepared) {
      if (chars >= batchChars) break;
      batch.push(one);
      chars += JSON.stringify(one.task).length;
    }
  }
  await q.query(
    `update label_studio_tasks t set state = 'sending', answers = r.answers, data_hash = decode(r.data, 'hex'),
       predictions_hash = decode(r.predictions, 'hex')
     from jsonb_to_recordset($2::jsonb) as r (item_id text, answers jsonb, data text, predictions text)
     where t.project_id = $1 and t.item_id = r.item_id`,
    [work.projectId, JSON.stringify(batch.map(sentOf))],
  );
  return batch;
}

const sentOf = ({ row, answers, dataHash, predictionsHash }: Prepared) => ({
  item_id: row.item_id,
  answers,
  data: dataHash.toString('hex'),
  predictions: predictionsHash.toString('hex'),
});

/** Label Studio takes all or none of a batch: one that it refuses is halved until the task at fault is found. */
async function sendBatch(pass: Pass, batch: Prepared[]): Promise<void> {
  const { work, memory, there } = pass;
  work.signal.throwIfAborted();
  let numbers: number[];
  try {
    numbers = await there.client.importTasks(
      there.remoteId,
      batch.map(({ task }) => task),
    );
  } catch (error) {
    memory.doubt = true;
    if (!(error instanceof AssayError) || error.code !== 'label_studio_failed') throw error;
    const half = Math.ceil(batch.length / 2);
    if (batch.length === 1) return leaveOut(pass, { item: batch[0]!.row.item_id, error });
    await sendBatch(pass, batch.slice(0, half));
    return sendBatch(pass, batch.slice(half));
  }
  memory.refusedInARow = 0;
  memory.sent += batch.length;
  await markSent(pass, batch, numbers);
}

async function markSent({ work, memory }: Pass, batch: Prepared[], numbers: number[]): Promise<void> {
  await afterCall(work, async (q, held) => {
    const { rowCount } = await q.query(
      `update label_studio_tasks t set state = 'sent', remote_id = r.remote_id, sent_at = now(),
         wanted = t.wanted and not $4
       from unnest($2::text[], $3::bigint[]) as r (item_id, remote_id)
       where t.project_id = $1 and t.item_id = r.item_id and t.state = 'sending'`,
      // A push that has begun meanwhile comes to them by itself.
      [work.projectId, batch.map(({ row }) => row.item_id), numbers, held !== null],
    );
    // Another server has looked after them meanwhile, and may have sent them too.
    if (rowCount !== batch.length) memory.doubt = true;
    if (held !== null) markProgress(held.record, memory, rowCount ?? 0);
  });
}

async function leaveOut(pass: Pass, refused: { item: string; error: AssayError }): Promise<void> {
  const { work, memory } = pass;
  await afterCall(work, async (q, held) => {
    await q.query(
      `update label_studio_tasks set state = 'planned', wanted = wanted and not $3 where project_id = $1 and item_id = $2 and state = 'sending'`,
      [work.projectId, refused.item, held !== null],
    );
    if (held === null) return;
    held.record.kept += 1;
    markProgress(held.record, memory, 1);
  });
  await noteRefusal(pass, refused);
}
