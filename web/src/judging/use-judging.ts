/** Judge runs as the pages ask for them: the list by pages, one with its figures and verdicts, rubrics, judges, what can be done. */

import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { JudgingChoices } from '../../../src/contracts/judge-now.ts';
import type { JudgeRunObject, NewJudgeRun, Rubric } from '../../../src/contracts/judging.ts';
import type { JudgeSummary, Judgment } from '../../../src/contracts/judgments.ts';
import type { RunObject } from '../../../src/contracts/runs.ts';
import { deleteJson, getJson, path, postJson } from '../api/client.ts';
import { tell, tellFault } from '../app/tell.ts';
import { type JudgeView, judgmentParams } from './judge-view.ts';

const LIST_PAGE = 30;
const LIST_POLL_MS = 3000;
const RUN_POLL_MS = 2000;
/** Figures are counted over all verdicts each time. */
const FIGURES_POLL_MS = 4000;
const ROW_PAGE = 20;
/** Pages up to which verdicts are followed; further down the list stands still until it is fetched again. */
const FOLLOWED_PAGES = 2;
/** A run's name and counts while it is only mentioned. */
const RUN_STALE_MS = 30_000;
const CHECK_PAGE = 200;

interface JudgeRunPage {
  data: JudgeRunObject[];
  has_more: boolean;
  last_id: string | null;
}

export const isGoing = ({ status }: Pick<JudgeRunObject, 'status'>) => status === 'running';

/** Newest first, of one run or of all; looked at again while one of them is going. */
export function useJudgeRuns(benchmarkId: string | null) {
  return useInfiniteQuery({
    queryKey: ['judge-runs', benchmarkId],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      getJson<JudgeRunPage>('/api/evaluation/runs', {
        query: { benchmark_id: benchmarkId, limit: LIST_PAGE, after: pageParam },
        signal,
      }),
    getNextPageParam: (last) => (last.has_more ? last.last_id : null),
    refetchInterval: ({ state }) => (state.data?.pages.some(({ data }) => data.some(isGoing)) ? LIST_POLL_MS : false),
  });
}

export function useJudgeRun(id: string) {
  return useQuery({
    queryKey: ['judge-run', id],
    queryFn: ({ signal }) => getJson<JudgeRunObject>(path`/api/evaluation/runs/${id}`, { signal }),
    refetchInterval: ({ state }) => (state.data && isGoing(state.data) ? RUN_POLL_MS : false),
  });
}

/** Everything that hangs on the verdicts is fetched once more when the last of them is there. */
export function useFetchedAtEnd(id: string, going: boolean): void {
  const queries = useQueryClient();
  const before = useRef(going);
  useEffect(() => {
    if (before.current && !going)
      for (const name of ofVerdicts) void queries.invalidateQueries({ queryKey: [name, id] });
    before.current = going;
  }, [going, id, queries]);
}

/** Queries whose answers are others when there are other verdicts, each by name and judge run. */
const ofVerdicts = ['judge-summary', 'judgments', 'judge-checks', 'trust'] as const;

/** Figures at a threshold. The last ones stand until the new ones are there. */
export function useSummary(id: string, threshold: number | null, going: boolean) {
  return useQuery({
    queryKey: ['judge-summary', id, threshold],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      getJson<JudgeSummary>(path`/api/evaluation/runs/${id}/summary`, { query: { threshold }, signal }),
    refetchInterval: going ? FIGURES_POLL_MS : false,
  });
}

/** `human`: what people said, where the view asks for labels. */
export type ShownJudgment = Judgment & { human?: string | null };

interface JudgmentPage {
  data: ShownJudgment[];
  next: string | null;
}

export function useJudgments(id: string, view: JudgeView, going: boolean) {
  const query = judgmentParams(id, view);
  query.set('limit', String(ROW_PAGE));
  return useInfiniteQuery({
    queryKey: ['judgments', id, query.toString()],
    placeholderData: keepPreviousData,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const page = new URLSearchParams(query);
      if (pageParam !== null) page.set('after', pageParam);
      return getJson<JudgmentPage>('/api/evaluation/judgments', { query: page, signal });
    },
    getNextPageParam: (last) => last.next,
    refetchInterval: ({ state }) =>
      going && (state.data?.pages.length ?? 0) <= FOLLOWED_PAGES ? FIGURES_POLL_MS : false,
  });
}

/** Some of the answers that were judged alone as well, for what they took. */
export function useChecks(id: string, wanted: boolean) {
  return useQuery({
    queryKey: ['judge-checks', id],
    enabled: wanted,
    queryFn: async ({ signal }) =>
      (
        await getJson<JudgmentPage>('/api/evaluation/judgments', {
          query: { judge_run_id: id, part: 'check', limit: CHECK_PAGE },
          signal,
        })
      ).data,
  });
}

/** A run of the workbench, as what is judged. */
export function useBenchmarkQuery(id: string | null) {
  return useQuery({
    queryKey: ['benchmark', id],
    enabled: id !== null,
    staleTime: RUN_STALE_MS,
    queryFn: ({ signal }) => getJson<RunObject>(path`/admin/benchmarks/${id!}`, { signal }),
  });
}

/** null while it is not known, or is gone. */
export const useBenchmark = (id: string | null): RunObject | null => useBenchmarkQuery(id).data ?? null;

export const rubricsKey = ['rubrics'] as const;

/** Newest versions, the built-in ones first. */
export function useRubrics() {
  return useQuery({
    queryKey: rubricsKey,
    queryFn: async ({ signal }) => (await getJson<{ data: Rubric[] }>('/api/evaluation/rubrics', { signal })).data,
  });
}

/** One version of a rubric; the newest without one. */
export function useRubric(id: string | null, version: number | null) {
  return useQuery({
    queryKey: [...rubricsKey, id, version],
    enabled: id !== null,
    queryFn: ({ signal }) => getJson<Rubric>(path`/api/evaluation/rubrics/${id!}`, { query: { version }, signal }),
  });
}

export function useJudgingChoices() {
  return useQuery({
    queryKey: ['judging-choices'],
    queryFn: ({ signal }) => getJson<JudgingChoices>('/api/evaluation/judge', { signal }),
  });
}

type Act = { act: 'cancel' | 'remove' } | { act: 'resume'; budget: NonNullable<NewJudgeRun['budget']> };

const done = {
  cancel: 'was ended; its verdicts stay',
  resume: 'goes on',
  remove: 'was deleted',
} as const;

export function useJudgeAct(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (what: Act): Promise<unknown> => {
      if (what.act === 'remove') return deleteJson(path`/api/evaluation/runs/${id}`);
      const body = what.act === 'resume' ? { budget: what.budget } : undefined;
      return postJson<JudgeRunObject>(path`/api/evaluation/runs/${id}/${what.act}`, body);
    },
    onSuccess: (_, { act }) => {
      tell(`The judge run ${done[act]}.`);
      void queries.invalidateQueries({ queryKey: ['judge-runs'] });
      if (act === 'remove') return;
      for (const name of ['judge-run', ...ofVerdicts]) {
        void queries.invalidateQueries({ queryKey: [name, id] });
      }
    },
    // What keeps one from going on is said in its dialog.
    onError: (error, { act }) => {
      if (act !== 'resume') tellFault(error);
    },
  });
}
