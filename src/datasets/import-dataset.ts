/** Imports an uploaded file as a dataset, or as a new version of one, in one transaction and in flat memory. */

import { randomBytes } from 'node:crypto';
import { extname } from 'node:path';
import type { PoolClient } from 'pg';
import type { Column, DatasetObject, Reading } from '../contracts/datasets.ts';
import type { Log } from '../contracts/log.ts';
import type { Database } from '../db/database.ts';
import { AssayError } from '../errors.ts';
import { analyzeAfter } from './analyze-tables.ts';
import { cleanLine } from './clean-line.ts';
import { lockDataset, noReading, selectDataset } from './dataset-rows.ts';
import { type ItemId, inputJson, itemIdOf, labelsOf, wordsOf } from './derive-item.ts';
import { gatherColumns } from './gather-columns.ts';
import { type EffectiveReading, fillReading } from './guess-reading.ts';
import { type ItemSink, openItemSink, RepeatedIds } from './item-sink.ts';
import { detectFormat, type InputFormat, readRows } from './read-rows.ts';
import { rederiveItems, tallyVersion } from './rederive-items.ts';
import { findRepeatedId } from './repeated-id.ts';
import type { Row } from './row.ts';

/** Rows looked at before the import, to guess where category and expected answer stand. */
const sampleRows = 1000;
const maxNameChars = 200;

export interface ImportDeps {
  db: Database;
  limits: { maxItems: number; blockRows: number; lineMaxBytes: number };
  log?: Log;
}

/** A file on the disk: `filename` as the client called it; `datasetId` where it becomes a version of that dataset. */
export interface DatasetUpload {
  path: string;
  filename: string;
  bytes: number;
  sha256: Buffer;
  name?: string;
  datasetId?: string;
}

export type ImportedDataset = DatasetObject & { duplicate_of: string | null };

/** What one attempt knows. */
interface Attempt extends ImportDeps {
  userId: string;
  upload: DatasetUpload;
  format: InputFormat;
  sample: { columns: Column[]; rows: number };
  /** Whether the field `id` gives ids. */
  useId: boolean;
}

/** Thrown out of the transaction when the content is there already. */
class SameContent extends Error {}

/**
 * The new dataset; the one that has this very content already with `duplicate_of`, and nothing was made.
 * @throws AssayError not_found (datasetId), input_invalid or input_unreadable with the place; nothing stays behind.
 */
export async function importDataset(deps: ImportDeps, userId: string, upload: DatasetUpload): Promise<ImportedDataset> {
  const { datasetId } = upload;
  if (datasetId !== undefined) await deps.db.asUser(userId, (q) => selectDataset(q, userId, datasetId));
  const first = await findSame(deps.db, userId, upload.sha256);
  if (first !== null) return first;
  const format = await detectFormat(upload.path, upload.filename);
  const attempt = { ...deps, userId, upload, format, sample: await sampleOf(deps, upload, format), useId: true };
  try {
    return await importAs(attempt);
  } catch (error) {
    if (!(error instanceof SameContent)) throw error;
    // The import that was waited for has it; looked for anew, since it may be gone again.
    return importDataset(deps, userId, upload);
  }
}

async function findSame(db: Database, userId: string, hash: Buffer): Promise<ImportedDataset | null> {
  return db.asUser(userId, async (q) => {
    const { rows } = await q.query<{ dataset_id: string }>(
      'select dataset_id from dataset_versions where user_id = $1 and content_hash = $2',
      [userId, hash],
    );
    const id = rows[0]?.dataset_id;
    return id === undefined ? null : { ...(await selectDataset(q, userId, id)), duplicate_of: id };
  });
}

/** A field `id` whose values repeat (a conversation's, a document's) is no id of the rows: then they are numbered. */
async function importAs(attempt: Attempt): Promise<ImportedDataset> {
  try {
    const imported = await attempt.db.asUser(attempt.userId, (q) => importInto(q, attempt));
    await analyzeAfter(attempt, imported.count, ['items']);
    return imported;
  } catch (error) {
    if (!(error instanceof RepeatedIds)) throw error;
    const { ids } = error;
    const fault = await findRepeatedId({ rows: rowsOf(attempt), file: attempt.upload.filename, ids, ...attempt });
    if (fault.from !== 'id') throw fault.error;
    return importAs({ ...attempt, useId: false });
  }
}

