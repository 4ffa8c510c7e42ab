/** Answers the review queue of a dataset: what is worth a person's word next, and what their words have bought so far. */

import type { PoolClient } from 'pg';
import type { ReviewItem, ReviewQuery, ReviewQueue } from '../../contracts/label-studio.ts';
import { newestVersion } from '../../datasets/version-items.ts';
import type { Database } from '../../db/database.ts';
import { type RankedItem, rankItems } from './rank-items.ts';
import { keepRound, labelsSince, listRounds } from './review-rounds.ts';

/**
 * Over the current runs of the newest version; items of which a person has said something are out of it. `every`: labels that
 * make a round. @throws AssayError not_found
 */
// biome-ignore lint/complexity/useMaxParams: what a route asks, and a limit that the composition hands in
export async function reviewQueue(
  db: Database,
  userId: string,
  query: ReviewQuery,
  every: number,
): Promise<ReviewQueue> {
  // Words that came by another way than Label Studio, in the workbench or for a judge, make a round here.
  await keepRound(db, userId, { datasetId: query.dataset_id, every });
  return db.asUser(userId, async (q) => {
    const { versionId, datasetId } = await newestVersion(q, userId, query.dataset_id);
    const ranked = await rankItems(q, {
      datasetId,
      versionId,
      models: [],
      select: 'everything',
      filter: {},
      limit: query.limit,
      auditShare: query.audit_share,
      seed: query.seed,
      without: 'a word of a person',
    });
    const { since } = await labelsSince(q, datasetId);
    return {
      items: await shown(q, versionId, ranked),
      left: await countLeft(q, versionId),
      since,
      every,
      rounds: await listRounds(q, datasetId),
    };
  });
}

/** Items with an answer and without a word of a person. */
async function countLeft(q: PoolClient, versionId: string): Promise<number> {
  const { rows } = await q.query<{ n: number }>(
    `select count(*)::int as n from item_states
     where version_id = $1 and answers > 0 and golden = 0 and fixed = 0 and wrong = 0`,
    [versionId],
  );
  return rows[0]!.n;
}

async function shown(q: PoolClient, versionId: string, ranked: RankedItem[]): Promise<ReviewItem[]> {
  const { rows } = await q.query<{ ordinal: number; name: string; category: string | null }>(
    'select ordinal, name, category from items where version_id = $1 and ordinal = any ($2::int[])',
    [versionId, ranked.map(({ ordinal }) => ordinal)],
  );
  const items = new Map(rows.map((row) => [row.ordinal, row]));
  return ranked.map(({ itemId, ordinal, audit, usefulness, disagreement, uncertainty, novelty }) => {
    const { name, category } = items.get(ordinal)!;
    return { candidate_id: itemId, ordinal, name, category, audit, usefulness, disagreement, uncertainty, novelty };
  });
}
