/** The datasets room: what routes and other rooms ask of it, over one database. */

import type { PoolClient } from 'pg';
import type { ChangeDataset, DatasetItems, DatasetObject, DatasetUse, DatasetVersion } from '../contracts/datasets.ts';
import { changeDataset } from './change-dataset.ts';
import { selectDataset, selectDatasets } from './dataset-rows.ts';
import { type DatasetUpload, type ImportDeps, type ImportedDataset, importDataset } from './import-dataset.ts';
import { listItems } from './list-items.ts';
import { listVersions } from './list-versions.ts';
import { datasetUse, removeDataset } from './remove-dataset.ts';

export interface DatasetDeps extends ImportDeps {
  /** Reading of all answers of a dataset anew, after how they are compared, or what is right, has changed. */
  reread?: {
    /** Keeps that it is to be done, in the transaction of the change. */
    plan(q: PoolClient, of: { userId: string; datasetId: string }): Promise<void>;
    /** Begins it, after the commit; returns at once. */
    start(of: { userId: string; datasetId: string }): void;
  };
}

/** Every function throws not_found for what the user does not own. */
export interface Datasets {
  import(userId: string, upload: DatasetUpload): Promise<ImportedDataset>;
  list(userId: string): Promise<DatasetObject[]>;
  get(userId: string, id: string): Promise<DatasetObject>;
  change(userId: string, id: string, change: ChangeDataset): Promise<DatasetObject>;
  /** The newest first. */
  versions(userId: string, id: string): Promise<DatasetVersion[]>;
  /** A page of the newest version's items, behind the ordinal `after`. */
  items(userId: string, id: string, page: { after?: number; limit: number }): Promise<DatasetItems>;
  use(userId: string, id: string): Promise<DatasetUse>;
  remove(userId: string, id: string): Promise<DatasetUse>;
}

/** @example openDatasets({ db, limits: { maxItems: 1_000_000, blockRows: 1000, lineMaxBytes: 33_554_432 } }) */
export function openDatasets(deps: DatasetDeps): Datasets {
  const { db } = deps;
  return {
    import: (userId, upload) => importDataset(deps, userId, upload),
    list: (userId) => db.asUser(userId, (q) => selectDatasets(q, userId)),
    get: (userId, id) => db.asUser(userId, (q) => selectDataset(q, userId, id)),
    async change(userId, id, change) {
      const of = { userId, datasetId: id };
      let planned = false;
      const reread = async (q: PoolClient) => {
        await deps.reread?.plan(q, of);
        planned = true;
      };
      const changed = await changeDataset(db, userId, { id, change, reread });
      if (planned) deps.reread?.start(of);
      return changed;
    },
    versions: (userId, id) => listVersions(db, userId, id),
    items: (userId, id, page) => listItems(db, userId, { id, ...page }),
    use: (userId, id) => datasetUse(db, userId, id),
    remove: (userId, id) => removeDataset(db, userId, id),
  };
}
