/** Ties the window of drawn rows to the scroll bar of an element. */

import { type RefObject, useCallback, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import type { GridStore } from './grid-store.ts';
import { createScroller, rowWindow, type Shape, spacerPx } from './row-window.ts';

interface Options {
  scroller: RefObject<HTMLDivElement | null>;
  store: GridStore;
  rows: number;
  rowPx: number;
  overscan: number;
}

/** Height of the heads above the rows. */
export const HEAD_PX = 34;
const NOTHING = { start: 0, end: 0, shift: 0, firstSeen: 0, lastSeen: 0 };

export function useRowWindow({ scroller, store, rows, rowPx, overscan }: Options) {
  const bar = useMemo(createScroller, []);
  const [viewPx, setViewPx] = useState(0);
  const [seen, setSeen] = useState(NOTHING);
  const [aside, setAside] = useState(false);
  const place = useRef(0);
  const shape = useMemo<Shape>(() => ({ rows, rowPx, viewPx, overscan }), [rows, rowPx, viewPx, overscan]);

  // React draws after the frame of a scroll event, and after a jump no row of that frame would be left: `inFrame` draws before.
  const follow = useCallback(
    (inFrame = false) => {
      const view = scroller.current;
      if (!view || shape.viewPx <= 0) return;
      setAside(view.scrollLeft > 0);
      const before = place.current;
      place.current = bar.follow(view.scrollTop, shape);
      const next = rowWindow(place.current, view.scrollTop, shape);
      const draw = () => setSeen((now) => (same(now, next) ? now : next));
      if (inFrame && Math.abs(place.current - before) > shape.viewPx) flushSync(draw);
      else draw();
      store.see(next.firstSeen, next.lastSeen, place.current >= before);
    },
    [bar, scroller, shape, store],
  );

  /** What the element calls as it scrolls. */
  const scrolled = useCallback(() => follow(true), [follow]);

  /** Scrolls as little as is needed for the row to be seen whole. */
  const show = useCallback(
    (row: number) => {
      const view = scroller.current;
      if (!view) return;
      const top = row * shape.rowPx;
      const lowest = top + shape.rowPx - shape.viewPx;
      if (top >= place.current && lowest <= place.current) return;
      view.scrollTop = bar.goTo(top < place.current ? top : lowest, shape);
      follow();
    },
    [bar, scroller, shape, follow],
  );

  useLayoutEffect(() => {
    const view = scroller.current;
    if (!view) return;
    const measure = () => setViewPx(Math.max(0, view.clientHeight - HEAD_PX));
    const observer = new ResizeObserver(measure);
    observer.observe(view);
    measure();
    return () => observer.disconnect();
  }, [scroller]);
  // Other rows begin at the top.
  const shown = useRef(store);
  useLayoutEffect(() => {
    if (shown.current !== store && scroller.current) scroller.current.scrollTop = 0;
    shown.current = store;
    follow();
  }, [store, scroller, follow]);

  const end = Math.min(seen.end, rows);
  return { ...seen, start: Math.min(seen.start, end), end, spacer: spacerPx(shape), aside, scrolled, show };
}

function same(a: typeof NOTHING, b: typeof NOTHING): boolean {
  return a.start === b.start && a.end === b.end && a.shift === b.shift;
}
