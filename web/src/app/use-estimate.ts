/** Asks what something will take while its form is filled in: once the form has been left alone for a moment. */

import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { postJson } from '../api/client.ts';

const TYPING_MS = 500;

export interface Estimated<T> {
  /** The last one stands until the new one is there. */
  estimate: T | null;
  error: unknown;
  refetch: () => void;
  /** Whether it is of the form as it stands now. */
  current: boolean;
}

/** `at`: address that the body is posted to. A body of null: there is no estimate to ask for. */
export function useEstimate<T>(at: string, body: object | null): Estimated<T> {
  const wanted = body === null ? null : JSON.stringify(body);
  const [settled] = useDebouncedValue(wanted, TYPING_MS);
  const query = useQuery({
    queryKey: ['estimate', at, settled],
    enabled: settled !== null,
    staleTime: 0,
    retry: false,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => postJson<T>(at, JSON.parse(settled!), { signal }),
  });
  const fresh = wanted !== null && wanted === settled && !query.isPlaceholderData;
  return {
    estimate: query.data ?? null,
    error: fresh ? query.error : null,
    refetch: () => void query.refetch(),
    current: fresh && query.isSuccess,
  };
}
