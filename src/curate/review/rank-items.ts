/** Ranks items by how much a person's word of them would tell, with a share that is drawn at random among them. */

import type { PoolClient } from 'pg';
import { auditsAmong, drawAudits } from './draw-audits.ts';
import { openField } from './field.ts';
import { most, type UsefulItem, usefulItems } from './most-useful.ts';
import { type PlacedText, placeByUse, usefulnessOf } from './place-by-use.ts';
import type { RankOf } from './rank-of.ts';
import { readSketches } from './read-sketches.ts';
import { uncertaintyAt } from './uncertainty.ts';

/** An item in its place; the figures are of [0, 1], and 0 where nothing is known. */
export interface RankedItem {
  itemId: string;
  ordinal: number;
  /** Drawn at random, not picked. */
  audit: boolean;
  /** Entropy of the models' decisions, of the most that so many models can have. */
  disagreement: number;
  /** How unsure judges are of an answer: near the threshold, by their own word, or among themselves. */
  uncertainty: number;
  /** How unlike its text is to the items with a word of a person and to those placed before it. */
  novelty: number;
  /** 0.5 disagreement + 0.3 uncertainty + 0.2 novelty. */
  usefulness: number;
  /** Items of one number have texts that are alike; null where texts were not compared. */
  cluster: number | null;
  /** What orders it in Label Studio, least first: 1 - disagreement, and of an audit item that of the picked one before it. */
  score: number;
}

/**
 * The items, most useful first, and among them those of the audit sample, so that every beginning holds their share.
 *
 * Audit items are the first of a random order by seed and item id over all items that the filter leaves, whatever `select`
 * says: no answer, judge or label has a part in it, so their labels are a random sample of all. They are as many that
 * ceil(share x items given) is met. Of that order the first share of all is never picked while others are left: what is drawn
 * later would else be a sample of what nobody found useful. Label Studio shows tasks by score and cluster. An audit item has
 * the score of its neighbour and a cluster of its own there, so that its own answers do not decide when it is labelled.
 *
 * Texts are compared of the most useful 5 x limit, of 5,000 at most; what is beyond stands behind, by disagreement and uncertainty.
 *
 *     const items = await rankItems(q, { datasetId, versionId, models: [], select: 'differences', filter: {}, limit: 100,
 *       auditShare: 0.2, seed: 1 });
 *
 * @throws AssayError invalid_parameter for a filter that is none
 */
export async function rankItems(q: PoolClient, of: RankOf): Promise<RankedItem[]> {
  const field = await openField(q, of);
  if (field === null) return [];
  const drawn = await drawAudits(q, field);
  const audits = auditsAmong(drawn, of);
  const wanted = of.select === 'audit' ? 0 : of.limit - audits.length;
  const pool = wanted > 0 ? await usefulItems(q, field, { wanted, behind: audits.at(-1)?.draw ?? null }) : [];
  const unsure = await uncertaintyAt(
    q,
    field.judges,
    audits.map(({ ordinal }) => ordinal),
  );
  const drawnItems = audits.map((item) => ({ ...item, uncertainty: unsure.get(item.ordinal) ?? 0, reserved: false }));
  const sketches = await readSketches(q, field, {
    pool: pool.slice(0, most.compared).map(({ ordinal }) => ordinal),
    audits: drawnItems.slice(0, most.compared).map(({ ordinal }) => ordinal),
  });
  const placed = await placeByUse(pool, { sketches: sketches.pool, known: sketches.known, wanted });
  const groups = placed.reduce((next, { cluster }) => Math.max(next, (cluster ?? -1) + 1), 0);
  const seen = await placeByUse(drawnItems, { sketches: sketches.audits, known: sketches.known, wanted: 0 });
  return named(q, of.versionId, interleaved(placed, numbered(seen, groups)));
}

type Placed = UsefulItem & PlacedText;
type Unnamed = Omit<RankedItem, 'itemId'>;

/** Each audit item is a group of its own. */
const numbered = (audits: Placed[], from: number): Placed[] =>
  audits.map((item, at) => ({ ...item, cluster: from + at }));

/** Any beginning of n items holds floor(n x audits / all) of the audits. */
function interleaved(picked: Placed[], audits: Placed[]): Unnamed[] {
  const all = picked.length + audits.length;
  const items: Unnamed[] = [];
  let taken = 0;
  let score = 0.5;
  for (let place = 1; place <= all; place++) {
    const audit = taken < Math.floor((place * audits.length) / all);
    const item = audit ? audits[taken++]! : picked[place - 1 - taken]!;
    if (!audit) score = Math.min(1, Math.max(0, 1 - item.disagreement));
    items.push(shown(item, audit, score));
  }
  return items;
}

function shown(item: Placed, audit: boolean, score: number): Unnamed {
  const { ordinal, disagreement, uncertainty, novelty, cluster } = item;
  return { ordinal, audit, disagreement, uncertainty, novelty, usefulness: usefulnessOf(item), cluster, score };
}

async function named(q: PoolClient, versionId: string, items: Unnamed[]): Promise<RankedItem[]> {
  const { rows } = await q.query<{ ordinal: number; item_id: string }>(
    'select ordinal, item_id from items where version_id = $1 and ordinal = any ($2::int[])',
    [versionId, items.map(({ ordinal }) => ordinal)],
  );
  const ids = new Map(rows.map((row) => [row.ordinal, row.item_id]));
  return items.map((item) => ({ itemId: ids.get(item.ordinal)!, ...item }));
}
