/** Finds the items that examples are chosen from: those on which all models agree, or on which they are most apart. */

import type { PoolClient } from 'pg';
import { filterSql } from '../compare/grid-filter.ts';
import type { GridFilter } from '../contracts/workbench.ts';
import { type Shingles, shinglesOf } from './diverse.ts';
import { exampleText } from './example-block.ts';
import type { AgreedDecision } from './example-decisions.ts';

/** Candidates of a group at most, and how many inputs are read at a time. */
const mostCandidates = 2000;
const pageItems = 100;

/** The items under a filter of a version. */
export interface Field {
  versionId: string;
  filter: GridFilter;
  seed: number;
}

/** `rank` 0 is taken before 1. */
export interface Candidate {
  ordinal: number;
  rank: number;
  shingles: Shingles;
}

/** The decision that the filter's models share, as in item_states.agreed, which is over all models. */
function agreedSql({ models }: GridFilter, values: unknown[]): string {
  if (models.length === 0) return 's.agreed';
  const { keys, least, greatest } = decisionsSql(models, values);
  const present = keys.map((key) => `(s.decisions ? ${key})::int`).join(' + ');
  const complete = keys.map((key) => `(s.decisions ->> ${key} is not null or not s.decisions ? ${key})`).join(' and ');
  return `case when ${present} >= 2 and ${complete} and ${least} = ${greatest} then ${least} end`;
}

/** How far the filter's models are apart, and the condition that they are at all. */
function apartSql({ models }: GridFilter, values: unknown[]): { order: string; condition: string } {
  if (models.length === 0) return { order: 's.disagreement desc', condition: 's.disagreement > 0' };
  const { keys, least, greatest } = decisionsSql(models, values);
  const each = keys.map((key) => `s.decisions ->> ${key}`).join(', ');
  const kinds = `(select count(distinct d.value) from unnest(array[${each}]) as d (value))`;
  return { order: `${kinds} desc, s.disagreement desc`, condition: `${least} <> ${greatest}` };
}

/** The first and last of the models' decisions; both pass over a model without one. */
function decisionsSql(models: string[], values: unknown[]): { keys: string[]; least: string; greatest: string } {
  const keys = models.map((model) => `$${values.push(model)}::text`);
  const each = keys.map((key) => `(s.decisions ->> ${key}) collate "C"`).join(', ');
  return { keys, least: `least(${each})`, greatest: `greatest(${each})` };
}

const from = 'from items i join item_states s on s.version_id = i.version_id and s.ordinal = i.ordinal';

/** The decisions that models agree on, the most frequent first. */
export async function agreedDecisions(q: PoolClient, { versionId, filter }: Field): Promise<AgreedDecision[]> {
  const values: unknown[] = [versionId];
  const condition = filterSql(filter, values);
  const { rows } = await q.query<AgreedDecision>(
    `select g.value, count(*)::integer as items
     from (select ${agreedSql(filter, values)} as value ${from} where i.version_id = $1 and (${condition})) g
     where g.value is not null group by g.value order by items desc, g.value limit 200`,
    values,
  );
  return rows;
}

/** Items of which all models say `decision` and nobody says otherwise: golden ones first, then in an order by the seed. */
export async function agreeing(q: PoolClient, field: Field, decision: string): Promise<Candidate[]> {
  const values: unknown[] = [field.versionId, field.seed, decision];
  const condition = filterSql(field.filter, values);
  const agreed = agreedSql(field.filter, values);
  const { rows } = await q.query<{ ordinal: number; rank: number }>(
    `select i.ordinal, case when s.golden > 0 then 0 else 1 end as rank ${from}
     where i.version_id = $1 and ${agreed} = $3 and s.wrong = 0 and s.fixed = 0 and (${condition})
     order by rank, md5($2::text || ' ' || i.item_id), i.ordinal limit ${mostCandidates}`,
    values,
  );
  return withShingles(q, field.versionId, rows);
}

/** Items on which models differ most. */
export async function disagreeing(q: PoolClient, field: Field, wanted: number): Promise<Candidate[]> {
  const values: unknown[] = [field.versionId, field.seed];
  const condition = filterSql(field.filter, values);
  const apart = apartSql(field.filter, values);
  // Beyond the very most apart only so many that a choice is left.
  const { rows } = await q.query<{ ordinal: number; rank: number }>(
    `select i.ordinal, 0 as rank ${from}
     where i.version_id = $1 and ${apart.condition} and (${condition})
     order by ${apart.order}, md5($2::text || ' ' || i.item_id), i.ordinal limit ${Math.min(mostCandidates, wanted * 20)}`,
    values,
  );
  return withShingles(q, field.versionId, rows);
}

/** Inputs may be large: only their shingles stay in memory. */
async function withShingles(
  q: PoolClient,
  versionId: string,
  rows: { ordinal: number; rank: number }[],
): Promise<Candidate[]> {
  const shingles = new Map<number, Shingles>();
  for (let at = 0; at < rows.length; at += pageItems) {
    const ordinals = rows.slice(at, at + pageItems).map((row) => row.ordinal);
    const page = await q.query<{ ordinal: number; input: Record<string, unknown> }>(
      'select ordinal, input from items where version_id = $1 and ordinal = any($2)',
      [versionId, ordinals],
    );
    for (const { ordinal, input } of page.rows) shingles.set(ordinal, shinglesOf(exampleText(input)));
  }
  return rows.map((row) => ({ ...row, shingles: shingles.get(row.ordinal)! }));
}
