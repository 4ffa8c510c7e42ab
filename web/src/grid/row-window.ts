/** Which rows of a long list of equally high rows are to be drawn, and where; lists longer than a browser's highest element are mapped onto it. */

/** Browsers cut elements off at about 16.7 million device pixels; this leaves room for a zoom. */
export const HIGHEST_PX = 8_000_000;

/** Rows that come and go together. */
const STEP = 4;

export interface RowWindow {
  /** First row to draw, and the one after the last. */
  start: number;
  end: number;
  /** What is to be added to a row's place in the list for its place in the spacer, in px; the same while one scrolls by small moves. */
  shift: number;
  /** Rows that are seen, in part too. */
  firstSeen: number;
  lastSeen: number;
}

export interface Shape {
  rows: number;
  rowPx: number;
  /** Height of what is seen. */
  viewPx: number;
  /** Rows drawn beyond what is seen, on each side. */
  overscan: number;
}

/** Height of the spacer that makes the scroll bar. */
export function spacerPx({ rows, rowPx }: Pick<Shape, 'rows' | 'rowPx'>): number {
  return Math.min(rows * rowPx, HIGHEST_PX);
}

/** Follows the scroll bar. Small moves are moves by as many pixels; a jump in a mapped list goes to its share of the list. */
export interface Scroller {
  /** The place in the list, in px, for what the scroll bar says. */
  follow(scrollTop: number, shape: Shape): number;
  /** What the scroll bar must say for a row to begin at the top of the view, `abovePx` lower. */
  goTo(top: number, shape: Shape): number;
}

export function createScroller(): Scroller {
  let place = 0;
  let last = 0;
  const share = (scrollTop: number, shape: Shape) => {
    const all = shape.rows * shape.rowPx;
    const bar = spacerPx(shape) - shape.viewPx;
    return bar <= 0 ? 0 : (Math.min(Math.max(scrollTop, 0), bar) / bar) * (all - shape.viewPx);
  };
  return {
    follow(scrollTop, shape) {
      const all = shape.rows * shape.rowPx;
      const moved = scrollTop - last;
      last = scrollTop;
      if (all <= HIGHEST_PX) return (place = Math.max(0, scrollTop));
      const atEnd = scrollTop <= 0 || scrollTop >= spacerPx(shape) - shape.viewPx - 1;
      const small = Math.abs(moved) < 2 * shape.viewPx && !atEnd;
      place = small ? place + moved : share(scrollTop, shape);
      return (place = Math.min(Math.max(place, 0), Math.max(0, all - shape.viewPx)));
    },
    goTo(top, shape) {
      const all = shape.rows * shape.rowPx;
      const wanted = Math.min(Math.max(top, 0), Math.max(0, all - shape.viewPx));
      if (all <= HIGHEST_PX) return wanted;
      place = wanted;
      const bar = spacerPx(shape) - shape.viewPx;
      last = Math.round((wanted / Math.max(1, all - shape.viewPx)) * bar);
      return last;
    },
  };
}

/** The rows for a place in the list; `scrollTop` is what the bar says there. */
export function rowWindow(place: number, scrollTop: number, shape: Shape): RowWindow {
  const { rows, rowPx, viewPx, overscan } = shape;
  const firstSeen = Math.min(Math.max(0, Math.floor(place / rowPx)), Math.max(0, rows - 1));
  const lastSeen = Math.min(Math.max(0, rows - 1), Math.floor((place + Math.max(1, viewPx) - 1) / rowPx));
  // In steps, so that not every row that passes makes the whole be drawn.
  const start = Math.max(0, Math.floor((firstSeen - overscan) / STEP) * STEP);
  const end = Math.min(rows, Math.ceil((lastSeen + 1 + overscan) / STEP) * STEP);
  return { start, end, firstSeen, lastSeen, shift: scrollTop - place };
}
