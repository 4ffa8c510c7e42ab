/** The models there are. */

import { useQuery } from '@tanstack/react-query';
import type { ModelSpec } from '../../../src/contracts/models.ts';
import { getJson } from '../api/client.ts';
import { listed } from '../api/queries.ts';

/** `state` is told by servers that know it. */
export type KnownModel = ModelSpec & { scope: 'shared' | 'user'; state?: string };

export const modelsKey = ['models'] as const;

export function useModels() {
  return useQuery({
    queryKey: modelsKey,
    queryFn: async ({ signal }) => listed(await getJson<{ data: KnownModel[] }>('/admin/models', { signal })),
  });
}
