/** Fetches the pages of the grid that are looked at, a few at a time; gives up what was scrolled past. */

import type { GridPage } from '../../../src/contracts/workbench.ts';
import type { GridRows } from './grid-rows.ts';
import { type Fetch, PAGE } from './page-window.ts';

/** Pages fetched beyond what is seen: ahead in the direction of the scrolling, and behind. */
const AHEAD = 3;
const BEHIND = 1;
const FLIGHTS = 2;
/** A request for a page this far from what is seen now is given up. */
const LOST = 6;
/** A jump waits this long for the next one. */
const SETTLE_MS = 60;
const RETRY_MS = [500, 1000, 2000, 4000, 8000];

export type FetchPage = (ask: Pick<Fetch, 'after' | 'skip' | 'limit'>, signal: AbortSignal) => Promise<GridPage>;

export interface LoaderOptions {
  /** The rows that are filled now. */
  rows(): GridRows;
  fetchPage: FetchPage;
  onPage(fetch: Fetch, page: GridPage): void;
  onError(error: Error): void;
}

export type PageLoader = ReturnType<typeof createPageLoader>;

export function createPageLoader({ rows, fetchPage, onPage, onError }: LoaderOptions) {
  const flights = new Map<number, AbortController>();
  let wanted = [0];
  let tries = 0;
  let first = true;
  let settling: ReturnType<typeof setTimeout> | null = null;
  let retrying: ReturnType<typeof setTimeout> | null = null;

  async function fly(fetch: Fetch): Promise<void> {
    const flight = new AbortController();
    flights.set(fetch.page, flight);
    try {
      const page = await fetchPage(fetch, flight.signal);
      if (flight.signal.aborted) return;
      tries = 0;
      first = false;
      onPage(fetch, page);
    } catch (error) {
      if (!flight.signal.aborted) fail(error as Error & { status?: number });
    } finally {
      if (flights.get(fetch.page) === flight) flights.delete(fetch.page);
    }
  }
  /** What the server refused stays refused; a server that is away comes back. */
  function fail(error: Error & { status?: number }) {
    onError(error);
    const refused = error.status !== undefined && error.status >= 400 && error.status < 500;
    retrying = setTimeout(
      () => {
        retrying = null;
        if (!refused) pump();
      },
      RETRY_MS[Math.min(tries, RETRY_MS.length - 1)],
    );
    tries += 1;
  }
  function pump(): void {
    while (flights.size < FLIGHTS && retrying === null) {
      const fetch = rows().plan(wanted.filter((page) => !flights.has(page)));
      if (!fetch) return;
      void fly(fetch).then(pump);
      // Where the list ends is known once one page is there.
      if (first) return;
    }
  }
  const jump = () => {
    if (settling !== null) clearTimeout(settling);
    settling = null;
    giveUp(flights, (page) => !wanted.some((each) => Math.abs(each - page) <= LOST));
    rows().keepNear(wanted[0]!);
    pump();
  };

  return {
    pump,
    /** Says which of that many rows are seen, and whether the scrolling goes down. */
    see({ from, to, count, down }: { from: number; to: number; count: number; down: boolean }) {
      wanted = pagesAround({
        from: Math.floor(from / PAGE),
        to: Math.floor(to / PAGE),
        most: Math.max(0, Math.ceil(count / PAGE) - 1),
        down,
      });
      if (first || rows().has(wanted[0]!)) jump();
      else settling ??= setTimeout(jump, SETTLE_MS);
    },
    /** Fetches one page now; false when it cannot be had. */
    async load(page: number): Promise<boolean> {
      const fetch = rows().plan([page]);
      if (!fetch) return rows().has(page);
      await fly(fetch);
      return rows().has(page) || (retrying === null && rows().plan([page])?.from !== fetch.from);
    },
    /** Gives up everything under way. */
    stop() {
      giveUp(flights, () => true);
      for (const timer of [settling, retrying]) if (timer !== null) clearTimeout(timer);
      settling = retrying = null;
      first = true;
    },
  };
}

function giveUp(flights: Map<number, AbortController>, past: (page: number) => boolean): void {
  for (const [page, flight] of flights) {
    if (!past(page)) continue;
    flight.abort();
    flights.delete(page);
  }
}

function pagesAround({ from, to, most, down }: { from: number; to: number; most: number; down: boolean }): number[] {
  const near: number[] = [];
  const add = (page: number) => page >= 0 && page <= most && !near.includes(page) && near.push(page);
  for (let page = from; page <= to; page += 1) add(page);
  for (let step = 1; step <= AHEAD; step += 1) add(down ? to + step : from - step);
  for (let step = 1; step <= BEHIND; step += 1) add(down ? from - step : to + step);
  return near.length === 0 ? [0] : near;
}
