/** Keeps the failures of an analysis, and reads them by place, by cluster and by page. */

import type { PoolClient } from 'pg';
import type { FailureMap, FailurePage, FailureQuery } from '../../contracts/analyses.ts';
import type { Failure } from '../../contracts/mining.ts';
import type { FoundFailure } from './gather-failures.ts';

/** Whose failures. */
export interface Owner {
  analysis_id: string;
  user_id: string;
}

/** Writes failures behind those there are; `from` is the place of the first. */
export async function insertFailures(
  q: PoolClient,
  of: Owner,
  on: { from: number; found: FoundFailure[] },
): Promise<void> {
  const { from, found } = on;
  const column = <K extends keyof FoundFailure>(name: K) => found.map((one) => one[name]);
  await q.query(
    `insert into analysis_failures (analysis_id, ordinal, user_id, item_id, name, category, run_id, model_id, prompt, answer, expected,
       score, judge, reason, criteria)
     select $1, n.ordinal, $2, n.item_id, n.name, n.category, n.run_id, n.model_id, n.prompt, n.answer, n.expected, n.score, n.judge,
       n.reason, array(select jsonb_array_elements_text(n.criteria))
     from unnest($3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::real[],
       $13::text[], $14::text[], $15::jsonb[])
       as n (ordinal, item_id, name, category, run_id, model_id, prompt, answer, expected, score, judge, reason, criteria)`,
    [
      of.analysis_id,
      of.user_id,
      found.map((_, at) => from + at),
      column('candidate_id'),
      column('name'),
      column('category'),
      column('benchmark_id'),
      column('model_id'),
      column('prompt'),
      column('answer'),
      column('expected'),
      column('score'),
      column('judge'),
      column('reason'),
      found.map(({ criteria }) => JSON.stringify(criteria)),
    ],
  );
}

const columns = `ordinal, item_id as candidate_id, name, category, run_id as benchmark_id, model_id, prompt, answer, expected, score, judge,
  reason, criteria`;

/** All of them behind `after`, in order, `limit` at most. */
export async function failuresAfter(
  q: PoolClient,
  analysisId: string,
  page: { after: number; limit: number },
): Promise<Failure[]> {
  const { rows } = await q.query<Failure>(
    `select ${columns} from analysis_failures where analysis_id = $1 and ordinal > $2 order by ordinal limit $3`,
    [analysisId, page.after, page.limit],
  );
  return rows;
}

/** Those at `ordinals`, in their order. */
export async function failuresAt(q: PoolClient, analysisId: string, ordinals: number[]): Promise<Failure[]> {
  const { rows } = await q.query<Failure>(
    `select ${columns} from analysis_failures where analysis_id = $1 and ordinal = any ($2::int[])`,
    [analysisId, ordinals],
  );
  const by = new Map(rows.map((row) => [row.ordinal, row]));
  return ordinals.flatMap((ordinal) => by.get(ordinal) ?? []);
}

/** One page for people, with the cluster of each. */
export async function listFailures(q: PoolClient, analysisId: string, query: FailureQuery): Promise<FailurePage> {
  const { rows } = await q.query<FailurePage['data'][number]>(
    `select ${columns}, cluster from analysis_failures where analysis_id = $1 and ordinal > $2
       and ($3::int is null or cluster = $3) and ($4::text is null or category = $4) and ($5::text is null or model_id = $5)
     order by ordinal limit $6`,
    [analysisId, query.after, query.cluster ?? null, query.category ?? null, query.model_id ?? null, query.limit + 1],
  );
  const data = rows.slice(0, query.limit);
  return { data, next: rows.length > query.limit ? data.at(-1)!.ordinal : null };
}

/** Every failure that has a place on the map; beyond `limit` an even share of them. */
export async function mapOf(q: PoolClient, analysisId: string, limit: number): Promise<FailureMap> {
  const { rows } = await q.query<{ total: number; ordinal: number[]; x: number[]; y: number[]; cluster: number[] }>(
    `with placed as (
       select ordinal, x, y, cluster, row_number() over (order by ordinal) - 1 as place, count(*) over () as total
       from analysis_failures where analysis_id = $1 and x is not null)
     select coalesce(max(total), 0)::int as total, coalesce(array_agg(ordinal order by ordinal), '{}') as ordinal,
       coalesce(array_agg(x order by ordinal), '{}') as x, coalesce(array_agg(y order by ordinal), '{}') as y,
       coalesce(array_agg(cluster order by ordinal), '{}') as cluster
     from placed where total <= $2 or (place * $2) / total <> ((place - 1) * $2) / total or place = 0`,
    [analysisId, limit],
  );
  return rows[0]!;
}

/** Ordinals of each cluster. */
export async function membersOf(q: PoolClient, analysisId: string): Promise<Map<number, number[]>> {
  const { rows } = await q.query<{ cluster: number; ordinals: number[] }>(
    `select cluster, array_agg(ordinal order by ordinal) as ordinals from analysis_failures
     where analysis_id = $1 and cluster is not null group by cluster`,
    [analysisId],
  );
  return new Map(rows.map((row) => [row.cluster, row.ordinals]));
}

/** Writes cluster and place of every failure. */
export async function placeFailures(
  q: PoolClient,
  analysisId: string,
  places: { cluster: Int32Array; x: Float32Array; y: Float32Array },
): Promise<void> {
  await q.query(
    `update analysis_failures f set cluster = n.cluster, x = n.x, y = n.y
     from unnest($2::int[], $3::real[], $4::real[]) with ordinality as n (cluster, x, y, place)
     where f.analysis_id = $1 and f.ordinal = n.place - 1`,
    [analysisId, [...places.cluster], [...places.x], [...places.y]],
  );
}
