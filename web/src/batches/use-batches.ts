/** Batches as the pages ask for them: the list by pages, one of them live, its requests, what can be done. */

import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { Batch, BatchMetrics, BatchStatus, RequestRow } from '../../../src/contracts/openai-batch.ts';
import { authorization, getJson, path, postJson } from '../api/client.ts';
import { tell, tellFault } from '../app/tell.ts';
import { eventsIn } from './event-stream.ts';

/** As in the contract, which the page does not fetch zod for. */
const finalStatuses: readonly BatchStatus[] = ['failed', 'completed', 'expired', 'cancelled'];
export const isFinal = (status: BatchStatus) => finalStatuses.includes(status);

interface BatchList {
  data: Batch[];
  has_more: boolean;
  last_id: string | null;
}

const LIST_PAGE = 50;
const LIST_POLL_MS = 3000;

/** Newest first; looked at again while one of them is under way. */
export function useBatches() {
  return useInfiniteQuery({
    queryKey: ['batches'],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      getJson<BatchList>('/v1/batches', { query: { limit: LIST_PAGE, after: pageParam }, signal }),
    getNextPageParam: (last) => (last.has_more ? last.last_id : null),
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ data }) => data.some(({ status }) => !isFinal(status))) ? LIST_POLL_MS : false,
  });
}

export interface BatchState {
  batch: Batch;
  metrics: BatchMetrics;
}

/** Time after which a stream that broke off is tried again. */
const STREAM_RETRY_MS = 3000;
/** Rates and times move by themselves and are no news of the stream. */
const RATE_POLL_MS = 5000;

/** One batch with its metrics, followed by server-sent events until it has ended. */
export function useBatch(id: string) {
  const queries = useQueryClient();
  const query = useQuery({
    queryKey: ['batch', id],
    queryFn: async ({ signal }): Promise<BatchState> => {
      const [batch, metrics] = await Promise.all([
        getJson<Batch>(path`/v1/batches/${id}`, { signal }),
        getJson<BatchMetrics>(path`/v1/batches/${id}/metrics`, { signal }),
      ]);
      return { batch, metrics };
    },
    refetchInterval: ({ state }) => (state.data && !isFinal(state.data.batch.status) ? RATE_POLL_MS : false),
  });
  const under = query.data !== undefined && !isFinal(query.data.batch.status);
  useEffect(() => {
    if (!under) return;
    const stop = new AbortController();
    void follow(id, stop.signal, (state) => queries.setQueryData(['batch', id], state));
    return () => stop.abort();
  }, [id, under, queries]);
  return query;
}

/** Reads the events of a batch until it ends or `signal` says so; tries again when the stream breaks off. */
async function follow(id: string, signal: AbortSignal, on: (state: BatchState) => void): Promise<void> {
  while (!signal.aborted) {
    try {
      const response = await fetch(path`/v1/batches/${id}/events`, { headers: authorization(), signal });
      if (!response.ok || response.body === null) return;
      for await (const { event, data } of eventsIn(response.body)) {
        if (event === 'end') return;
        if (event === 'batch') on(JSON.parse(data) as BatchState);
      }
    } catch {
      // The server is away, or the page has turned to something else; polling says what is wrong.
    }
    await new Promise((resolve) => setTimeout(resolve, STREAM_RETRY_MS));
  }
}

interface RequestPage {
  data: RequestRow[];
  has_more: boolean;
  last_id: number | null;
}

export interface RequestFilter {
  state: RequestRow['state'] | null;
  errorCode: string | null;
}

const REQUEST_PAGE = 100;

/** Pages up to which the list is followed; further down it stands still until it is fetched again. */
const FOLLOWED_PAGES = 3;

/** Requests of a batch by line; fetched anew when it ends, and now and then while it is under way. */
export function useRequests(id: string, { state, errorCode }: RequestFilter, under: boolean) {
  const queries = useQueryClient();
  const before = useRef(under);
  useEffect(() => {
    if (before.current && !under) void queries.invalidateQueries({ queryKey: ['batch-requests', id] });
    before.current = under;
  }, [under, id, queries]);
  return useInfiniteQuery({
    queryKey: ['batch-requests', id, state, errorCode],
    initialPageParam: null as number | null,
    queryFn: ({ pageParam, signal }) =>
      getJson<RequestPage>(path`/v1/batches/${id}/requests`, {
        query: { limit: REQUEST_PAGE, after: pageParam, state, error_code: errorCode },
        signal,
      }),
    getNextPageParam: (last) => (last.has_more ? last.last_id : null),
    refetchInterval: (query) =>
      under && (query.state.data?.pages.length ?? 0) <= FOLLOWED_PAGES ? RATE_POLL_MS : false,
  });
}

const done = { cancel: 'is being cancelled; what is done stays', retry: 'runs its failed requests again' } as const;

export function useBatchAct(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (act: keyof typeof done) => postJson<Batch>(path`/v1/batches/${id}/${act}`),
    onSuccess: (_, act) => {
      tell(`The batch ${done[act]}.`);
      for (const name of ['batch', 'batch-requests']) void queries.invalidateQueries({ queryKey: [name, id] });
      void queries.invalidateQueries({ queryKey: ['batches'] });
    },
    onError: tellFault,
  });
}
