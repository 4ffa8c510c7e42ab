/** What stands where a list is fetched page by page, the newest first: waiting, a fault, nothing yet, what there is, and a way to what is older. */

import { Button } from '@mantine/core';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Fault, Waiting } from './states.tsx';

interface PagedListProps<T> {
  query: UseInfiniteQueryResult<InfiniteData<{ data: T[] }>>;
  /** What is listed, as words in the middle of a sentence. */
  what: string;
  /** Where there is none at all. */
  nothing: ReactNode;
  children: (all: T[]) => ReactNode;
}

export function PagedList<T>({ query, what, nothing, children }: PagedListProps<T>) {
  const all = query.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <>
      {query.isPending && <Waiting what={what} />}
      {query.isError && <Fault error={query.error} again={() => void query.refetch()} />}
      {query.isSuccess && all.length === 0 && nothing}
      {all.length > 0 && children(all)}
      {query.hasNextPage && (
        <div>
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Older {what}
          </Button>
        </div>
      )}
    </>
  );
}
