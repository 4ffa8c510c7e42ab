/** The pages of the grid in memory: reached by their cursors, by passing rows over, let go, fetched anew. */

import { expect, test } from 'vitest';
import { createPageWindow, type Fetch, PAGE, type PageWindow } from '../../web/src/grid/page-window.ts';

/** A server with that many rows, each a number; its cursors are "c" and the rows before. */
function listing(rows: number, { skips = true } = {}) {
  const asked: Fetch[] = [];
  const serve = (fetch: Fetch) => {
    asked.push(fetch);
    const skipped = skips ? fetch.skip : 0;
    const first = Number(fetch.after?.slice(1) ?? 0) + skipped;
    const taken = Array.from({ length: Math.max(0, Math.min(fetch.limit, rows - first)) }, (_, i) => first + i);
    const end = first + taken.length;
    return { rows: taken, next: end < rows ? `c${end}` : null, skipped: skips ? fetch.skip : undefined };
  };
  return { asked, serve };
}

function fill(window: PageWindow<number>, serve: ReturnType<typeof listing>['serve'], pages: number[]) {
  for (let fetch = window.plan(pages); fetch; fetch = window.plan(pages)) window.file(fetch, serve(fetch));
}

test('pages follow one another by their cursors', () => {
  const { asked, serve } = listing(250);
  const window = createPageWindow<number>();
  fill(window, serve, [0, 1, 2]);
  expect(asked.map(({ after, skip, limit }) => [after, skip, limit])).toEqual([
    [null, 0, PAGE],
    ['c100', 0, PAGE],
    ['c200', 0, PAGE],
  ]);
  expect([window.row(0), window.row(100), window.row(249), window.row(250)]).toEqual([0, 100, 249, undefined]);
});

test('a far page is reached in one go where the server passes rows over', () => {
  const { asked, serve } = listing(100_000);
  const window = createPageWindow<number>();
  fill(window, serve, [0]);
  fill(window, serve, [800, 801]);
  expect(asked).toHaveLength(3);
  expect(asked[1]).toMatchObject({ after: 'c100', skip: 799 * PAGE, limit: PAGE });
  expect(asked[2]).toMatchObject({ after: 'c80100', skip: 0 });
  expect(window.row(80_050)).toBe(80_050);
});

test('where it does not, the way there is walked in long steps, and back from the cursors seen', () => {
  const { asked, serve } = listing(5000, { skips: false });
  const window = createPageWindow<number>();
  fill(window, serve, [0]);
  fill(window, serve, [20]);
  expect(window.row(2000)).toBe(2000);
  expect(asked.slice(2).every(({ skip }) => skip === 0)).toBe(true);
  expect(asked.at(-1)!.limit).toBeLessThanOrEqual(500);
  window.keepNear(20, 1);
  const before = asked.length;
  fill(window, serve, [19]);
  expect(window.row(1900)).toBe(1900);
  expect(asked.length - before).toBe(1);
});

test('only so many pages are kept, those that are near', () => {
  const { serve } = listing(5000);
  const window = createPageWindow<number>();
  fill(window, serve, [0, 1, 2, 3, 4, 5]);
  expect(window.keepNear(5, 3)).toEqual([2, 1, 0]);
  expect([0, 1, 2, 3, 4, 5].filter((page) => window.has(page))).toEqual([3, 4, 5]);
  fill(window, serve, [1]);
  expect(window.row(150)).toBe(150);
});

test('stale pages stay on show until they are fetched again', () => {
  const { asked, serve } = listing(300);
  const window = createPageWindow<number>();
  fill(window, serve, [0, 1]);
  window.markStale();
  expect(window.row(5)).toBe(5);
  fill(window, serve, [0, 1]);
  expect(asked).toHaveLength(4);
  expect(window.plan([0, 1])).toBeNull();
});

test('a page that ends elsewhere than before makes those behind it stale', () => {
  const window = createPageWindow<number>();
  const { serve } = listing(300);
  fill(window, serve, [0, 1, 2]);
  window.markStale();
  const again = window.plan([0])!;
  window.file(again, { rows: [...Array(PAGE).keys()], next: 'other', skipped: 0 });
  expect(window.plan([0])).toBeNull();
  expect(window.plan([1])).toMatchObject({ after: 'other', skip: 0 });
});

test('nothing is asked for behind the end, until it may have moved', () => {
  const { serve } = listing(150);
  const window = createPageWindow<number>();
  fill(window, serve, [0, 1]);
  expect(window.plan([2, 3])).toBeNull();
  window.markStale();
  expect(window.plan([2])).not.toBeNull();
});

test('an empty listing is one page without rows', () => {
  const { asked, serve } = listing(0);
  const window = createPageWindow<number>();
  fill(window, serve, [0, 1]);
  expect(asked).toHaveLength(1);
  expect(window.row(0)).toBeUndefined();
});

test('a row is replaced in place, where it is in memory', () => {
  const { serve } = listing(150);
  const window = createPageWindow<number>();
  fill(window, serve, [0]);
  expect(window.replace(7, 700)).toBe(true);
  expect(window.row(7)).toBe(700);
  expect(window.replace(120, 1)).toBe(false);
});

test('how many rows there are is known at least, and exactly at the end', () => {
  const { serve } = listing(250);
  const window = createPageWindow<number>();
  fill(window, serve, [0]);
  expect(window.extent()).toEqual({ exact: null, atLeast: 101 });
  fill(window, serve, [1, 2]);
  expect(window.extent()).toMatchObject({ exact: 250 });
});
