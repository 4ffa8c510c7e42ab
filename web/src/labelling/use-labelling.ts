/** Projects of Label Studio as the pages ask for them: the list, one with what waits in it, and what can be done with it. */

import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type {
  LabelProject,
  OpenAnswer,
  ProjectChange,
  Pulled,
  Resolution,
  ReviewQueue,
} from '../../../src/contracts/label-studio.ts';
import { deleteJson, getJson, patchJson, path, postJson } from '../api/client.ts';
import { useLiveRefresh } from '../api/queries.ts';
import { uploadForm } from '../api/transfer.ts';
import { tell, tellFault } from '../app/tell.ts';
import type { ProjectBody } from './new-project.ts';
import type { PushBody } from './new-push.ts';

/** Nothing is pushed to the page, so it asks: often while tasks go out, else now and then for what annotators have said. */
const PUSH_POLL_MS = 1000;
const REST_POLL_MS = 10_000;
const OPEN_POLL_MS = 5000;
/** Ranking a large dataset takes seconds. */
const QUEUE_REFRESH_MS = 15_000;
const OPEN_PAGE = 20;

const projectsKey = ['label-projects'] as const;
const projectKey = (id: string) => ['label-project', id] as const;

export const isPushing = ({ push }: Pick<LabelProject, 'push'>) => push?.state === 'running';

/** Newest first; null: of all datasets. */
export function useLabelProjects(datasetId: string | null) {
  return useQuery({
    queryKey: [...projectsKey, datasetId],
    queryFn: async ({ signal }) =>
      (
        await getJson<{ data: LabelProject[] }>('/api/label-studio/projects', {
          query: { dataset_id: datasetId },
          signal,
        })
      ).data,
    refetchInterval: ({ state }) => (state.data?.some(isPushing) ? PUSH_POLL_MS : REST_POLL_MS),
  });
}

export function useLabelProject(id: string) {
  return useQuery({
    queryKey: projectKey(id),
    queryFn: ({ signal }) => getJson<LabelProject>(path`/api/label-studio/projects/${id}`, { signal }),
    refetchInterval: ({ state }) => (state.data && isPushing(state.data) ? PUSH_POLL_MS : OPEN_POLL_MS),
  });
}

/** What waits for a person, fetched again when the project says that there is more or less of it. */
export function useOpenAnswers({ id, conflicts, in_review, refused }: LabelProject) {
  return useInfiniteQuery({
    queryKey: ['label-open', id, conflicts, in_review, refused],
    placeholderData: keepPreviousData,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      getJson<{ data: OpenAnswer[]; next: string | null }>(path`/api/label-studio/projects/${id}/open`, {
        query: { after: pageParam, limit: OPEN_PAGE },
        signal,
      }),
    getNextPageParam: (last) => last.next,
  });
}

/** Has the project and what hangs on it fetched again. */
function useSeenAnew(id: string) {
  const queries = useQueryClient();
  return () => {
    for (const queryKey of [projectsKey, projectKey(id), ['label-open', id], ['review-queue']]) {
      void queries.invalidateQueries({ queryKey });
    }
  };
}

export function useCreateProject(onCreated: (project: LabelProject) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: ProjectBody) => postJson<LabelProject>('/api/label-studio/projects', body),
    onSuccess: (project) => {
      queries.setQueryData(projectKey(project.id), project);
      void queries.invalidateQueries({ queryKey: projectsKey });
      onCreated(project);
    },
  });
}

/** What its answer says of the project stands at once. */
function useProjectAct<T>(id: string, act: (asked: T) => Promise<LabelProject>) {
  const queries = useQueryClient();
  const seenAnew = useSeenAnew(id);
  return useMutation({
    mutationFn: act,
    onSuccess: (project) => {
      queries.setQueryData(projectKey(id), project);
      seenAnew();
    },
  });
}

export const useChangeProject = (id: string) =>
  useProjectAct(id, (change: ProjectChange) => patchJson<LabelProject>(path`/api/label-studio/projects/${id}`, change));

export const usePush = (id: string) =>
  useProjectAct(id, (body: PushBody) => postJson<LabelProject>(path`/api/label-studio/projects/${id}/push`, body));

export const useCancelPush = (id: string) =>
  useProjectAct(id, () => postJson<LabelProject>(path`/api/label-studio/projects/${id}/push/cancel`));

export function usePull(id: string) {
  const seenAnew = useSeenAnew(id);
  return useMutation({
    mutationFn: () => postJson<Pulled>(path`/api/label-studio/projects/${id}/pull`),
    onSettled: seenAnew,
  });
}

/** Takes in a file of Label Studio's export; `file` is the last part of the form, as the server wants it. */
export function useTakeFile(id: string) {
  const seenAnew = useSeenAnew(id);
  return useMutation({
    mutationFn: ({ file, onProgress }: { file: File; onProgress: (share: number) => void }) => {
      const form = new FormData();
      form.set('file', file);
      return uploadForm<Pulled>(path`/api/label-studio/projects/${id}/annotations`, form, { onProgress });
    },
    onSettled: seenAnew,
  });
}

export function useResolve(id: string) {
  const seenAnew = useSeenAnew(id);
  return useMutation({
    mutationFn: (body: Resolution) => postJson(path`/api/label-studio/projects/${id}/resolve`, body),
    onError: tellFault,
    onSettled: seenAnew,
  });
}

export function useRemoveProject(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => deleteJson(path`/api/label-studio/projects/${id}`),
    onSuccess: () => {
      tell('The project was taken off the list.');
      queries.setQueriesData<LabelProject[]>({ queryKey: projectsKey }, (all) => all?.filter((each) => each.id !== id));
      void queries.invalidateQueries({ queryKey: projectsKey });
    },
  });
}

/** Fetched again while annotations land, here or from Label Studio. */
export function useReviewQueue(datasetId: string, limit: number) {
  useLiveRefresh(['review-queue'], datasetId, QUEUE_REFRESH_MS);
  return useQuery({
    queryKey: ['review-queue', datasetId, limit],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      getJson<ReviewQueue>('/api/review-queue', { query: { dataset_id: datasetId, limit }, signal }),
  });
}
