/** What the grid shows: rows as they are looked at, filled in place as results land, never moved under the reader. */

import type { AnnotationKind, GridItem, GridPage } from '../../../src/contracts/workbench.ts';
import type { LiveNews, LiveResult } from '../api/live-inbox.ts';
import { createGridRows, type GridRows } from './grid-rows.ts';
import { createPageLoader, type FetchPage } from './page-loader.ts';
import { PAGE } from './page-window.ts';

const RELOAD_MS = 1000;
/** Time in which several changes of runs become one fetch. */
const SETTLE_MS = 100;
/** Pages that a search for a row fetches at most. */
export const SEARCHED = 60;

export interface GridSnapshot {
  /** null until the first page is there. */
  total: number | null;
  /** Rows that the filter chooses. */
  rows: number;
  /** Whether that is an estimate. */
  about: boolean;
  models: readonly string[];
  error: Error | null;
  /** Results and annotations since the rows were chosen and ordered, that might change either. */
  missed: number;
}

export interface GridStoreOptions {
  datasetId: string;
  /** Whether the rows are all items in their order, so that nothing that lands can move them. */
  plain: boolean;
  /** Whether the columns are chosen; else every model is one. */
  chosen: boolean;
  fetchPage: FetchPage;
}

export type GridStore = ReturnType<typeof createGridStore>;

export function createGridStore(options: GridStoreOptions) {
  const listeners = new Set<() => void>();
  let rows = createGridRows(options.plain);
  let snapshot: GridSnapshot = { total: null, rows: 0, about: false, models: [], error: null, missed: 0 };
  /** Whether rows are there since they were last chosen. */
  let chosen = false;
  let reloading: ReturnType<typeof setTimeout> | null = null;

  const tell = (change: Partial<GridSnapshot> = {}) => {
    snapshot = { ...snapshot, ...change };
    for (const listener of listeners) listener();
  };
  const loader = createPageLoader({
    rows: () => rows,
    fetchPage: options.fetchPage,
    onPage(fetch, page) {
      rows.file(fetch, page);
      const seen = afterPage(snapshot, page, rows.count(page.filtered));
      // With other columns, other rows may pass the filter.
      const moved = chosen && !options.plain && seen.models !== snapshot.models;
      chosen = true;
      tell({ ...seen, missed: snapshot.missed + (moved ? 1 : 0) });
    },
    onError: (error) => tell({ error }),
  });
  const reload = (ms: number) => {
    reloading ??= setTimeout(() => {
      reloading = null;
      rows.markStale();
      loader.pump();
    }, ms);
  };

  return {
    snapshot: () => snapshot,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    row: (index: number): GridItem | undefined => rows.row(index),
    placeOf: (candidateId: string): number | undefined => rows.placeOf(candidateId),
    /** Says which rows are seen, and whether the scrolling goes down. */
    see: (from: number, to: number, down = true) => loader.see({ from, to, count: snapshot.rows, down }),
    hear({ results, annotations, runs, returned, behind }: LiveNews) {
      const mine = results.filter((result) => result.dataset_id === options.datasetId);
      const said = annotations.filter((each) => each.dataset_id === options.datasetId);
      const fresh = mine.some(({ model_id }) => !snapshot.models.includes(model_id));
      if (behind || returned) reload(0);
      else if (runs.has(options.datasetId)) reload(SETTLE_MS);
      else if (options.chosen ? options.plain && mine.length > 0 : fresh) reload(RELOAD_MS);
      const landed = mine.filter(
        (result) => snapshot.models.includes(result.model_id) && land({ rows, result, chosen: options.chosen }),
      );
      const marked = said.filter((each) => rows.annotate(each.candidate_id, each.model_id, each.kind));
      const missed = options.plain ? 0 : mine.length + said.length;
      if (landed.length + marked.length + missed > 0) tell({ missed: snapshot.missed + missed });
    },
    annotate: (on: Annotated) => annotateNow({ rows: () => rows, tell, on }),
    /** The next row (or, with -1, the one before) that passes; null when none is near. */
    find: (from: number, step: 1 | -1, test: (item: GridItem) => boolean) =>
      findRow({ rows: () => rows, load: loader.load, count: () => snapshot.rows }, { from, step, test }),
    /** Chooses and orders the rows anew. */
    renew() {
      loader.stop();
      rows = createGridRows(options.plain);
      chosen = false;
      tell({ missed: 0, error: null });
      loader.pump();
    },
    /** Fetches what is shown again, every row staying where it is. */
    reload: () => reload(0),
    open: () => loader.pump(),
    close() {
      loader.stop();
      if (reloading !== null) clearTimeout(reloading);
      reloading = null;
    },
    options,
  };
}

function afterPage({ models }: GridSnapshot, page: GridPage, rows: number) {
  const about = page.estimated === true;
  return { total: page.total, rows, about, models: sameList(models, page.models), error: null };
}

/** Fills the cell of a result; false when its row is not in memory. */
function land({ rows, result, chosen }: { rows: GridRows; result: LiveResult; chosen: boolean }): boolean {
  // What differs is told over all models; over chosen ones only the server can say it.
  const differs = chosen ? {} : { differs: result.differs, diff_fields: result.diff_fields };
  const { model_id, cell } = result;
  return rows.put(result.candidate_id, (item) => ({
    ...item,
    ...differs,
    results: { ...item.results, [model_id]: cell },
  }));
}

export interface Annotated {
  candidateId: string;
  modelId: string;
  kind: AnnotationKind | null;
}

interface Rows {
  rows(): GridRows;
}

/** Shows an annotation at once; gives what takes it back. */
function annotateNow({ rows, tell, on }: Rows & { tell(): void; on: Annotated }): () => void {
  const { candidateId, modelId, kind } = on;
  const before = rows().row(rows().placeOf(candidateId) ?? -1)?.results[modelId]?.annotation ?? null;
  if (rows().annotate(candidateId, modelId, kind)) tell();
  return () => {
    if (rows().annotate(candidateId, modelId, before)) tell();
  };
}

async function findRow(
  { rows, load, count }: Rows & { load(page: number): Promise<boolean>; count(): number },
  { from, step, test }: { from: number; step: 1 | -1; test(item: GridItem): boolean },
): Promise<number | null> {
  const mine = rows();
  let fetched = 0;
  for (let index = from + step; index >= 0 && index < count() && mine === rows(); index += step) {
    const page = Math.floor(index / PAGE);
    while (!mine.has(page)) {
      if (fetched++ >= SEARCHED || !(await load(page))) return null;
      mine.keepNear(page);
    }
    const row = mine.row(index);
    if (row && test(row)) return index;
  }
  return null;
}

/** The list there was, when it says the same, so that nothing is drawn anew. */
function sameList(before: readonly string[], now: readonly string[]): readonly string[] {
  return before.length === now.length && before.every((each, i) => each === now[i]) ? before : now;
}
