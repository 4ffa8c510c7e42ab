/** Predictions as the pages ask for them: evaluations, a page of predictions, how samples moved, one sample, one evaluation. */

import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useSearchParams } from 'react-router';
import type {
  Evaluation,
  Evaluations,
  MovementPage,
  Prediction,
  PredictionPage,
} from '../../../src/contracts/predictions.ts';
import type { TrainingJob } from '../../../src/contracts/training.ts';
import { getJson, path } from '../api/client.ts';
import type { ComparisonView, TableView } from './predictions-view.ts';

/** Predictions that one call brings at most. */
const AT_ONCE = 1000;
const MOVEMENT_PAGE = 200;

/** A part of the address, and how it is changed without what others keep there. */
export function useAddress<V extends object>(
  read: (params: URLSearchParams) => V,
  write: (now: URLSearchParams, view: V) => URLSearchParams,
): [V, (part: Partial<V>) => void] {
  const [params, setParams] = useSearchParams();
  const change = (part: Partial<V>) =>
    setParams((now) => write(now, { ...read(now), ...part }), { replace: true, preventScrollReset: true });
  return [read(params), change];
}

/** All evaluations in the order of their steps; fetched again when the job, which its page looks at by the clock, has more. */
export function useEvaluations(job: Pick<TrainingJob, 'id' | 'predictions'> | undefined) {
  return useQuery({
    queryKey: ['training-evaluations', job?.id, job?.predictions],
    enabled: job !== undefined,
    placeholderData: (before: Evaluations | undefined, query) => (query?.queryKey[1] === job?.id ? before : undefined),
    queryFn: ({ signal }) => getJson<Evaluations>(path`/api/training/predictions/${job!.id}/epochs`, { signal }),
  });
}

/** Others when predictions came: what is fetched under it is fetched again then, and only then. */
export const newsOf = (evaluations: readonly Evaluation[]): string =>
  `${evaluations.length} ${evaluations.reduce((sum, { samples }) => sum + samples, 0)}`;

export function usePredictionPage(
  jobId: string,
  view: Omit<TableView, 'epoch' | 'open'> & { epoch: number | null },
  news: string,
) {
  const { epoch, sample, errors, limit, offset } = view;
  const query = { epoch, sample, errors, limit, offset };
  return useQuery({
    queryKey: ['training-predictions', jobId, query, news],
    placeholderData: (before: PredictionPage | undefined, last) => (last?.queryKey[1] === jobId ? before : undefined),
    queryFn: ({ signal }) => getJson<PredictionPage>(path`/api/training/predictions/${jobId}`, { query, signal }),
  });
}

export function useMovements(jobId: string, view: ComparisonView, news: string) {
  const query = { score: view.score, mark: view.mark, movement: view.movement, limit: MOVEMENT_PAGE };
  return useInfiniteQuery({
    queryKey: ['training-movements', jobId, query, news],
    placeholderData: keepPreviousData,
    initialPageParam: 0,
    queryFn: ({ pageParam, signal }) =>
      getJson<MovementPage>(path`/api/training/predictions/${jobId}/samples`, {
        query: { ...query, offset: pageParam },
        signal,
      }),
    getNextPageParam: (last, pages) => {
      const shown = pages.reduce((sum, { samples }) => sum + samples.length, 0);
      return last.samples.length > 0 && shown < last.total_count ? shown : null;
    },
  });
}

/** All predictions of one sample, the first evaluation first. */
export function useSampleHistory(jobId: string, sample: number | null, news: string) {
  return useQuery({
    queryKey: ['training-sample', jobId, sample, news],
    enabled: sample !== null,
    placeholderData: (before: Prediction[] | undefined, last) =>
      last?.queryKey[1] === jobId && last.queryKey[2] === sample ? before : undefined,
    queryFn: ({ signal }) => allPredictions(jobId, { sample: sample! }, signal),
  });
}

/** The predictions of one evaluation by sample; null: there is none yet. */
export function useEvaluated(jobId: string, evaluation: Evaluation | null) {
  return useQuery({
    queryKey: ['training-evaluated', jobId, evaluation?.step, evaluation?.hook, evaluation?.samples],
    enabled: evaluation !== null,
    placeholderData: (before: Prediction[] | undefined, last) => (last?.queryKey[1] === jobId ? before : undefined),
    queryFn: async ({ signal }) => {
      const all = await allPredictions(jobId, { step: evaluation!.step }, signal);
      return all.filter(({ hook }) => hook === evaluation!.hook);
    },
  });
}

async function allPredictions(
  jobId: string,
  only: { sample: number } | { step: number },
  signal: AbortSignal,
): Promise<Prediction[]> {
  const all: Prediction[] = [];
  for (;;) {
    const page = await getJson<PredictionPage>(path`/api/training/predictions/${jobId}`, {
      query: { ...only, limit: AT_ONCE, offset: all.length },
      signal,
    });
    all.push(...page.predictions);
    if (page.predictions.length === 0 || all.length >= page.total_count) return all;
  }
}