async function importInto(q: PoolClient, attempt: Attempt): Promise<ImportedDataset> {
  const { userId, upload } = attempt;
  const target = await openVersion(q, attempt);
  const reading = fillReading(target.reading, attempt.sample.columns, attempt.sample.rows);
  const { items, columns } = await copyItems(q, attempt, { ...target, reading });
  await q.query('update dataset_versions set items = $2, columns = $3 where version_id = $1', [
    target.versionId,
    items,
    JSON.stringify(columns),
  ]);
  const settled = fillReading(target.reading, columns, items);
  if (JSON.stringify(settled) !== JSON.stringify(reading)) {
    await rederiveItems(q, target.versionId, settled);
  }
  await tallyVersion(q, target.versionId);
  if (upload.datasetId !== undefined && upload.name !== undefined) {
    await q.query('update datasets set name = $2 where dataset_id = $1', [target.datasetId, datasetName(upload)]);
  }
  return { ...(await selectDataset(q, userId, target.datasetId)), duplicate_of: null };
}

/** The row of the new version, and of its dataset where that is new. Waits for an import of the same content, if one runs. */
async function openVersion(q: PoolClient, { userId, upload, format }: Attempt) {
  const isNew = upload.datasetId === undefined;
  const datasetId = upload.datasetId ?? `ds_${randomBytes(12).toString('hex')}`;
  const versionId = `dv_${randomBytes(12).toString('hex')}`;
  let reading: Reading = noReading;
  if (isNew) {
    await q.query('insert into datasets (dataset_id, user_id, name) values ($1, $2, $3)', [
      datasetId,
      userId,
      datasetName(upload),
    ]);
  } else {
    reading = (await lockDataset(q, { userId, id: datasetId, lock: 'for no key update' })).reading;
  }
  const { rowCount } = await q.query(
    `insert into dataset_versions (version_id, user_id, dataset_id, content_hash, ordinal, filename, format, bytes, items)
     select $1, $2, $3, $4, coalesce(max(ordinal), 0) + 1, $5, $6, $7, 0 from dataset_versions where dataset_id = $3
     on conflict (user_id, content_hash) do nothing`,
    [versionId, userId, datasetId, upload.sha256, cleanLine(upload.filename, 255), format, upload.bytes],
  );
  if (rowCount === 0) throw new SameContent();
  return { datasetId, versionId, reading };
}

const datasetName = ({ name, filename }: DatasetUpload): string =>
  cleanLine(name ?? '', maxNameChars) ||
  cleanLine(filename.slice(0, filename.length - extname(filename).length), maxNameChars) ||
  'dataset';

async function copyItems(
  q: PoolClient,
  attempt: Attempt,
  target: { versionId: string; reading: EffectiveReading },
): Promise<{ items: number; columns: Column[] }> {
  const { userId, limits } = attempt;
  const fields = gatherColumns();
  const sink = await openItemSink(q, { versionId: target.versionId, userId, blockRows: limits.blockRows });
  let items = 0;
  try {
    for await (const row of rowsOf(attempt)) {
      if (items === limits.maxItems) throw tooMany(attempt);
      const wait = put(sink, row, { ...attempt, reading: target.reading });
      fields.see(row.values);
      items += 1;
      if (wait !== undefined) await wait;
    }
    await sink.end();
  } finally {
    await sink.settle();
  }
  return { items, columns: fields.columns() };
}

function put(
  sink: ItemSink,
  row: Row,
  how: { upload: DatasetUpload; useId: boolean; reading: EffectiveReading },
): Promise<void> | undefined {
  const { filename } = how.upload;
  const input = inputJson(row, filename);
  const { itemId }: ItemId = itemIdOf(row, filename, how.useId);
  const labels = labelsOf(row.values, itemId, how.reading);
  const words = wordsOf(row.values, { itemId, name: labels.name });
  return sink.write({ ordinal: row.number - 1, itemId, ...labels, input, words });
}

function rowsOf({ upload, format, limits }: Pick<Attempt, 'upload' | 'format' | 'limits'>): AsyncGenerator<Row> {
  return readRows(upload.path, { format, maxLineBytes: limits.lineMaxBytes, shownAs: upload.filename });
}

async function sampleOf(deps: ImportDeps, upload: DatasetUpload, format: InputFormat): Promise<Attempt['sample']> {
  const fields = gatherColumns();
  let rows = 0;
  for await (const row of rowsOf({ ...deps, upload, format })) {
    fields.see(row.values);
    rows += 1;
    if (rows === sampleRows) break;
  }
  return { columns: fields.columns(), rows };
}

const tooMany = ({ upload, limits }: Attempt): AssayError =>
  new AssayError('input_unreadable', {
    file: upload.filename,
    problem: `there are more than ${limits.maxItems} items; split the file, or raise ASSAY_DATASET_MAX_ITEMS`,
  });
