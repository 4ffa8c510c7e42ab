/** The connection to Label Studio as the pages ask for it, and making and ending it. */

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ConnectionObject, NewConnection, RemoteProject } from '../../../src/contracts/label-studio.ts';
import { deleteJson, getJson, putJson } from '../api/client.ts';

const connectionKey = ['label-studio-connection'] as const;
const at = '/api/label-studio/connection';
/** How often is looked whether Label Studio still answers those who work behind. */
const POLL_MS = 30_000;

export function useConnection() {
  return useQuery({
    queryKey: connectionKey,
    refetchInterval: POLL_MS,
    queryFn: ({ signal }) => getJson<ConnectionObject>(at, { signal }),
  });
}

/** What is connected now takes the place of what was; projects may have become reachable. */
export function useConnect() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (asked: NewConnection) => putJson<ConnectionObject>(at, asked),
    onSuccess: (now) => {
      queries.setQueryData(connectionKey, now);
      void queries.invalidateQueries({ queryKey: ['remote-projects'] });
    },
  });
}

export function useDisconnect() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => deleteJson<ConnectionObject>(at),
    onSuccess: (now) => queries.setQueryData(connectionKey, now),
  });
}

/** Projects that are there, asked for only where one of them is to be chosen. */
export function useRemoteProjects(enabled: boolean) {
  return useQuery({
    queryKey: ['remote-projects'],
    enabled,
    queryFn: async ({ signal }) =>
      (await getJson<{ data: RemoteProject[] }>('/api/label-studio/remote-projects', { signal })).data,
  });
}
