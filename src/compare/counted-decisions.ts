/** Counts items by what each model decided, in the database: a few hundred rows instead of 500,000. */

import type { PoolClient } from 'pg';
import { splitPath } from '../datasets/field-path.ts';
import { type Chosen, chosenAnswers, chosenStates } from './chosen.ts';

/** Items that have the same values. */
export interface CountedItems {
  /** One a run, in their order: null without an answer, '' for an answer without a value, else the value. */
  values: (string | null)[];
  /** One a run: whether its answer is right, null where that is not known. */
  correct: (boolean | null)[];
  category: string | null;
  count: number;
}

/** By decision. `more` also tells the items apart by category and by who is right. */
export async function countedDecisions(q: PoolClient, chosen: Chosen, more: boolean): Promise<CountedItems[]> {
  const values = [...chosen.values];
  const each = chosen.runs.map((run) => {
    const key = `$${values.push(run.modelId)}::text`;
    const shown = run.examples.length === 0 ? null : `s.ordinal = any ($${values.push(run.examples)}::int[])`;
    const unless = (column: string) => (shown === null ? column : `case when not ${shown} then ${column} end`);
    return {
      value: unless(`case when s.decisions ? ${key} then coalesce(s.decisions ->> ${key}, '') end`),
      correct: unless(`(s.correct -> ${key})::boolean`),
    };
  });
  if (each.length === 0) return [];
  const { rows } = await q.query<CountedItems>(
    `select array[${each.map(({ value }) => value).join(', ')}] as values,
       ${more ? `array[${each.map(({ correct }) => correct).join(', ')}]` : `'{}'::boolean[]`} as correct,
       ${more ? 'i.category' : 'null::text'} as category, count(*)::int as count
     from ${chosenStates(chosen)} group by 1, 2, 3`,
    values,
  );
  return rows;
}

/** By the JSON text of the field at `path` of their answers; '' where the answer has none. */
export async function countedField(q: PoolClient, chosen: Chosen, path: string): Promise<CountedItems[]> {
  if (chosen.runs.length === 0) return [];
  const values = [...chosen.values];
  const condition = chosenAnswers(chosen, values);
  const at = `$${values.push(splitPath(path))}::text[]`;
  const columns = chosen.runs.map((run) => `max(value) filter (where run_id = $${values.push(run.runId)}::text)`);
  const { rows } = await q.query<CountedItems>(
    `select n.values, '{}'::boolean[] as correct, i.category, count(*)::int as count
     from (
       select ordinal, array[${columns.join(', ')}] as values from (
         select a.ordinal, a.run_id, coalesce((a.fields #> ${at})::text, '') as value from answers a where ${condition}
       ) as of_field group by ordinal
     ) as n join items i on i.version_id = $1 and i.ordinal = n.ordinal
     group by 1, 3`,
    values,
  );
  return rows;
}
