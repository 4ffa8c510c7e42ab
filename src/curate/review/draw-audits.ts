/** Draws the audit sample of a queue: the first items of a random order over all that the filter leaves. */

import type { PoolClient } from 'pg';
import { chosenSql, type Field } from './field.ts';
import type { RankOf } from './rank-of.ts';

/** An item in the random order; `draw` is its key there, a whole number of 60 bits as text. */
export interface DrawnItem {
  ordinal: number;
  draw: string;
  disagreement: number;
  /** Whether it would be picked as well. */
  picked: boolean;
}

/** The beginning of the random order, and how many items there are to pick from. */
export interface Drawn {
  items: DrawnItem[];
  pickable: number;
}

/** As many as a full queue takes. */
export async function drawAudits(q: PoolClient, field: Field): Promise<Drawn> {
  const wanted = shareOf(field.of);
  if (wanted === 0) return { items: [], pickable: 0 };
  const { chosen, values } = chosenSql(field);
  const { rows } = await q.query<DrawnItem & { pickable: number }>(
    `with chosen as materialized (${chosen})
     select ordinal, draw, disagreement, picked, (select count(*) from chosen where picked)::int as pickable
     from chosen order by chosen.draw, ordinal limit $${values.push(wanted)}`,
    values,
  );
  return { items: rows.map(({ pickable: _, ...item }) => item), pickable: rows[0]?.pickable ?? 0 };
}

/** Audit items of a full queue; the small number keeps 0.07 x 100 at 7. */
const shareOf = ({ select, limit, auditShare }: RankOf): number =>
  select === 'audit' ? limit : Math.ceil(limit * auditShare - 1e-9);

/** The fewest of `drawn` that are the share of all that is given, where fewer items are there to pick than asked for. */
export function auditsAmong({ items, pickable }: Drawn, { select, auditShare }: RankOf): DrawnItem[] {
  if (select === 'audit') return items;
  let all = pickable;
  for (let audits = 0; audits <= items.length; audits++) {
    if (audits > 0 && !items[audits - 1]!.picked) all += 1;
    if (audits >= auditShare * all - 1e-9) return items.slice(0, audits);
  }
  return items;
}
