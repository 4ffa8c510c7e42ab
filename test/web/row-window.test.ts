/** Which rows are drawn where, also in lists longer than the highest element of a browser. */

import { expect, test } from 'vitest';
import { createScroller, HIGHEST_PX, rowWindow, type Shape, spacerPx } from '../../web/src/grid/row-window.ts';

const shape = (rows: number): Shape => ({ rows, rowPx: 50, viewPx: 500, overscan: 4 });

test('the rows that are seen are drawn, and some around them', () => {
  const at = rowWindow(1000, 1000, shape(1000));
  expect(at).toMatchObject({ firstSeen: 20, lastSeen: 29, start: 16, end: 36, shift: 0 });
});

test('a short list is drawn whole, an empty one not at all', () => {
  expect(rowWindow(0, 0, shape(3))).toMatchObject({ start: 0, end: 3, lastSeen: 2 });
  expect(rowWindow(0, 0, shape(0))).toMatchObject({ start: 0, end: 0 });
});

test('the end of the list is reached, and not passed', () => {
  const list = shape(100);
  expect(rowWindow(4500, 4500, list)).toMatchObject({ firstSeen: 90, lastSeen: 99, end: 100 });
  expect(rowWindow(9999, 9999, list).end).toBe(100);
});

test('a list that fits is scrolled as it is', () => {
  const scroller = createScroller();
  expect(spacerPx(shape(1000))).toBe(50_000);
  expect(scroller.follow(1234, shape(1000))).toBe(1234);
  expect(scroller.goTo(700, shape(1000))).toBe(700);
});

test('in a million rows small moves go row by row, jumps to their share, and both ends are reached', () => {
  const list = shape(1_000_000);
  const bar = spacerPx(list);
  expect(bar).toBe(HIGHEST_PX);
  const scroller = createScroller();
  scroller.follow(0, list);
  expect(scroller.follow(100, list)).toBe(100);
  expect(scroller.follow(250, list)).toBe(250);
  const middle = scroller.follow((bar - 500) / 2, list);
  expect(Math.round(middle / 50)).toBeCloseTo(499_995, -1);
  const next = scroller.follow((bar - 500) / 2 + 60, list);
  expect(next - middle).toBe(60);
  // Rows that are drawn stay where they are while one scrolls by small moves.
  const shifts = [middle, next].map((place, i) => rowWindow(place, (bar - 500) / 2 + 60 * i, list).shift);
  expect(shifts[1]).toBeCloseTo(shifts[0]!, 6);
  expect(scroller.follow(bar - 500, list)).toBe(1_000_000 * 50 - 500);
  expect(scroller.follow(0, list)).toBe(0);
});

test('in a million rows any row can be gone to, and is drawn where the bar then stands', () => {
  const list = shape(1_000_000);
  const scroller = createScroller();
  scroller.follow(0, list);
  const bar = scroller.goTo(777_777 * 50, list);
  const place = scroller.follow(bar, list);
  expect(place).toBe(777_777 * 50);
  const at = rowWindow(place, bar, list);
  expect(at.firstSeen).toBe(777_777);
  // The first row seen stands at the top of the view.
  expect(at.firstSeen * 50 + at.shift).toBe(bar);
});
