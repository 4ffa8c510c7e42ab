/** What several parts of the page ask for, under one key each, so that it is fetched once. */

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { DatasetObject } from '../../../src/contracts/datasets.ts';
import type { Stats } from '../../../src/contracts/workbench.ts';
import { useNews } from './browser-live.ts';
import { getJson, path } from './client.ts';

/** Lists come bare or in the list envelope. */
export function listed<T>(answer: T[] | { data: T[] }): T[] {
  return Array.isArray(answer) ? answer : answer.data;
}

/** How often is looked how far answers are compared anew, should the live connection not say it. */
const PROGRESS_POLL_MS = 2000;

export const datasetsKey = ['datasets'] as const;

export function useDatasets() {
  return useQuery({
    queryKey: datasetsKey,
    queryFn: async ({ signal }) => listed(await getJson<{ data: DatasetObject[] }>('/admin/datasets', { signal })),
  });
}

export function useDataset(id: string | null) {
  return useQuery({
    queryKey: [...datasetsKey, id],
    enabled: id !== null,
    queryFn: ({ signal }) => getJson<DatasetObject>(path`/admin/datasets/${id!}`, { signal }),
    refetchInterval: ({ state }) => (state.data?.comparing_progress ? PROGRESS_POLL_MS : false),
  });
}

/** Figures of a dataset under a filter (`filterParams` of the view). The last ones stand until the new ones are there. */
export function useStats(datasetId: string | null, filter: URLSearchParams) {
  const query = new URLSearchParams(filter);
  if (datasetId !== null) query.set('dataset_id', datasetId);
  return useQuery<Stats>({
    queryKey: ['stats', datasetId, filter.toString()],
    enabled: datasetId !== null,
    placeholderData: (before, query) => (query?.queryKey[1] === datasetId ? before : undefined),
    queryFn: ({ signal }) => getJson<Stats>('/admin/workbench/stats', { query, signal }),
  });
}

/** Has what hangs on runs and datasets fetched again when they are told to be others, in this tab or elsewhere. */
export function useLiveLists(): void {
  const queries = useQueryClient();
  useNews(({ runs, datasets, returned, behind }) => {
    const all = returned || behind;
    const refetch = (...queryKey: unknown[]) => void queries.invalidateQueries({ queryKey });
    if (all || datasets || runs.size > 0) refetch(...datasetsKey);
    if (all || runs.size > 0) refetch('batches');
    if (all) for (const name of ofRuns) refetch(name);
    else for (const id of runs) for (const name of ofRuns) refetch(name, id);
  });
}

/** Queries whose answers are others when a dataset has other runs, each by name and dataset. */
export const ofRuns = ['runs', 'stats', 'item', 'agreement', 'dataset-use'] as const;

/** Has queries of these names fetched again while results or annotations of the dataset land, at most so often. */
export function useLiveRefresh(names: readonly string[], datasetId: string | null, everyMs = 3000): void {
  const queries = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
      timer.current = null;
    },
    [],
  );
  useNews(({ results, annotations, behind }) => {
    const concerns = ({ dataset_id }: { dataset_id: string }) => dataset_id === datasetId;
    if (timer.current !== null || !(behind || results.some(concerns) || annotations.some(concerns))) return;
    timer.current = setTimeout(() => {
      timer.current = null;
      for (const name of names) void queries.invalidateQueries({ queryKey: [name, datasetId] });
    }, everyMs);
  });
}
