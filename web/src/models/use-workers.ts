/** The workers there are, for who may see them. */

import { useQuery } from '@tanstack/react-query';
import type { WorkerObject } from '../../../src/contracts/workers.ts';
import { ApiError, getJson } from '../api/client.ts';
import { listed } from '../api/queries.ts';

const POLL_MS = 3000;

/** Null for any other than the one who runs the server. */
export function useWorkers() {
  return useQuery({
    queryKey: ['workers'],
    queryFn: async ({ signal }): Promise<WorkerObject[] | null> => {
      try {
        return listed(await getJson<{ data: WorkerObject[] }>('/admin/workers', { signal }));
      } catch (error) {
        if (error instanceof ApiError && error.code === 'owner_only') return null;
        throw error;
      }
    },
    refetchInterval: ({ state }) => (state.data === null ? false : POLL_MS),
  });
}
