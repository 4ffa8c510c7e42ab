/** Keeps rounds of review: after each so many new labels, what they say by then of each run, never changed again. */

import type { PoolClient } from 'pg';
import type { ReviewRound } from '../../contracts/label-studio.ts';
import { idText } from '../../datasets/version-items.ts';
import type { Database } from '../../db/database.ts';
import { countLabels } from './labelled-answers.ts';
import { type Figure, roundFigures } from './round-figures.ts';

/** Rounds that are shown at most, the newest. */
const shownRounds = 200;

interface RoundRow {
  round: number;
  labels: number;
  audit_labels: number;
  figures: Figure[];
  created_at: Date;
}

/**
 * Keeps a round when `every` answers or more were labelled since the newest one, else gives null; counting is all that costs
 * then. Labels that were taken back count against new ones. Two at once keep one round.
 * @throws AssayError not_found, when a round is due and the dataset is gone
 */
export async function keepRound(
  db: Database,
  userId: string,
  { datasetId, every }: { datasetId: string; every: number },
): Promise<ReviewRound | null> {
  return db.asUser(userId, async (q) => {
    if ((await labelsSince(q, datasetId)).since < every) return null;
    await q.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`review-rounds/${datasetId}`]);
    const { labels, audit, since, round } = await labelsSince(q, datasetId);
    if (since < every) return null;
    const figures = await roundFigures(q, { userId, datasetId });
    const { rows } = await q.query<RoundRow>(
      `insert into review_rounds (dataset_id, round, user_id, labels, audit_labels, figures) values ($1, $2, $3, $4, $5, $6)
       returning *`,
      [datasetId, round + 1, userId, labels, audit, JSON.stringify(figures)],
    );
    return roundOf(rows[0]!);
  });
}

/** Labels now, how many of them are new since the newest round, and its number (0: none yet). */
export async function labelsSince(
  q: PoolClient,
  datasetId: string,
): Promise<{ labels: number; audit: number; since: number; round: number }> {
  const { rows } = await q.query<Pick<RoundRow, 'round' | 'labels'>>(
    'select round, labels from review_rounds where dataset_id = $1 order by round desc limit 1',
    [idText(datasetId)],
  );
  const { labels, audit } = await countLabels(q, idText(datasetId));
  const newest = rows[0] ?? { round: 0, labels: 0 };
  return { labels, audit, since: Math.max(0, labels - newest.labels), round: newest.round };
}

/** The newest rounds of a dataset, newest first. */
export async function listRounds(q: PoolClient, datasetId: string): Promise<ReviewRound[]> {
  const { rows } = await q.query<RoundRow>(
    `select * from review_rounds where dataset_id = $1 order by round desc limit ${shownRounds}`,
    [idText(datasetId)],
  );
  return rows.map(roundOf);
}

function roundOf({ round, labels, audit_labels, figures, created_at }: RoundRow): ReviewRound {
  return { round, labels, audit_labels, figures, created_at: Math.floor(created_at.getTime() / 1000) };
}
