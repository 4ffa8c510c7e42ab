/** Finds the places of one page of a sorted listing, and counts its rows: from indexes where there are, never by offset. */

import type { PoolClient } from 'pg';
import type { GridQuery } from '../contracts/workbench.ts';
import type { Place } from './grid-cursor.ts';

/** Where a row stands in the order of a sort. */
export type RowPlace = Pick<Place, 'value' | 'ordinal'>;

/** A condition over `s` and `i` (grid-filter.ts) and its values, of which the first is the version. */
export interface Chosen {
  condition: string;
  values: unknown[];
}

const sorts = {
  disagreement: { column: 's.disagreement', type: 'real', down: true },
  length: { column: 's.longest', type: 'integer', down: true },
  latency: { column: 's.slowest', type: 'integer', down: true },
  score: { column: 's.lowest_score', type: 'real', down: false },
} as const;

/** Rows of states alone where the condition says nothing of items; every condition on a state leaves out items without one. */
function sourceOf(condition: string): { from: string; ordinal: string; states: boolean } {
  const items = /\bi\./.test(condition);
  const states = /\bs\./.test(condition);
  if (states && !items) return { from: 'item_states s where s.version_id = $1', ordinal: 's.ordinal', states };
  if (!states) return { from: 'items i where i.version_id = $1', ordinal: 'i.ordinal', states };
  return { from: `${bothTables} where i.version_id = $1`, ordinal: 'i.ordinal', states };
}
const withStates = 'items i left join item_states s on s.version_id = i.version_id and s.ordinal = i.ordinal';
const bothTables = 'items i join item_states s on s.version_id = i.version_id and s.ordinal = i.ordinal';

/**
 * The first `limit` places, and how many rows there are, with the rows chosen once for both: for a search, which takes
 * half as long so. Other filters take twice as long so as with the places read out of an index and the rows counted.
 */
export async function selectFirst(
  q: PoolClient,
  { condition, values }: Chosen,
  { sort, limit }: { sort: GridQuery['sort']; limit: number },
): Promise<{ places: RowPlace[]; filtered: number }> {
  const source = sourceOf(condition);
  const by = sort === 'position' ? null : sorts[sort];
  const from = by === null || source.states ? source.from : `${withStates} where i.version_id = $1`;
  const value = by === null ? 'null::int' : by.column;
  const order = by === null ? '' : `value ${by.down ? 'desc' : 'asc'} nulls last, `;
  const { rows } = await q.query<RowPlace & { filtered: number }>(
    `with chosen as materialized (select ${source.ordinal} as ordinal, ${value} as value from ${from} and ${condition})
     select ordinal, value, (select count(*)::int from chosen) as filtered from chosen
     order by ${order}ordinal limit $${values.length + 1}::int`,
    [...values, limit],
  );
  return { places: rows.map((row) => ({ ordinal: row.ordinal, value: row.value })), filtered: rows[0]?.filtered ?? 0 };
}

export async function countRows(q: PoolClient, { condition, values }: Chosen): Promise<number> {
  const { rows } = await q.query<{ count: number }>(
    `select count(*)::int as count from ${sourceOf(condition).from} and ${condition}`,
    values,
  );
  return rows[0]!.count;
}

/** Up to `limit` places behind `after`, in order. Rows without a sort value come last, in the order of the file. */
export async function selectPlaces(
  q: PoolClient,
  chosen: Chosen,
  page: { sort: GridQuery['sort']; after: RowPlace | null; limit: number },
): Promise<RowPlace[]> {
  const { sort, after, limit } = page;
  if (sort === 'position') return byPosition(q, chosen, { after: after?.ordinal ?? -1, limit });
  const valued = after !== null && after.value === null ? [] : await byValue(q, chosen, { sort, after, limit });
  if (valued.length === limit) return valued;
  // All items with a state have a value, but for the score.
  if (sort !== 'score' && sourceOf(chosen.condition).states) return valued;
  const rest = { sort, after: after?.value === null ? after.ordinal : -1, limit: limit - valued.length };
  return [...valued, ...(await withoutValue(q, chosen, rest))];
}

async function byPosition(q: PoolClient, chosen: Chosen, page: { after: number; limit: number }): Promise<RowPlace[]> {
  const { from, ordinal } = sourceOf(chosen.condition);
  const n = chosen.values.length;
  const { rows } = await q.query<RowPlace>(
    `select ${ordinal}, null as value from ${from} and ${ordinal} > $${n + 1}::int and ${chosen.condition}
     order by ${ordinal} limit $${n + 2}::int`,
    [...chosen.values, page.after, page.limit],
  );
  return rows;
}

/** Rows of the same value first, then those behind: one scan over all ties would read 60,000 of 100,000 rows. */
async function byValue(
  q: PoolClient,
  { condition, values }: Chosen,
  { sort, after, limit }: { sort: keyof typeof sorts; after: RowPlace | null; limit: number },
): Promise<RowPlace[]> {
  const { column, type, down } = sorts[sort];
  const from = /\bi\./.test(condition) ? bothTables : 'item_states s';
  const n = values.length;
  const [atLimit, atValue, atOrdinal] = [`$${n + 1}::int`, `$${n + 2}::${type}`, `$${n + 3}::int`];
  const select = (behind: string) => `(select s.ordinal, ${column} as value from ${from}
    where s.version_id = $1 and ${behind} and ${condition} order by ${column} ${down ? 'desc' : 'asc'}, s.ordinal limit ${atLimit})`;
  const sql =
    after === null
      ? select(`${column} is not null`)
      : `select * from (${select(`${column} = ${atValue} and s.ordinal > ${atOrdinal}`)}
         union all ${select(`${column} ${down ? '<' : '>'} ${atValue}`)}) as behind limit ${atLimit}`;
  const { rows } = await q.query<RowPlace>(
    sql,
    after === null ? [...values, limit] : [...values, limit, after.value, after.ordinal],
  );
  return rows;
}

async function withoutValue(
  q: PoolClient,
  { condition, values }: Chosen,
  { sort, after, limit }: { sort: keyof typeof sorts; after: number; limit: number },
): Promise<RowPlace[]> {
  const n = values.length;
  const { rows } = await q.query<RowPlace>(
    `select i.ordinal, null as value
     from ${withStates} where i.version_id = $1 and i.ordinal > $${n + 1}::int and ${sorts[sort].column} is null and ${condition}
     order by i.ordinal limit $${n + 2}::int`,
    [...values, after, limit],
  );
  return rows;
}
