/** Fetches everything there is of one item. */

import { queryOptions } from '@tanstack/react-query';
import type { WholeItem } from '../../../src/contracts/workbench.ts';
import { getJson } from '../api/client.ts';

export function itemQuery(datasetId: string, candidateId: string) {
  return queryOptions({
    queryKey: ['item', datasetId, candidateId],
    staleTime: 5000,
    gcTime: 60_000,
    queryFn: ({ signal }) =>
      getJson<WholeItem>('/admin/workbench/item', {
        query: { dataset_id: datasetId, candidate_id: candidateId },
        signal,
      }),
  });
}
