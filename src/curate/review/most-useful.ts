/** Finds the items that are most useful by their answers and their judges, before texts are compared. */

import type { PoolClient } from 'pg';
import { chosenSql, type Field, reservedBelow } from './field.ts';
import { uncertaintySql } from './uncertainty.ts';

/** Items whose texts are compared at most, and how many times as many as are wanted. */
export const most = { compared: 5000, times: 5 };

/**
 * What each part counts for. That models differ is a fact about the answers, and one of them is wrong for sure: half. That a
 * judge is unsure is a judge's opinion, often of answers on which models differ as well. Novelty spreads what the other two
 * choose; alone it never lifts an item above one on which models are apart.
 */
export const weights = { disagreement: 0.5, uncertainty: 0.3, novelty: 0.2 };

/** `reserved`: kept for the audit, so picked last. */
export interface UsefulItem {
  ordinal: number;
  disagreement: number;
  uncertainty: number;
  reserved: boolean;
}

/**
 * The most useful ones, those of one usefulness in the random order: `wanted` of them, or more where that leaves a choice. Those
 * up to the draw `behind` are in the audit sample.
 */
export async function usefulItems(
  q: PoolClient,
  field: Field,
  { wanted, behind }: { wanted: number; behind: string | null },
): Promise<UsefulItem[]> {
  const { chosen, values } = chosenSql(field);
  const unsure = uncertaintySql(field.judges, values);
  const reserved = `max(t.draw) < $${values.push(reservedBelow(field.of.auditShare))}::bigint`;
  const after = `$${values.push(behind ?? '-1')}::bigint`;
  // One pass over both: a join goes by nested loops where tables have grown faster than their statistics.
  const { rows } = await q.query<UsefulItem>(
    `select t.ordinal, max(t.disagreement) as disagreement, max(t.uncertainty) as uncertainty, ${reserved} as reserved
     from (select c.ordinal, c.draw, c.disagreement::float8, 0::float8 as uncertainty from (${chosen}) c
         where c.picked and c.draw > ${after}
       ${unsure === null ? '' : `union all select u.ordinal, null, 0, u.uncertainty from (${unsure}) u`}) t
     group by t.ordinal having count(t.draw) > 0
     order by reserved, ${weights.disagreement} * max(t.disagreement) + ${weights.uncertainty} * max(t.uncertainty) desc,
       max(t.draw), t.ordinal limit $${values.push(Math.max(wanted, Math.min(most.times * wanted, most.compared)))}`,
    values,
  );
  return rows;
}
