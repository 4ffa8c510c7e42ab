/** Answers everything there is of one item: its input, and of each model the whole answer, what was sent and what was said. */

import type { PoolClient } from 'pg';
import type { AnnotationKind, WholeItem } from '../contracts/workbench.ts';
import { idText, newestVersion, type Version } from '../datasets/version-items.ts';
import type { Database } from '../db/database.ts';
import { AssayError } from '../errors.ts';
import { type CellRow, differences, toCell, wholeCellColumns } from './cell.ts';
import { currentRuns } from './grid-models.ts';

interface ItemRow {
  ordinal: number;
  item_id: string;
  name: string;
  category: string | null;
  truth: string | null;
  input: unknown;
  classes: Record<string, Record<string, number>> | null;
}

const selectItem = `
  select i.ordinal, i.item_id, i.name, i.category, i.truth, i.input, s.classes
  from items i left join item_states s on s.version_id = i.version_id and s.ordinal = i.ordinal
  where i.version_id = $1 and i.item_id = $2`;

// Line n of a run's batch is the item at place n of runs.items; without a list it is item n - 1.
const selectCells = `
  select ${wholeCellColumns}, b.body as request
  from answers a join runs r on r.run_id = a.run_id
  left join requests b on b.batch_id = r.batch_id
    and b.line = case when r.items is null then a.ordinal + 1 else array_position(r.items, a.ordinal) end
  where a.run_id = any ($1::text[]) and a.ordinal = $2`;

/** Throws not_found for the dataset or the item. */
export async function wholeItem(
  db: Database,
  userId: string,
  of: { datasetId: string; candidateId: string },
): Promise<WholeItem> {
  return db.asUser(userId, async (q) => {
    const version = await newestVersion(q, userId, of.datasetId);
    const { rows } = await q.query<ItemRow>(selectItem, [version.versionId, idText(of.candidateId)]);
    const item = rows[0];
    if (item === undefined) {
      const list = `/admin/workbench/results?dataset_id=${of.datasetId}`;
      throw new AssayError('not_found', { kind: 'item', id: of.candidateId, list }, { param: 'candidate_id' });
    }
    const runs = await currentRuns(q, version.versionId, []);
    return {
      candidate_id: item.item_id,
      ordinal: item.ordinal,
      name: item.name,
      category: item.category,
      truth: item.truth,
      input: item.input,
      ...differences(
        item.classes,
        runs.map((run) => run.modelId),
      ),
      results: await resultsOf(q, { version, item, runIds: runs.map((run) => run.runId) }),
    };
  });
}

async function resultsOf(
  q: PoolClient,
  { version, item, runIds }: { version: Version; item: ItemRow; runIds: string[] },
): Promise<WholeItem['results']> {
  const { rows } = await q.query<CellRow & { request: string | null }>(selectCells, [runIds, item.ordinal]);
  const said = await annotationDetails(q, version.datasetId, item.item_id);
  rows.sort((a, b) => runIds.indexOf(a.run_id) - runIds.indexOf(b.run_id));
  return Object.fromEntries(
    rows.map((row) => {
      const detail = said.get(row.model_id) ?? null;
      const request = row.request === null ? null : (JSON.parse(row.request) as unknown);
      return [row.model_id, { ...toCell(row, detail?.kind ?? null), request, annotation_detail: detail }];
    }),
  );
}

type Detail = NonNullable<WholeItem['results'][string]['annotation_detail']>;

async function annotationDetails(q: PoolClient, datasetId: string, itemId: string): Promise<Map<string, Detail>> {
  const { rows } = await q.query<Detail & { model_id: string; kind: AnnotationKind }>(
    `select model_id, kind, content, note, annotator, extract(epoch from created_at)::int as created_at
     from annotations where dataset_id = $1 and item_id = $2 and kind is not null`,
    [datasetId, itemId],
  );
  return new Map(rows.map(({ model_id, ...detail }) => [model_id, detail]));
}
