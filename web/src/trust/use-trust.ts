/** The trust panel, the judge run it is about and the ranking, as the page asks for them. */

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { JudgeRunObject } from '../../../src/contracts/judging.ts';
import type { RankingObject, TrustPanel } from '../../../src/contracts/trust.ts';
import { getJson, path } from '../api/client.ts';

export interface TrustAsked {
  judgeRunId: string;
  /** As `labels` of the API. */
  labels: string;
  /** null: the verdict that counts. */
  judge: string | null;
  /** Of 10; null: the judge run's own. */
  threshold: number | null;
}

/** The last figures stand until the new ones are there. */
export function useTrust({ judgeRunId, labels, judge, threshold }: TrustAsked) {
  return useQuery({
    queryKey: ['trust', judgeRunId, labels, judge, threshold],
    placeholderData: (before: TrustPanel | undefined, query) =>
      query?.queryKey[1] === judgeRunId ? before : undefined,
    queryFn: ({ signal }) =>
      getJson<TrustPanel>(path`/api/evaluation/runs/${judgeRunId}/trust`, {
        query: { labels, judge, threshold },
        signal,
      }),
  });
}

/** The run that the panel is about. */
export function useTrustedRun(judgeRunId: string) {
  return useQuery({
    queryKey: ['trust-run', judgeRunId],
    queryFn: ({ signal }) => getJson<JudgeRunObject>(path`/api/evaluation/runs/${judgeRunId}`, { signal }),
  });
}

/** `judge` null: the comparisons of all judges. */
export function useRanking(datasetId: string, judge: string | null, ties: 'half' | 'left_out') {
  return useQuery({
    queryKey: ['trust', 'ranking', datasetId, judge, ties],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      getJson<RankingObject>('/api/evaluation/ranking', { query: { dataset_id: datasetId, judge, ties }, signal }),
  });
}
