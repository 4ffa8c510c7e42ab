/** Counts the answers of a dataset that people have labelled. */

import type { PoolClient } from 'pg';

export interface LabelCounts {
  /** Answers with an annotation or a person's verdict. */
  labels: number;
  /** Those of them that were drawn at random. */
  audit: number;
}

/** An answer counts once, however many people and rooms say something of it; who is unsure has said nothing. */
export async function countLabels(q: PoolClient, datasetId: string): Promise<LabelCounts> {
  const { rows } = await q.query<LabelCounts>(
    `select count(*)::int as labels, count(*) filter (where audit)::int as audit from (
       select item_id, model_id, bool_or(audit) as audit from (
         select n.item_id, n.model_id, false as audit from annotations n where n.dataset_id = $1 and n.kind is not null
         union all
         select i.item_id, r.model_id, coalesce(j.sample = 'audit', false)
         from judge_runs h join runs r on r.run_id = h.run_id join judgments j on j.judge_run_id = h.judge_run_id
           join items i on i.version_id = h.version_id and i.ordinal = j.ordinal
         where h.dataset_id = $1 and h.mode = 'human' and h.other_run_id is null and j.part = 'verdict' and j.judge <> 'panel'
           and j.error is null) said
       group by item_id, model_id) answers`,
    [datasetId],
  );
  return rows[0]!;
}
