/** Finds the first page of a search, fast for rare and for common words: out of the index, or row by row with an estimate. */

import type { PoolClient } from 'pg';
import type { GridQuery } from '../contracts/workbench.ts';
import type { Version } from '../datasets/version-items.ts';
import { filterSql } from './grid-filter.ts';
import { countRows, type RowPlace, selectFirst, selectPlaces } from './grid-rows.ts';
import { seededRandom } from './random.ts';

export interface FoundPage {
  /** Up to one more than the page has. */
  places: RowPlace[];
  filtered: number;
  estimated: boolean;
}

/** In versions of fewer items the index alone is fast enough for any word. */
const smallVersion = 5000;
const sampleItems = 400;
/** Share of the sampled rows from which words are common: reading the index for them takes seconds at 500,000 answers. */
const commonShare = 0.1;
/** Of fewer sampled rows that the other filters keep, there are few enough to look at each one. */
const fewRows = 10;
const countedRows = 50;

/**
 * The first page of a query with words. A sample of the rows that the other filters keep tells how common the words are;
 * where they are common the count is an estimate from it.
 */
export async function searchFirst(q: PoolClient, version: Version, query: GridQuery): Promise<FoundPage> {
  const page = { sort: query.sort, limit: query.limit + 1 };
  const values: unknown[] = [version.versionId];
  const sample = version.items < smallVersion ? null : await sampleRows(q, version, query);
  if (sample === null || (sample.kept >= fewRows && sample.hits <= sample.kept * commonShare)) {
    const condition = filterSql(query, values, 'index');
    return { ...(await selectFirst(q, { condition, values }, page)), estimated: false };
  }
  const chosen = { condition: filterSql(query, values, 'rows'), values };
  const places = await selectPlaces(q, chosen, { ...page, after: null });
  if (places.length < page.limit) return { places, filtered: places.length, estimated: false };
  if (sample.kept < countedRows) return { places, filtered: await countRows(q, chosen), estimated: false };
  const rest: unknown[] = [version.versionId];
  const condition = filterSql({ ...query, q: undefined }, rest);
  const others = condition === 'true' ? version.items : await countRows(q, { condition, values: rest });
  const filtered = Math.max(places.length, Math.round((others * sample.hits) / sample.kept));
  return { places, filtered, estimated: true };
}

/** Of rows from all over the version: how many the other filters keep, and how many of those hold the words. */
async function sampleRows(q: PoolClient, version: Version, query: GridQuery): Promise<{ kept: number; hits: number }> {
  const step = version.items / sampleItems;
  // One in each stretch, not always its first: files may repeat with some period.
  const random = seededRandom(1);
  const places = Array.from({ length: sampleItems }, (_, i) => Math.floor((i + random()) * step));
  const values: unknown[] = [version.versionId, places];
  const others = filterSql({ ...query, q: undefined }, values);
  const words = filterSql({ ...emptyFilter, dataset_id: query.dataset_id, q: query.q }, values, 'rows');
  const { rows } = await q.query<{ kept: number; hits: number }>(
    `select count(*)::int as kept, count(*) filter (where ${words})::int as hits
     from items i left join item_states s on s.version_id = i.version_id and s.ordinal = i.ordinal
     where i.version_id = $1 and i.ordinal = any ($2::int[]) and ${others}`,
    values,
  );
  return rows[0]!;
}

const emptyFilter = { models: [], filter: [], differs_at: [], agree_on: [], category: [], decided: [] };
