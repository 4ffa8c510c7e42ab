/** Ranks the models of a dataset by the comparisons of them that are stored. */

import type { PoolClient } from 'pg';
import type { Preference } from '../../contracts/judging.ts';
import type { RankingObject, RankingQuery } from '../../contracts/trust.ts';
import { newestVersion } from '../../datasets/version-items.ts';
import { rankModels } from './bradley-terry.ts';

/**
 * Every verdict that counts, of one judge or of all; people's are the majority of each run ("human"). The bootstrap draws
 * items of a version of the dataset, with all comparisons of an item together. @throws AssayError not_found
 */
export async function rankingOf(q: PoolClient, userId: string, query: RankingQuery): Promise<RankingObject> {
  const { datasetId } = await newestVersion(q, userId, query.dataset_id);
  const { rows } = await q.query<{ a: string; b: string; preference: Preference; item: string }>(
    `select a.model_id as a, b.model_id as b, j.preference, r.version_id || ' ' || j.ordinal as item
     from judge_runs r join judgments j using (judge_run_id) join runs a on a.run_id = r.run_id
       join runs b on b.run_id = r.other_run_id
     where r.dataset_id = $1 and j.part = 'verdict' and j.preference is not null
       and case when $2::text is null then r.mode <> 'human' else $2 = case when r.mode = 'human' then 'human' else j.judge end end
       and ($2 is not null and r.mode <> 'human'
         or j.judge = case when cardinality(r.judges) > 1 then 'panel' else r.judges[1] end)
     order by r.created_at, r.judge_run_id, j.ordinal`,
    [datasetId, query.judge ?? null],
  );
  const { models, groups, comparisons, warnings } = rankModels(rows, { ties: query.ties });
  return {
    models: models.map(({ rankInterval, interval, ...model }) => ({
      ...model,
      rank_interval: rankInterval,
      ci: interval,
    })),
    groups,
    comparisons,
    warnings,
  };
}
