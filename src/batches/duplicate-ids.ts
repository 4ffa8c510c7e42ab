/** Finds rows of a batch that bear the custom_id of an earlier one. */

import type { PoolClient } from 'pg';
import { AssayError } from '../errors.ts';

/** Tells cheaply that no custom_id came twice; beyond some number it no longer knows, and the database is asked. */
export interface SeenIds {
  add(customId: string): void;
  mayRepeat(): boolean;
}

/** Ids that are remembered at most. */
const idsSeen = 100_000;

export function seenIds(): SeenIds {
  let seen: Set<string> | null = new Set();
  return {
    add(customId) {
      if (seen === null) return;
      if (seen.has(customId) || seen.size === idsSeen) seen = null;
      else seen.add(customId);
    },
    mayRepeat: () => seen === null,
  };
}

/** A fault for each row of the batch whose custom_id an earlier line has, `limit` at most, in the order of their lines. */
export async function duplicateIds(q: PoolClient, batchId: string, limit: number): Promise<AssayError[]> {
  const { rows } = await q.query<{ custom_id: string; first: number; line: number }>(
    `with d as materialized (
       select custom_id, min(line) as first from requests where batch_id = $1 group by custom_id having count(*) > 1
     )
     select r.custom_id, d.first, r.line from requests r join d using (custom_id)
     where r.batch_id = $1 and r.line > d.first order by r.line limit $2`,
    [batchId, limit],
  );
  return rows.map(
    (row) =>
      new AssayError(
        'duplicate_custom_id',
        { value: row.custom_id, first: row.first },
        { line: row.line, param: 'custom_id' },
      ),
  );
}
