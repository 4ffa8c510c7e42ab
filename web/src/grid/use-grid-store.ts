/** The rows for a view; while those of a new view are fetched, the ones before stay on screen. */

import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { GridPage } from '../../../src/contracts/workbench.ts';
import { useNews } from '../api/browser-live.ts';
import { getJson } from '../api/client.ts';
import { conditions, filterParams, type View } from '../workbench/view.ts';
import { createGridStore, type GridSnapshot, type GridStore } from './grid-store.ts';

/** Characters of an answer that a cell shows at most. */
const PREVIEW = 280;

export interface ShownGrid {
  store: GridStore;
  snapshot: GridSnapshot;
  /** The rows belong to the view before this one. */
  old: boolean;
}

export function useGridStore(view: View): ShownGrid {
  const filter = filterParams(view).toString();
  const { dataset, sort } = view;
  const plain = sort === 'position' && conditions(view) === 0;
  const chosen = view.models.length > 0;
  const store = useMemo(() => {
    const base = new URLSearchParams(filter);
    base.set('dataset_id', dataset ?? '');
    base.set('sort', sort);
    base.set('preview', String(PREVIEW));
    return createGridStore({
      datasetId: dataset ?? '',
      plain,
      chosen,
      fetchPage({ after, skip, limit }, signal) {
        const query = new URLSearchParams(base);
        query.set('limit', String(limit));
        if (after !== null) query.set('after', after);
        if (skip > 0) query.set('skip', String(skip));
        return getJson<GridPage>('/admin/workbench/results', { query, signal });
      },
    });
  }, [dataset, filter, sort, plain, chosen]);
  useEffect(() => {
    store.open();
    return store.close;
  }, [store]);
  useNews(store.hear);
  const snapshot = useSyncExternalStore(store.subscribe, store.snapshot);
  const before = useRef<GridStore | null>(null);
  const ready = snapshot.total !== null || snapshot.error !== null;
  useEffect(() => {
    if (ready) before.current = store;
  }, [ready, store]);
  const shown = ready ? store : (before.current ?? store);
  return { store: shown, snapshot: shown.snapshot(), old: shown !== store };
}
