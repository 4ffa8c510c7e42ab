/** Brings a task that is there up to date: its data where they are what was sent, and our predictions while nobody has annotated it. */

import { AssayError } from '../../../errors.ts';
import { afterCall } from './held-push.ts';
import { keepGone, keepStanding, type Stood, standingOf } from './keep-standing.ts';
import { markProgress } from './progress.ts';
import type { Pass } from './push-work.ts';
import { noteRefusal } from './refusals.ts';

/** It is read once more right before: someone may have come to it since its page was read. */
export async function bringUpToDate(pass: Pass, seen: Stood): Promise<void> {
  const { work, there } = pass;
  work.signal.throwIfAborted();
  const { row } = seen.prepared;
  const remote = await there.client.task(seen.remote.id);
  if (remote === null) return keepGone(pass, [row.item_id]);
  // Its row says by now that the predictions there are in doubt.
  const now = standingOf({ ...seen.prepared, row: { ...row, predictions_hash: null } }, remote);
  if (now.standing === 'kept') return through(pass, now, 'kept');
  const samePredictions = row.predictions_hash?.equals(now.prepared.predictionsHash) === true;
  try {
    await changeThere(pass, now, samePredictions && row.state === 'sent');
  } catch (error) {
    if (!(error instanceof AssayError) || error.code !== 'label_studio_failed') throw error;
    await through(pass, { ...now, sameData: false }, 'kept');
    await noteRefusal(pass, { item: row.item_id, error });
    return;
  }
  await through(pass, { ...now, sameData: true }, 'updated');
}

/** Predictions of others stay. */
async function changeThere(
  { project, there: { client } }: Pass,
  { prepared: { task }, remote, sameData }: Stood,
  samePredictions: boolean,
): Promise<void> {
  if (!sameData) await client.updateTask(remote.id, { data: task.data, meta: { ...remote.meta, ...task.meta } });
  if (samePredictions) return;
  const ours = new Set([
    ...task.predictions.map((each) => each.model_version),
    ...(project.blind ? [] : project.models),
  ]);
  for (const { id, modelVersion } of remote.predictions) if (ours.has(modelVersion)) await client.deletePrediction(id);
  for (const prediction of task.predictions) await client.createPrediction(remote.id, prediction);
}

async function through({ work, memory }: Pass, stood: Stood, outcome: 'updated' | 'kept'): Promise<void> {
  const { row, predictionsHash } = stood.prepared;
  await afterCall(work, async (q, held) => {
    // A push that has begun meanwhile looks at it anew.
    if (held === null) return;
    await keepStanding(q, work.projectId, [stood]);
    if (outcome === 'updated') {
      await q.query('update label_studio_tasks set predictions_hash = $3 where project_id = $1 and item_id = $2', [
        work.projectId,
        row.item_id,
        predictionsHash,
      ]);
    }
    if (outcome === 'kept') held.record.kept += 1;
    else if (row.state === 'sent') held.record.updated += 1;
    markProgress(held.record, memory, 1);
  });
}
