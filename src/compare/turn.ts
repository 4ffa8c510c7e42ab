/** Lets writers of the workbench take turns, so that the numbers of workbench_seq follow the order of the commits. */

import type { PoolClient } from 'pg';

/**
 * Waits for the turn and keeps it until the end of the transaction. A transaction that also locks rows that a landing
 * needs (deletes a run) takes its turn first, else the two may wait for each other.
 */
export async function takeTurn(q: PoolClient): Promise<void> {
  await q.query('select pg_advisory_xact_lock(4080, 2)');
}

/** Wakes the live feeds of all servers when the transaction commits. */
export async function tellLive(q: PoolClient): Promise<void> {
  await q.query(`select pg_notify('assay_live', '')`);
}
