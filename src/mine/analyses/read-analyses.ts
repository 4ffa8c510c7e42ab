/** Reads analyses as people see them: a page of them, and one with all that was found. */

import type { PoolClient } from 'pg';
import type { AnalysisObject, WholeAnalysis } from '../../contracts/analyses.ts';
import type { Cluster, Pattern } from '../../contracts/mining.ts';
import { idText } from '../../datasets/version-items.ts';
import { type AnalysisRow, outcomeColumn, selectAnalysis, selectSteps, toAnalysisObject } from './analysis-row.ts';

/** The newest first, behind `after`. */
export async function listAnalyses(
  q: PoolClient,
  userId: string,
  query: { after?: string | undefined; limit: number },
): Promise<{ data: AnalysisObject[]; has_more: boolean }> {
  const { rows } = await q.query<AnalysisRow>(
    `select * from analyses where user_id = $1 and ($2::text is null
       or (created_at, analysis_id) < (select created_at, analysis_id from analyses where analysis_id = $2))
     order by created_at desc, analysis_id desc limit $3`,
    [userId, query.after === undefined ? null : idText(query.after), query.limit + 1],
  );
  const page = rows.slice(0, query.limit);
  const steps = await selectSteps(
    q,
    page.map(({ analysis_id: id }) => id),
  );
  return { data: page.map((row) => toAnalysisObject(row, steps)), has_more: rows.length > query.limit };
}

export type Found = WholeAnalysis['found'][number];

/** Clusters with their patterns, the largest first, "other" last. */
export async function foundOf(q: PoolClient, analysisId: string): Promise<Found[]> {
  const { rows } = await q.query<{ cluster: Cluster; pattern: Pattern | null }>(
    `select c.body as cluster, p.body as pattern from clusters c left join patterns p using (analysis_id, cluster)
     where c.analysis_id = $1 order by c.cluster = -1, c.cluster`,
    [analysisId],
  );
  return rows;
}

/** What the step "cluster" keeps beside its counts. */
export interface ClusterOutcome {
  groups: WholeAnalysis['groups'];
}

/** @throws AssayError not_found */
export async function wholeAnalysis(q: PoolClient, id: string): Promise<WholeAnalysis> {
  const row = await selectAnalysis(q, id);
  const steps = await selectSteps(q, [id]);
  return {
    ...toAnalysisObject(row, steps),
    vectors: row.vectors,
    found: await foundOf(q, id),
    groups: (outcomeColumn(steps, 'cluster') as ClusterOutcome | null)?.groups ?? [],
    targeted: row.targeted_stats,
  };
}
