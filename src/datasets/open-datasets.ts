/** The datasets room: what routes and other rooms ask of it, over one database. */

import type { ChangeDataset, DatasetItems, DatasetObject, DatasetUse } from '../contracts/datasets.ts';
import { changeDataset } from './change-dataset.ts';
import { selectDataset, selectDatasets } from './dataset-rows.ts';
import { type DatasetUpload, type ImportDeps, type ImportedDataset, importDataset } from './import-dataset.ts';
import { listItems } from './list-items.ts';
import { datasetUse, removeDataset } from './remove-dataset.ts';

/** `comparingChanged` hears, after the commit, that answers are to be compared anew: another decision path, rule or normaliser. */
export interface DatasetDeps extends ImportDeps {
  comparingChanged?(userId: string, datasetId: string): Promise<void>;
}

/** Every function throws not_found for what the user does not own. */
export interface Datasets {
  import(userId: string, upload: DatasetUpload): Promise<ImportedDataset>;
  list(userId: string): Promise<DatasetObject[]>;
  get(userId: string, id: string): Promise<DatasetObject>;
  change(userId: string, id: string, change: ChangeDataset): Promise<DatasetObject>;
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
      const changed = await changeDataset(db, userId, { id, change });
      if (change.comparing !== undefined) await deps.comparingChanged?.(userId, id);
      return changed;
    },
    items: (userId, id, page) => listItems(db, userId, { id, ...page }),
    use: (userId, id) => datasetUse(db, userId, id),
    remove: (userId, id) => removeDataset(db, userId, id),
  };
}
