/** Training jobs as the pages ask for them: the list, one with its metrics and tokens, the server's settings, what can be done. */

import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { AnalysisObject } from '../../../src/contracts/analyses.ts';
import type { GoldenSet } from '../../../src/contracts/curation.ts';
import type {
  CreatedTrainingJob,
  JobToken,
  MetricList,
  NewJobToken,
  PredictionEstimate,
  TrainingJob,
  TrainingSettings,
} from '../../../src/contracts/training.ts';
import { deleteJson, getJson, path, postJson } from '../api/client.ts';
import { listed } from '../api/queries.ts';
import { tell, tellFault } from '../app/tell.ts';
import { useEstimate } from '../app/use-estimate.ts';
import type { EstimateBody, JobBody } from './new-job.ts';

const LIST_PAGE = 30;
/** The server does not push what a trainer says, so it is asked. */
const POLL_MS = 2000;
/** A trainer that ended may go on, and rows may come late. */
const REST_POLL_MS = 15_000;
/** More points than a chart has pixels for a line say nothing. */
const POINTS = 400;
/** Analyses that are offered as a source of rows. */
const OFFERED = 100;

interface JobPage {
  data: TrainingJob[];
  has_more: boolean;
  last_id: string | null;
}

const jobsKey = ['training-jobs'] as const;

/** Whether a trainer works at it, or is waited for. */
export const isGoing = ({ status }: Pick<TrainingJob, 'status'>) => status === 'running' || status === 'created';

/** Newest first. */
export function useTrainingJobs() {
  return useInfiniteQuery({
    queryKey: jobsKey,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      getJson<JobPage>('/api/training/jobs', { query: { limit: LIST_PAGE, after: pageParam }, signal }),
    getNextPageParam: (last) => (last.has_more ? last.last_id : null),
    refetchInterval: ({ state }) => (state.data?.pages.some(({ data }) => data.some(isGoing)) ? POLL_MS : REST_POLL_MS),
  });
}

export function useTrainingJob(id: string) {
  return useQuery({
    queryKey: ['training-job', id],
    queryFn: ({ signal }) => getJson<TrainingJob>(path`/api/training/jobs/${id}`, { signal }),
    refetchInterval: ({ state }) => (state.data && isGoing(state.data) ? POLL_MS : REST_POLL_MS),
  });
}

/** By step, thinned evenly. Once more when the state changes, so that the last points are there. */
export function useMetrics({ id, status }: Pick<TrainingJob, 'id' | 'status'>) {
  return useQuery({
    queryKey: ['training-metrics', id, status],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      getJson<MetricList>(path`/api/training/jobs/${id}/metrics`, { query: { limit: POINTS }, signal }),
    refetchInterval: isGoing({ status }) ? POLL_MS : REST_POLL_MS,
  });
}

export function useTrainingSettings() {
  return useQuery({
    queryKey: ['training-settings'],
    queryFn: ({ signal }) => getJson<TrainingSettings>('/api/training/settings', { signal }),
  });
}

/** null: there is none to ask for. */
export const usePredictionEstimate = (body: EstimateBody | null) =>
  useEstimate<PredictionEstimate>('/api/training/estimate', body);

const tokensKey = (id: string) => ['training-tokens', id] as const;

export function useJobTokens(id: string) {
  return useQuery({
    queryKey: tokensKey(id),
    queryFn: async ({ signal }) =>
      listed(await getJson<{ data: JobToken[] }>(path`/api/training/jobs/${id}/tokens`, { signal })),
  });
}

export function useCreateJob(onCreated: (job: CreatedTrainingJob) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: JobBody) => postJson<CreatedTrainingJob>('/api/training/jobs', body),
    onSuccess: (job) => {
      void queries.invalidateQueries({ queryKey: jobsKey });
      onCreated(job);
    },
  });
}

export function useRemoveJob(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => deleteJson(path`/api/training/jobs/${id}`),
    onSuccess: () => {
      tell('The training job was deleted.');
      void queries.invalidateQueries({ queryKey: jobsKey });
    },
  });
}

export function useNewToken(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => postJson<NewJobToken>(path`/api/training/jobs/${id}/tokens`),
    onSuccess: () => queries.invalidateQueries({ queryKey: tokensKey(id) }),
    onError: tellFault,
  });
}

export function useRevokeToken(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (token: string) => deleteJson(path`/api/training/jobs/${id}/tokens/${token}`),
    onSuccess: () => {
      tell('The token is good for nothing any more.');
      return queries.invalidateQueries({ queryKey: tokensKey(id) });
    },
  });
}

/** Names the registered model that came out of the job. */
export function useNameModel(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (model_id: string) => postJson(path`/api/training/jobs/${id}/model`, { model_id }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['training-job', id] }),
    onError: tellFault,
  });
}

/** Golden sets of a dataset, newest first. */
export function useGoldenSets(datasetId: string | null) {
  return useQuery({
    queryKey: ['golden-sets', datasetId],
    enabled: datasetId !== null,
    queryFn: async ({ signal }) =>
      listed(await getJson<{ data: GoldenSet[] }>('/admin/golden-sets', { query: { dataset_id: datasetId }, signal })),
  });
}

/** Analyses that wrote training data against their patterns. */
export function useTargetedAnalyses() {
  return useQuery({
    queryKey: ['analyses', 'targeted'],
    queryFn: async ({ signal }) =>
      listed(await getJson<{ data: AnalysisObject[] }>('/api/analyses', { query: { limit: OFFERED }, signal })).filter(
        ({ steps }) =>
          steps.some(({ step, status }) => step === 'generate' && (status === 'done' || status === 'reused')),
      ),
  });
}
