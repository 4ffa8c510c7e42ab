/** Tells how a task that is there stands to what would be sent now, and keeps it in its row. */

import type { PoolClient } from 'pg';
import { contentHash } from '../task/content-hash.ts';
import type { RemoteTask } from '../wire/client.ts';
import { afterCall } from './held-push.ts';
import type { Prepared } from './prepare-tasks.ts';
import { markProgress } from './progress.ts';
import type { Pass } from './push-work.ts';

/** same: as it would be sent; stale: still as it was sent, and to be brought up to date; kept: someone changed it there. */
export type Standing = 'same' | 'stale' | 'kept';

export interface Stood {
  prepared: Prepared;
  remote: RemoteTask;
  standing: Standing;
  /** Whether its data are those that would be sent now. */
  sameData: boolean;
}

/** An annotation was made of what stood there: a task that has one is never changed under it. */
export function standingOf(prepared: Prepared, remote: RemoteTask): Stood {
  const { row } = prepared;
  const there = contentHash(remote.data);
  const sameData = there.equals(prepared.dataHash);
  const untouched = remote.annotations.length === 0;
  const sentWhole = row.state === 'sent' || remote.predictions.length >= prepared.task.predictions.length;
  const same = sameData && sentWhole && row.predictions_hash?.equals(prepared.predictionsHash) === true;
  const asSent = sameData || isAmong(row.data_hash, there);
  const standing = same ? 'same' : asSent && untouched ? 'stale' : 'kept';
  return { prepared, remote, standing, sameData };
}

/** A task that is being changed has the hashes of before and after, one behind the other. */
function isAmong(hashes: Buffer | null, hash: Buffer): boolean {
  for (let at = 0; at < (hashes?.length ?? 0); at += hash.length) {
    if (hashes!.subarray(at, at + hash.length).equals(hash)) return true;
  }
  return false;
}

/** The push is through with these tasks. Which answers stand there is kept of those whose data are the present ones. */
export async function keepStanding(q: PoolClient, projectId: string, stood: Stood[]): Promise<void> {
  if (stood.length === 0) return;
  const told = stood.map(({ prepared, sameData }) => ({
    item_id: prepared.row.item_id,
    answers: sameData ? prepared.answers : null,
    data: sameData ? prepared.dataHash.toString('hex') : null,
  }));
  await q.query(
    `update label_studio_tasks t set wanted = false, answers = coalesce(r.answers, t.answers),
       data_hash = coalesce(decode(r.data, 'hex'), t.data_hash)
     from jsonb_to_recordset($2::jsonb) as r (item_id text, answers jsonb, data text)
     where t.project_id = $1 and t.item_id = r.item_id`,
    [projectId, JSON.stringify(told)],
  );
}

/** A person took them out there: they are not sent again by themselves. */
export async function keepGone({ work, memory }: Pick<Pass, 'work' | 'memory'>, items: string[]): Promise<void> {
  if (items.length === 0) return;
  await afterCall(work, async (q, held) => {
    // A push that has begun meanwhile finds out by itself.
    if (held === null) return;
    const { rowCount } = await q.query(
      `update label_studio_tasks set state = 'gone', wanted = false
       where project_id = $1 and item_id = any($2) and wanted`,
      [work.projectId, items],
    );
    held.record.kept += rowCount ?? 0;
    markProgress(held.record, memory, rowCount ?? 0);
  });
}
