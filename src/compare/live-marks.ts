/** Finds out of which datasets the runs or settings have changed since the last look, as messages of the live feed. */

import type { PoolClient } from 'pg';
import type { LiveMessage } from '../contracts/workbench.ts';
import { type Marks, marksOf } from './marks.ts';

export type Changed = Extract<LiveMessage, { type: 'runs' | 'datasets' }>;

/** Marks by dataset. */
export type Seen = Map<string, Marks>;

/** What there is to see, and what of it is another than in `before`; nothing without one. */
export async function changedSince(
  q: PoolClient,
  userId: string,
  before: Seen | null,
): Promise<{ seen: Seen; changed: Changed[] }> {
  const marks = await marksOf(q, userId);
  const seen: Seen = new Map(marks.map((mark) => [mark.datasetId, mark]));
  if (before === null) return { seen, changed: [] };
  const gone = [...before.keys()].some((id) => !seen.has(id));
  const other = marks.some(({ datasetId, settings }) => before.get(datasetId)?.settings !== settings);
  const ran = marks.filter(({ datasetId, runs }) => (before.get(datasetId)?.runs ?? '0') !== runs);
  const changed: Changed[] = ran.map(({ datasetId }) => ({ type: 'runs', dataset_id: datasetId }));
  return { seen, changed: gone || other ? [{ type: 'datasets' }, ...changed] : changed };
}
