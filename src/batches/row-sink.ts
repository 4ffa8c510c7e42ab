/** Puts rows into the table requests, some hundred at a time, while the next ones are still being read. */

import type { PoolClient } from 'pg';
import { openCopy } from './copy-rows.ts';

/** Characters gathered before they are handed to the database; as many again may be read meanwhile. */
const segmentChars = 256 * 1024;

export interface RowSink {
  /** Takes a row in COPY's text form: line, custom_id, prefix_key, prompt_chars, body. Waits when the database is behind. */
  write(row: string): Promise<void> | undefined;
  /** Resolves when all rows are in; throws what the database said of any of them. */
  end(): Promise<void>;
}

/**
 * Row level security keeps COPY out of the table itself, so each segment goes through a temporary one, while the next
 * segment is parsed.
 */
export async function openRowSink(q: PoolClient, batch: { batchId: string; userId: string }): Promise<RowSink> {
  await q.query(
    'create temp table staging (line integer, custom_id text, prefix_key bytea, prompt_chars integer, body text) on commit drop',
  );
  let held: string[] = [];
  let heldChars = 0;
  let putting: Promise<void> = Promise.resolve();

  const put = async (rows: string[]) => {
    const copy = openCopy(q, 'copy staging from stdin');
    for (const row of rows) await copy.write(row);
    await copy.end();
    await q.query(
      `insert into requests (batch_id, line, user_id, custom_id, prefix_key, prompt_chars, body)
       select $1, line, $2, custom_id, prefix_key, prompt_chars, body from staging`,
      [batch.batchId, batch.userId],
    );
    await q.query('truncate staging');
  };
  const turn = async () => {
    const rows = held;
    held = [];
    heldChars = 0;
    await putting;
    putting = put(rows);
    // Told when the next segment is handed over, or at the end.
    putting.catch(() => undefined);
  };

  return {
    write(row) {
      held.push(row);
      heldChars += row.length;
      return heldChars >= segmentChars ? turn() : undefined;
    },
    async end() {
      if (held.length > 0) await turn();
      await putting;
    },
  };
}
