/** The rows of the grid that are in memory, found by their place and by their item, changed in place. */

import type { AnnotationKind, GridItem, GridPage } from '../../../src/contracts/workbench.ts';
import { createPageWindow, type Fetch, PAGE } from './page-window.ts';

/** Pages kept; with 100 rows each and five models that is about 20 MB. */
const KEPT = 24;

export type GridRows = ReturnType<typeof createGridRows>;

/** `plain`: the rows are all items in their order, so that a page fetched again has the same rows. */
export function createGridRows(plain: boolean) {
  const pages = createPageWindow<GridItem>();
  const places = new Map<string, number>();

  /** A page that is fetched again keeps its rows where they are, filled anew; new ones go to its end. */
  const inOrderSeen = ({ page, from, skip }: Fetch, fresh: GridItem[]): GridItem[] => {
    const before = pages.rows(page);
    if (plain || !before || from * PAGE + skip !== page * PAGE || fresh.length > PAGE) return fresh;
    const left = new Map(fresh.map((item) => [item.candidate_id, item]));
    const kept = before.map((item) => {
      const now = left.get(item.candidate_id) ?? item;
      left.delete(item.candidate_id);
      return now;
    });
    return [...kept, ...left.values()].slice(0, PAGE);
  };
  /** Replaces a row that is in memory; false when it is not. */
  const put = (candidateId: string, change: (item: GridItem) => GridItem): boolean => {
    const index = places.get(candidateId);
    const row = index === undefined ? undefined : pages.row(index);
    return row?.candidate_id === candidateId && pages.replace(index!, change(row));
  };

  return {
    row: (index: number) => pages.row(index),
    placeOf: (candidateId: string) => places.get(candidateId),
    has: pages.has,
    plan: pages.plan,
    markStale: pages.markStale,
    /** Rows there are, where the server says so many: its count may be an estimate, or of a while ago. */
    count(said: number): number {
      const { exact, atLeast } = pages.extent();
      return exact ?? Math.max(said, atLeast);
    },
    put,
    annotate: (candidateId: string, modelId: string, kind: AnnotationKind | null) =>
      put(candidateId, (item) => {
        const cell = item.results[modelId];
        return cell ? { ...item, results: { ...item.results, [modelId]: { ...cell, annotation: kind } } } : item;
      }),
    file(fetch: Fetch, { items, next, skipped }: GridPage) {
      for (const page of pages.file(fetch, { rows: inOrderSeen(fetch, items), next, skipped })) {
        for (const [i, row] of (pages.rows(page) ?? []).entries()) places.set(row.candidate_id, page * PAGE + i);
      }
    },
    /** Lets go of what is far from this page. */
    keepNear(page: number) {
      const gone = new Set(pages.keepNear(page, KEPT));
      if (gone.size === 0) return;
      for (const [id, index] of places) if (gone.has(Math.floor(index / PAGE))) places.delete(id);
    },
  };
}
