/** Answers one page of the grid: rows chosen, counted and sorted in the database, with the cells of their models. */

import type { PoolClient } from 'pg';
import type { AnnotationKind, GridItem, GridPage, GridQuery } from '../contracts/workbench.ts';
import { newestVersion, type Version } from '../datasets/version-items.ts';
import type { Database } from '../db/database.ts';
import { type CellRow, differences, gridCellColumns, toCell } from './cell.ts';
import { type Place, readCursor, writeCursor } from './grid-cursor.ts';
import { filterSql, searchOf } from './grid-filter.ts';
import { type CurrentRun, currentRuns } from './grid-models.ts';
import { type Chosen, countRows, type RowPlace, selectPlaces } from './grid-rows.ts';
import { type FoundPage, searchFirst } from './grid-search.ts';

/** Throws not_found for the dataset, invalid_parameter for an unknown model or cursor. */
export async function gridPage(db: Database, userId: string, query: GridQuery): Promise<GridPage> {
  const after = query.after === undefined ? null : readCursor(query.sort, query.after);
  return db.asUser(userId, async (q) => {
    const version = await newestVersion(q, userId, query.dataset_id);
    const runs = await currentRuns(q, version.versionId, query.models);
    const { places, filtered, estimated, skipped } = await placesOf(q, { version, query }, after);
    const page = places.slice(0, query.limit);
    const items = shortened(await itemsAt(q, { version, runs }, page), query.preview);
    const last = page.at(-1);
    return {
      total: version.items,
      filtered,
      estimated,
      next:
        last !== undefined && places.length > page.length
          ? writeCursor(query.sort, { ...last, filtered, estimated })
          : null,
      ...(skipped === undefined ? {} : { skipped }),
      models: runs.map((run) => run.modelId),
      items,
    };
  });
}

/** A place more than the page has, where there is one; rows are counted for the first page alone. */
async function placesOf(
  q: PoolClient,
  { version, query }: { version: Version; query: GridQuery },
  after: Place | null,
): Promise<FoundPage & { skipped?: number | undefined }> {
  if (after === null && searchOf(query) !== null) return searchFirst(q, version, query);
  const values: unknown[] = [version.versionId];
  const condition = filterSql(query, values, after?.estimated ? 'rows' : 'index');
  const chosen = { condition, values };
  const from = await passOver(q, { query, chosen }, after);
  const places = await selectPlaces(q, chosen, { sort: query.sort, after: from, limit: query.limit + 1 });
  const { skip: skipped } = query;
  if (after !== null) return { places, filtered: after.filtered, estimated: after.estimated, skipped };
  // A first page that holds all there is has counted it.
  const counted = from === null && places.length <= query.limit ? places.length : null;
  const whole = condition === 'true' ? version.items : null;
  return { places, filtered: whole ?? counted ?? (await countRows(q, chosen)), estimated: false, skipped };
}

/** The place `skip` rows behind `after`; only ordinals and sort values are read on the way. */
async function passOver(
  q: PoolClient,
  { query, chosen }: { query: GridQuery; chosen: Chosen },
  after: RowPlace | null,
): Promise<RowPlace | null> {
  const { sort, skip = 0 } = query;
  if (skip === 0) return after;
  // All items in their order are numbered without a gap.
  if (chosen.condition === 'true' && sort === 'position') {
    return { value: null, ordinal: (after?.ordinal ?? -1) + skip };
  }
  return (await selectPlaces(q, chosen, { sort, after, limit: skip })).at(-1) ?? after;
}

/** Cells with their content cut at `preview` characters, where it is given. */
function shortened(items: GridItem[], preview: number | undefined): GridItem[] {
  if (preview === undefined) return items;
  for (const cell of items.flatMap((item) => Object.values(item.results))) {
    if ((cell.content?.length ?? 0) <= preview) continue;
    cell.content = cell.content!.slice(0, preview);
    cell.cut = true;
  }
  return items;
}

interface ItemRow {
  ordinal: number;
  item_id: string;
  name: string;
  category: string | null;
  classes: Record<string, Record<string, number>> | null;
}

async function itemsAt(
  q: PoolClient,
  { version, runs }: { version: Version; runs: CurrentRun[] },
  places: RowPlace[],
): Promise<GridItem[]> {
  if (places.length === 0) return [];
  const ordinals = places.map((place) => place.ordinal);
  const models = runs.map((run) => run.modelId);
  const { rows: items } = await q.query<ItemRow>(
    `select i.ordinal, i.item_id, i.name, i.category, s.classes
     from items i left join item_states s on s.version_id = i.version_id and s.ordinal = i.ordinal
     where i.version_id = $1 and i.ordinal = any ($2::int[])`,
    [version.versionId, ordinals],
  );
  const { rows: cells } = await q.query<CellRow>(
    `select ${gridCellColumns} from answers a where a.run_id = any ($1::text[]) and a.ordinal = any ($2::int[])`,
    [runs.map((run) => run.runId), ordinals],
  );
  const said = await annotationsOf(q, version.datasetId, items);
  const results = new Map<number, GridItem['results']>(ordinals.map((ordinal) => [ordinal, {}]));
  const idOf = new Map(items.map((item) => [item.ordinal, item.item_id]));
  for (const cell of cells) {
    const annotation = said.get(`${cell.model_id}\n${idOf.get(cell.ordinal)}`) ?? null;
    results.get(cell.ordinal)![cell.model_id] = toCell(cell, annotation);
  }
  const byOrdinal = new Map(
    items.map(({ ordinal, item_id, name, category, classes }) => [
      ordinal,
      {
        candidate_id: item_id,
        ordinal,
        name,
        category,
        ...differences(classes, models),
        results: results.get(ordinal)!,
      },
    ]),
  );
  return ordinals.map((ordinal) => byOrdinal.get(ordinal)!);
}

/** What is said of the answers to `items`, by model and item. */
export async function annotationsOf(
  q: PoolClient,
  datasetId: string,
  items: { item_id: string }[],
): Promise<Map<string, AnnotationKind>> {
  const { rows } = await q.query<{ item_id: string; model_id: string; kind: AnnotationKind }>(
    `select item_id, model_id, kind from annotations
     where dataset_id = $1 and item_id = any ($2::text[]) and kind is not null`,
    [datasetId, items.map((item) => item.item_id)],
  );
  return new Map(rows.map((row) => [`${row.model_id}\n${row.item_id}`, row.kind]));
}
