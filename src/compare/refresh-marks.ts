/** Brings what people said into the states of items, without looking at the answers: set-based, for changes in bulk. */

import type { PoolClient } from 'pg';
import type { VersionOf } from '../runs/deps.ts';
import { markAnswers } from './marks.ts';
import { refreshItems } from './refresh.ts';
import { takeTurn } from './turn.ts';

// With something said an item needs no review, whatever its answers are; with nothing said its state knows whether it does,
// unless it is from before the column, and goes where there is no answer either. Materialized: without statistics the
// planner would count anew for each state.
const markItems = `
  with said as materialized (
    select i.ordinal, count(*) filter (where n.kind = 'golden') as golden, count(*) filter (where n.kind = 'fix') as fixed,
      count(*) filter (where n.kind = 'wrong') as wrong
    from items i join annotations n on n.dataset_id = $2 and n.item_id = i.item_id and n.kind is not null
    where i.version_id = $1 and i.ordinal = any ($3::int[]) group by i.ordinal)
  update item_states s set golden = coalesce(m.golden, 0), fixed = coalesce(m.fixed, 0), wrong = coalesce(m.wrong, 0),
    needs_review = m.ordinal is null and s.doubtful
  from unnest($3::int[]) as c (ordinal) left join said m on m.ordinal = c.ordinal
  where s.version_id = $1 and s.ordinal = c.ordinal
    and (m.ordinal is not null or (s.doubtful is not null and s.answers > 0))
  returning s.ordinal`;

/** As refreshItems, for items of which only what is said has changed. Takes the turn. */
export async function refreshMarks(q: PoolClient, version: VersionOf, ordinals: number[]): Promise<void> {
  await takeTurn(q);
  const { rows } = await q.query<{ ordinal: number }>(markItems, [version.versionId, version.datasetId, ordinals]);
  const marked = new Set(rows.map((row) => row.ordinal));
  const rest = ordinals.filter((ordinal) => !marked.has(ordinal));
  if (rest.length > 0) await refreshItems(q, version, rest);
  else await markAnswers(q, version.datasetId);
}
