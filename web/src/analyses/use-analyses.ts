/** Analyses as the pages ask for them: the list, one with what was found, its map, its failures, a comparison, and what can be done. */

import {
  keepPreviousData,
  queryOptions,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import type { z } from 'zod';
import type {
  AnalysisObject,
  FailureMap,
  FailurePage,
  resumeAnalysis,
  WholeAnalysis,
} from '../../../src/contracts/analyses.ts';
import type { JudgeRunObject } from '../../../src/contracts/judging.ts';
import type { PatternComparison } from '../../../src/contracts/mining.ts';
import type { RunObject } from '../../../src/contracts/runs.ts';
import { deleteJson, getJson, path, postJson } from '../api/client.ts';
import { tell, tellFault } from '../app/tell.ts';
import type { AnalysisView } from './analysis-view.ts';

const LIST_PAGE = 30;
const LIST_POLL_MS = 3000;
const POLL_MS = 1500;
const FAILURE_PAGE = 8;
/** Points of the map at most: as many as failures can be clustered. */
const MOST_POINTS = 50_000;
/** Runs and judge runs of a dataset that are offered. */
const OFFERED = 100;

export type ShownFailure = FailurePage['data'][number];

interface AnalysisPageOf {
  data: AnalysisObject[];
  has_more: boolean;
  last_id: string | null;
}

export const isGoing = ({ status }: Pick<AnalysisObject, 'status'>) => status === 'running';

/** Newest first; looked at again while one of them is going. */
export function useAnalyses() {
  return useInfiniteQuery({
    queryKey: ['analyses'],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      getJson<AnalysisPageOf>('/api/analyses', { query: { limit: LIST_PAGE, after: pageParam }, signal }),
    getNextPageParam: (last) => (last.has_more ? (last.last_id ?? last.data.at(-1)?.id ?? null) : null),
    refetchInterval: ({ state }) => (state.data?.pages.some(({ data }) => data.some(isGoing)) ? LIST_POLL_MS : false),
  });
}

export function useAnalysis(id: string) {
  return useQuery({
    queryKey: ['analysis', id],
    queryFn: ({ signal }) => getJson<WholeAnalysis>(path`/api/analyses/${id}`, { signal }),
    refetchInterval: ({ state }) => (state.data && isGoing(state.data) ? POLL_MS : false),
  });
}

/** `clustering` as clusteringOf gives it; null: there is no map yet. */
export function useMap(id: string, clustering: string | null) {
  return useQuery({
    queryKey: ['analysis-map', id, clustering],
    enabled: clustering !== null,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) =>
      getJson<FailureMap>(path`/api/analyses/${id}/map`, { query: { limit: MOST_POINTS }, signal }),
  });
}

interface FailureAsk {
  id: string;
  clustering: string | null;
  view: Pick<AnalysisView, 'cluster' | 'category' | 'model'>;
}

export function useFailures({ id, clustering, view }: FailureAsk, enabled: boolean) {
  const query = { cluster: view.cluster, category: view.category, model_id: view.model, limit: FAILURE_PAGE };
  return useInfiniteQuery({
    queryKey: ['analysis-failures', id, clustering, query],
    enabled,
    placeholderData: keepPreviousData,
    initialPageParam: null as number | null,
    queryFn: ({ pageParam, signal }) =>
      getJson<FailurePage>(path`/api/analyses/${id}/failures`, { query: { ...query, after: pageParam }, signal }),
    getNextPageParam: (last) => last.next,
  });
}

/** One failure by its place among those of the analysis; null when it is gone. */
export function failureQuery(id: string, clustering: string | null, ordinal: number) {
  return queryOptions({
    queryKey: ['analysis-failure', id, clustering, ordinal],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }): Promise<ShownFailure | null> => {
      const query = { after: ordinal - 1, limit: 1 };
      const { data } = await getJson<FailurePage>(path`/api/analyses/${id}/failures`, { query, signal });
      return data[0]?.ordinal === ordinal ? data[0] : null;
    },
  });
}

export function useComparison(id: string, after: string | null) {
  return useQuery({
    queryKey: ['analysis-comparison', id, after],
    enabled: after !== null,
    queryFn: ({ signal }) =>
      getJson<PatternComparison>(path`/api/analyses/${id}/comparison`, { query: { after }, signal }),
  });
}

/** A judge run with the model whose answers it judged. */
export interface OfferedJudgeRun {
  run: JudgeRunObject;
  model: string;
}

/** Judge runs over a dataset, the newest first: those that say of an answer whether it failed. */
export function useJudgeRunsOf(datasetId: string | null) {
  return useQuery({
    queryKey: ['judge-runs', 'of-dataset', datasetId],
    enabled: datasetId !== null,
    queryFn: async ({ signal }): Promise<OfferedJudgeRun[]> => {
      const [judged, runs] = await Promise.all([
        getJson<{ data: JudgeRunObject[] }>('/api/evaluation/runs', { query: { limit: OFFERED }, signal }),
        getJson<{ data: RunObject[] }>('/admin/benchmarks', {
          query: { dataset_id: datasetId, limit: OFFERED },
          signal,
        }),
      ]);
      const models = new Map(runs.data.map(({ id, model_id }) => [id, model_id]));
      return judged.data
        .filter((run) => run.dataset_id === datasetId && run.other_benchmark_id === null && run.status !== 'running')
        .map((run) => ({ run, model: models.get(run.benchmark_id) ?? run.benchmark_id }));
    },
  });
}

export type Resume = z.input<typeof resumeAnalysis>;
type Act = { act: 'cancel' | 'remove' } | { act: 'resume'; with: Resume };

const done = {
  cancel: 'was ended; what is there stays',
  resume: 'goes on',
  remove: 'was deleted',
} as const;

export function useAnalysisAct(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (what: Act): Promise<unknown> => {
      if (what.act === 'remove') return deleteJson(path`/api/analyses/${id}`);
      return postJson(path`/api/analyses/${id}/${what.act}`, what.act === 'resume' ? what.with : undefined);
    },
    onSuccess: (_, { act }) => {
      tell(`The analysis ${done[act]}.`);
      void queries.invalidateQueries({ queryKey: ['analyses'] });
      if (act !== 'remove') void queries.invalidateQueries({ queryKey: ['analysis', id] });
    },
    // What keeps one from going on is said in its dialog.
    onError: (error, { act }) => {
      if (act !== 'resume') tellFault(error);
    },
  });
}
