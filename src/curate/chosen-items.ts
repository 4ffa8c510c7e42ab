/** Finds the items that a filter chooses, as ordinals in blocks: memory stays flat, and the filter is asked once a block. */

import type { PoolClient } from 'pg';
import { filterSql } from '../compare/grid-filter.ts';
import type { AnnotationKind, GridFilter } from '../contracts/workbench.ts';

/** Runs work in a transaction: one of its own, or the one that the caller is in. */
export type Ask = <T>(work: (q: PoolClient) => Promise<T>) => Promise<T>;

/** `kinds` keeps items of which one of these is said, of one of the filter's models; null keeps all. */
export interface Choice {
  versionId: string;
  datasetId: string;
  filter: GridFilter;
  kinds: AnnotationKind[] | null;
}

/** Items of a block. */
const blockItems = 20_000;

/** Yields ascending ordinals of the chosen items, in blocks of 1 to 20,000. */
export async function* chosenItems(ask: Ask, choice: Choice): AsyncGenerator<number[]> {
  let after = -1;
  for (;;) {
    const values: unknown[] = [choice.versionId, after, blockItems];
    const condition = conditionOf(choice, values);
    const { rows } = await ask((q) =>
      q.query<{ ordinals: number[] | null }>(
        `select array_agg(c.ordinal order by c.ordinal) as ordinals from (
           select i.ordinal from items i join item_states s on s.version_id = i.version_id and s.ordinal = i.ordinal
           where i.version_id = $1 and i.ordinal > $2 and ${condition}
           order by i.ordinal limit $3) c`,
        values,
      ),
    );
    const ordinals = rows[0]!.ordinals;
    if (ordinals === null) return;
    yield ordinals;
    if (ordinals.length < blockItems) return;
    after = ordinals.at(-1)!;
  }
}

function conditionOf(choice: Choice, values: unknown[]): string {
  const condition = `(${filterSql(choice.filter, values)})`;
  if (choice.kinds === null) return condition;
  values.push(choice.datasetId, choice.kinds);
  let annotated = `n.dataset_id = $${values.length - 1} and n.item_id = i.item_id and n.kind = any($${values.length})`;
  if (choice.filter.models.length > 0) {
    values.push(choice.filter.models);
    annotated += ` and n.model_id = any($${values.length})`;
  }
  return `${condition} and exists (select from annotations n where ${annotated})`;
}
