/** Reads what landed and what was said after a cursor, in order, as messages of the live feed. */

import type { PoolClient } from 'pg';
import type { AnnotationKind, LiveMessage } from '../contracts/workbench.ts';
import { type CellRow, differences, gridCellColumns, toCell } from './cell.ts';

export type Event = Extract<LiveMessage, { type: 'result' | 'annotation' }>;

/** Events after a cursor; `cursor` is where the page ends, which may lie behind its last event. */
export interface EventPage {
  events: Event[];
  cursor: number;
  /** More may follow. */
  full: boolean;
}

// One statement, so one snapshot: a row that commits between two reads of different tables would be jumped over.
const selectPage = `
  with seen as (
    select * from (
      (select seq, 'answer' as of, run_id as key1, ordinal::text as key2, null as key3 from answers
       where user_id = $1 and seq > $2 order by seq limit $3)
      union all
      (select seq, 'annotation', dataset_id, item_id, model_id from annotations
       where user_id = $1 and seq > $2 order by seq limit $3)
    ) as both_tables order by seq limit $3
  )
  select seen.seq::text, to_jsonb(l) as landed, to_jsonb(n) as said
  from seen
  left join lateral (
    select ${gridCellColumns}, r.dataset_id, a.version_id, i.item_id, s.classes, k.kind as annotation,
      extract(epoch from a.landed_at) * 1000 as committed_at
    from answers a join runs r on r.run_id = a.run_id and r.superseded_by is null
    join items i on i.version_id = a.version_id and i.ordinal = a.ordinal
    left join item_states s on s.version_id = a.version_id and s.ordinal = a.ordinal
    left join annotations k on k.dataset_id = r.dataset_id and k.item_id = i.item_id and k.model_id = a.model_id
    where seen.of = 'answer' and a.run_id = seen.key1 and a.ordinal = case when seen.of = 'answer' then seen.key2::int end
  ) l on true
  left join lateral (
    select dataset_id, item_id, model_id, kind from annotations
    where seen.of = 'annotation' and dataset_id = seen.key1 and item_id = seen.key2 and model_id = seen.key3
  ) n on true
  order by seen.seq`;

interface LandedRow extends CellRow {
  dataset_id: string;
  version_id: string;
  item_id: string;
  classes: Record<string, Record<string, number>> | null;
  annotation: AnnotationKind | null;
  committed_at: number;
}

interface PageRow {
  seq: string;
  landed: LandedRow | null;
  said: { dataset_id: string; item_id: string; model_id: string; kind: AnnotationKind | null } | null;
}

/** Up to `limit` events of the user after `cursor`. Answers of runs that are no longer shown are passed over. */
export async function eventPage(
  q: PoolClient,
  userId: string,
  { cursor, limit }: { cursor: number; limit: number },
): Promise<EventPage> {
  const { rows } = await q.query<PageRow>(selectPage, [userId, cursor, limit]);
  const last = rows.at(-1);
  return {
    events: rows.flatMap((row) => eventOf(row) ?? []),
    cursor: last === undefined ? cursor : Number(last.seq),
    full: rows.length === limit,
  };
}

function eventOf({ seq, landed, said }: PageRow): Event | null {
  const cursor = Number(seq);
  if (landed !== null) {
    const models = Object.values(landed.classes ?? {}).flatMap((of) => Object.keys(of));
    return {
      type: 'result',
      cursor,
      result: {
        dataset_id: landed.dataset_id,
        version_id: landed.version_id,
        candidate_id: landed.item_id,
        ordinal: landed.ordinal,
        model_id: landed.model_id,
        cell: toCell(landed, landed.annotation),
        ...differences(landed.classes, [...new Set(models)]),
        committed_at: Number(landed.committed_at),
      },
    };
  }
  if (said === null) return null;
  const { dataset_id, item_id, model_id, kind } = said;
  return { type: 'annotation', cursor, annotation: { dataset_id, candidate_id: item_id, model_id, kind } };
}

/** The cursor of now, and how many rows lie between `since` and it, counted up to `limit`. */
export async function whereNow(
  q: PoolClient,
  userId: string,
  { since, limit }: { since: number; limit: number },
): Promise<{ now: number; behind: number }> {
  const { rows } = await q.query<{ now: string; behind: number }>(
    `select greatest((select max(seq) from answers where user_id = $1), (select max(seq) from annotations where user_id = $1), 0)::text as now,
       (select count(*) from (
         (select from answers where user_id = $1 and seq > $2 limit $3) union all
         (select from annotations where user_id = $1 and seq > $2 limit $3)) as newer)::int as behind`,
    [userId, since, limit],
  );
  return { now: Number(rows[0]!.now), behind: rows[0]!.behind };
}
