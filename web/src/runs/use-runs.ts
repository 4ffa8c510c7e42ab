/** The runs of a dataset, those under way, and what can be done with them. */

import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { ActiveRun, Estimate, NewRun, RunObject } from '../../../src/contracts/runs.ts';
import { useJobs, useLiveStatus } from '../api/browser-live.ts';
import { deleteJson, getJson, path, postJson } from '../api/client.ts';
import { tell, tellFault } from '../app/tell.ts';

interface RunPage {
  data: RunObject[];
  has_more: boolean;
  last_id: string | null;
}

const PAGE = 20;
const POLL_MS = 3000;

/** Runs of all datasets that wait or work; asked for now and then while the live connection is away. */
export function useActiveRuns(): readonly ActiveRun[] {
  const jobs = useJobs();
  const live = useLiveStatus() === 'live';
  const asked = useQuery({
    queryKey: ['runs-active'],
    enabled: !live,
    refetchInterval: live ? false : POLL_MS,
    queryFn: ({ signal }) => getJson<ActiveRun[]>('/admin/benchmarks/active', { signal }),
  });
  return live ? jobs : (asked.data ?? jobs);
}

/** Ended runs of a dataset, newest first, by pages; fetched anew when a run begins or ends. */
export function useEndedRuns(datasetId: string | null, active: readonly ActiveRun[]) {
  const queries = useQueryClient();
  const under = active.map(({ id }) => id).join(' ');
  // biome-ignore lint/correctness/useExhaustiveDependencies: which runs are under way is what it is for
  useEffect(() => {
    void queries.invalidateQueries({ queryKey: ['runs', datasetId] });
  }, [under, datasetId, queries]);
  const query = useInfiniteQuery({
    queryKey: ['runs', datasetId],
    enabled: datasetId !== null,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      getJson<RunPage>('/admin/benchmarks', {
        query: { dataset_id: datasetId, after: pageParam, limit: PAGE },
        signal,
      }),
    getNextPageParam: (last) => (last.has_more ? last.last_id : null),
  });
  const running = new Set(active.map(({ id }) => id));
  const runs = (query.data?.pages ?? [])
    .flatMap(({ data }) => data)
    .filter(({ id, status }) => !running.has(id) && status !== 'queued' && status !== 'running');
  return { ...query, runs };
}

const done = {
  cancel: 'is being cancelled; what is answered stays',
  retry: 'asks for its failed answers again',
  again: 'runs again',
  remove: 'was removed',
} as const;

export type RunAct = keyof typeof done;

/** Cancels, retries, repeats or removes a run; says what came of it. */
export function useRunAct() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, act }: { id: string; model: string; act: RunAct }) =>
      act === 'remove'
        ? deleteJson<unknown>(path`/admin/benchmarks/${id}`)
        : postJson<unknown>(path`/admin/benchmarks/${id}/${act}`),
    onSuccess: (_, { model, act }) => {
      tell(`The run of ${model} ${done[act]}.`);
      void queries.invalidateQueries({ queryKey: ['runs'] });
      void queries.invalidateQueries({ queryKey: ['runs-active'] });
      if (act === 'remove') void queries.invalidateQueries();
    },
    onError: tellFault,
  });
}

export const estimateRuns = async (run: NewRun, signal?: AbortSignal) =>
  (await postJson<{ estimates: Estimate[] }>('/admin/benchmarks/estimate', run, { signal })).estimates;

export const startRuns = async (run: NewRun) =>
  (await postJson<{ benchmarks: RunObject[] }>('/admin/benchmarks/run', run)).benchmarks;
