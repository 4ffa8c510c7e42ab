/** The pages of the grid that are in memory: where each begins (its cursor), which to fetch next, which to let go. */

/** Rows of a page. */
export const PAGE = 100;
/** The most rows one request may bring. */
export const MOST = 500;

/** A request that brings the wanted page, or comes nearer to it. */
export interface Fetch {
  /** The page whose cursor it starts from. */
  from: number;
  after: string | null;
  /** Rows passed over by the server. */
  skip: number;
  limit: number;
  /** The page wanted. */
  page: number;
}

/** What came back. `skipped` is undefined where the server does not pass rows over. */
export interface Fetched<Row> {
  rows: Row[];
  next: string | null;
  skipped: number | undefined;
}

interface Page<Row> {
  rows: Row[];
  stale: boolean;
}

export interface PageWindow<Row> {
  row(index: number): Row | undefined;
  has(page: number): boolean;
  rows(page: number): readonly Row[] | undefined;
  /** Replaces a row in place; false when it is not in memory. */
  replace(index: number, row: Row): boolean;
  /** The request for the first of these pages that is missing or stale; null when all are there. */
  plan(pages: readonly number[]): Fetch | null;
  /** Files what a request brought; gives the pages it filled. */
  file(fetch: Fetch, fetched: Fetched<Row>): number[];
  /** Lets go of the pages that are farthest from this one; gives them. */
  keepNear(page: number, most: number): number[];
  /** Every page is to be fetched again, and is shown until it is. */
  markStale(): void;
  /** How many rows there are: exactly, once the last page was seen; before that at least so many. */
  extent(): { exact: number | null; atLeast: number };
}

export function createPageWindow<Row>(): PageWindow<Row> {
  const pages = new Map<number, Page<Row>>();
  const cursors = new Map<number, string | null>([[0, null]]);
  let canSkip = true;
  /** The page after the last one there is, once it is known. */
  let end = Number.POSITIVE_INFINITY;
  let exact: number | null = null;
  let atLeast = 0;

  const nearestCursor = (page: number) => {
    for (let at = page; at > 0; at -= 1) if (cursors.has(at)) return at;
    return 0;
  };
  /** What is known of later pages no longer holds once a page ends elsewhere than it did. */
  const setCursor = (page: number, cursor: string | null) => {
    const before = cursors.get(page);
    if (before === cursor) return;
    if (before !== undefined) {
      for (const at of cursors.keys()) if (at > page) cursors.delete(at);
      for (const [at, kept] of pages) if (at >= page) kept.stale = true;
    }
    if (cursor === null) cursors.delete(page);
    else cursors.set(page, cursor);
  };

  return {
    row: (index) => pages.get(Math.floor(index / PAGE))?.rows[index % PAGE],
    has: (page) => pages.has(page),
    rows: (page) => pages.get(page)?.rows,
    replace(index, row) {
      const rows = pages.get(Math.floor(index / PAGE))?.rows;
      if (rows?.[index % PAGE] === undefined) return false;
      rows[index % PAGE] = row;
      return true;
    },
    plan(wanted) {
      const page = wanted.find((each) => each < end && (pages.get(each)?.stale ?? true));
      if (page === undefined) return null;
      const from = nearestCursor(page);
      const gap = page - from;
      const after = cursors.get(from) ?? null;
      if (gap === 0 || canSkip) return { from, after, skip: gap * PAGE, limit: PAGE, page };
      return { from, after, skip: 0, limit: Math.min(MOST, (gap + 1) * PAGE), page };
    },
    file({ from, skip, limit }, { rows, next, skipped }) {
      if (skip > 0 && skipped !== skip) canSkip = false;
      const first = from + (skipped ?? 0) / PAGE;
      const filled: number[] = [];
      const full = Math.max(1, Math.ceil(rows.length / PAGE));
      for (let i = 0; i < full; i += 1) {
        pages.set(first + i, { rows: rows.slice(i * PAGE, (i + 1) * PAGE), stale: false });
        filled.push(first + i);
      }
      if (rows.length === limit || next === null) setCursor(first + full, next);
      end = next === null ? first + full : Number.POSITIVE_INFINITY;
      exact = next === null ? first * PAGE + rows.length : exact;
      atLeast = Math.max(atLeast, first * PAGE + rows.length + (next === null ? 0 : 1));
      for (const at of pages.keys()) if (at >= end) pages.delete(at);
      return filled;
    },
    keepNear(page, most) {
      const far = [...pages.keys()].sort((a, b) => Math.abs(a - page) - Math.abs(b - page)).slice(most);
      for (const each of far) pages.delete(each);
      return far;
    },
    markStale() {
      for (const page of pages.values()) page.stale = true;
      end = Number.POSITIVE_INFINITY;
      exact = null;
      atLeast = 0;
    },
    extent: () => ({ exact, atLeast }),
  };
}
