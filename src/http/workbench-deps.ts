/** The rooms of the workbench as the routes see them. Every function throws not_found for what the user does not own. */

import type { Readable } from 'node:stream';
import type {
  AnnotationObject,
  BulkAnnotation,
  ExampleLibrary,
  ExampleRequest,
  ExportFormat,
  GoldenSet,
  NewAnnotation,
  TemplateObject,
} from '../contracts/curation.ts';
import type { ChangeDataset, DatasetItems, DatasetObject, DatasetUse } from '../contracts/datasets.ts';
import type { ActiveRun, Estimate, ImportedRun, NewRun, RunObject } from '../contracts/runs.ts';
import type {
  Agreement,
  AnnotationKind,
  GridFilter,
  GridPage,
  GridQuery,
  LiveMessage,
  Stats,
  WholeItem,
} from '../contracts/workbench.ts';

export interface DatasetRoom {
  /** Reads the file at `path`. With `datasetId` it becomes a new version of that dataset. */
  import(
    userId: string,
    upload: { path: string; filename: string; bytes: number; sha256: Buffer; name?: string; datasetId?: string },
  ): Promise<DatasetObject & { duplicate_of: string | null }>;
  list(userId: string): Promise<DatasetObject[]>;
  get(userId: string, id: string): Promise<DatasetObject>;
  change(userId: string, id: string, change: ChangeDataset): Promise<DatasetObject>;
  /** A page of the newest version's items, behind the ordinal `after`. */
  items(userId: string, id: string, page: { after?: number; limit: number }): Promise<DatasetItems>;
  /** What a deletion would take with it. */
  use(userId: string, id: string): Promise<DatasetUse>;
  remove(userId: string, id: string): Promise<DatasetUse>;
}

export interface RunRoom {
  estimate(userId: string, run: NewRun): Promise<Estimate[]>;
  start(userId: string, run: NewRun): Promise<RunObject[]>;
  /** Answers made elsewhere. `modelId` is not needed for a CSV with a column per model. */
  import(
    userId: string,
    upload: { path: string; filename: string; sha256: Buffer; datasetId: string; modelId?: string },
  ): Promise<ImportedRun[]>;
  list(
    userId: string,
    query: { datasetId?: string; after?: string; limit: number },
  ): Promise<{ data: RunObject[]; has_more: boolean }>;
  active(userId: string): Promise<ActiveRun[]>;
  get(userId: string, id: string): Promise<RunObject>;
  cancel(userId: string, id: string): Promise<RunObject>;
  retry(userId: string, id: string): Promise<RunObject>;
  /** The same run anew; it takes the old one's place in the grid. */
  again(userId: string, id: string): Promise<RunObject>;
  remove(userId: string, id: string): Promise<void>;
}

export interface GridRoom {
  page(userId: string, query: GridQuery): Promise<GridPage>;
  item(userId: string, datasetId: string, candidateId: string): Promise<WholeItem>;
  stats(userId: string, filter: GridFilter): Promise<Stats>;
  agreement(userId: string, query: { filter: GridFilter; field?: string }): Promise<Agreement>;
}

export interface CurationRoom {
  annotate(
    userId: string,
    on: { kind: AnnotationKind; datasetId: string; candidateId: string; body: NewAnnotation },
  ): Promise<AnnotationObject>;
  /** Takes the annotation back when it is of that kind. */
  clear(
    userId: string,
    on: { kind: AnnotationKind; datasetId: string; candidateId: string; modelId: string },
  ): Promise<AnnotationObject>;
  /** What stood there before the last change. */
  undo(userId: string, on: { datasetId: string; candidateId: string; modelId: string }): Promise<AnnotationObject>;
  /** Rows the change is for; `done` says whether it was made. */
  bulk(userId: string, bulk: BulkAnnotation): Promise<{ count: number; done: boolean }>;
  /** What is said, newest change first; `next` is the `after` of the next page. */
  annotations(
    userId: string,
    query: { datasetId: string; after?: number; limit: number },
  ): Promise<{ data: AnnotationObject[]; next: number | null }>;
  makeGoldenSet(userId: string, set: { name: string; filter: GridFilter }): Promise<GoldenSet>;
  goldenSets(userId: string, datasetId: string): Promise<GoldenSet[]>;
  goldenSetItems(userId: string, id: string): Readable;
  removeGoldenSet(userId: string, id: string): Promise<void>;
  examples(userId: string, request: ExampleRequest): Promise<ExampleLibrary>;
  templates(userId: string): Promise<TemplateObject[]>;
  keepTemplate(
    userId: string,
    template: { name: string; text: string; example_items: string[] },
  ): Promise<TemplateObject>;
  removeTemplate(userId: string, id: string): Promise<void>;
  /** Streams the annotated answers (or, with `all`, every answer) that the filter chooses. */
  export(
    userId: string,
    query: { format: ExportFormat; filter: GridFilter; all: boolean },
  ): Promise<{ filename: string; contentType: string; content: Readable }>;
}

export interface LiveRoom {
  /**
   * Follows what lands, from `since` on (now, when absent). `send` gives false while the client is slow: then only the
   * newest progress is kept and results are caught up by page, in order, without a gap or a double.
   */
  subscribe(
    userId: string,
    on: { since?: number; datasetId?: string; send(message: LiveMessage): boolean },
  ): { drained(): void; close(): void };
}

/** What the workbench's routes are handed. */
export interface WorkbenchDeps {
  datasets: DatasetRoom;
  runs: RunRoom;
  grid: GridRoom;
  curation: CurationRoom;
  live: LiveRoom;
  /** The effective settings, secrets left out: name, value, where it comes from, unit, meaning. */
  settings(): { name: string; value: unknown; source: string; unit: string; description: string }[];
}
