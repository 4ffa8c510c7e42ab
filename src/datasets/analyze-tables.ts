/** Has PostgreSQL look at tables again of which much has just changed, since it plans badly for what it has never looked at. */

import type { Log } from '../contracts/log.ts';
import type { Database } from '../db/database.ts';

/** Tables of the workbench that grow in bulk. */
export type BulkTable = 'items' | 'answers' | 'item_states' | 'annotations';

/** Below this many rows any plan will do, until the database looks by itself. */
const manyRows = 5000;

/**
 * Analyses `tables` after `rows` rows of them were written, in a transaction of its own. A fault goes to the
 * log: the database looks by itself within minutes.
 */
export async function analyzeAfter(
  on: { db: Database; log?: Log | undefined },
  rows: number,
  tables: BulkTable[],
): Promise<void> {
  if (rows < manyRows) return;
  try {
    await on.db.asSystem((q) => q.query('select analyze_workbench($1::text[])', [tables]));
  } catch (error) {
    on.log?.warn({ tables, problem: (error as Error).message }, 'tables could not be analysed');
  }
}
