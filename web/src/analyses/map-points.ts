/** Points of the map on the screen: their place in a box of pixels, the one nearest to the pointer, those inside a box or a lasso. */

/** Parallel lists. */
export interface Points {
  x: ArrayLike<number>;
  y: ArrayLike<number>;
}

export interface Size {
  width: number;
  height: number;
}

export interface Placed {
  x: Float32Array;
  y: Float32Array;
}

/** Pixels left free around the points. */
export const MARGIN = 18;

/**
 * The points in pixels, y upwards in, downwards out. Both axes have one scale, so that distances are true; points that all lie in
 * one place stand in the middle, and those without a place (not a number) stand there too.
 */
export function placed(points: Points, { width, height }: Size): Placed {
  const [left, right] = rangeOf(points.x);
  const [low, high] = rangeOf(points.y);
  const free = (length: number, range: number) => Math.max(1, length - 2 * MARGIN) / (range || 1);
  const scale = Math.min(free(width, right - left), free(height, high - low));
  const [middleX, middleY] = [(left + right) / 2, (low + high) / 2];
  const n = points.x.length;
  const out = { x: new Float32Array(n), y: new Float32Array(n) };
  for (let i = 0; i < n; i++) {
    const [x, y] = [points.x[i]!, points.y[i]!];
    const known = Number.isFinite(x) && Number.isFinite(y);
    out.x[i] = width / 2 + (known ? (x - middleX) * scale : 0);
    out.y[i] = height / 2 - (known ? (y - middleY) * scale : 0);
  }
  return out;
}

function rangeOf(values: ArrayLike<number>): [low: number, high: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low > high ? [0, 0] : [low, high];
}

/** Gives the point nearest to a place within `reach` pixels; -1 where there is none. */
export type Nearest = (x: number, y: number, reach: number) => number;

/** Side of a cell of the index, in pixels: about as far as a pointer reaches. */
const CELL = 12;
const keyOf = (column: number, row: number) => column * 65_536 + row;

/** An index of the points by cells of a grid: at 50,000 points a look-up reads some dozens of them. */
export function indexOf({ x, y }: Placed): Nearest {
  const cells = new Map<number, number[]>();
  const cellOf = (value: number) => Math.max(0, Math.floor(value / CELL));
  for (let i = 0; i < x.length; i++) {
    const key = keyOf(cellOf(x[i]!), cellOf(y[i]!));
    const cell = cells.get(key);
    if (cell === undefined) cells.set(key, [i]);
    else cell.push(i);
  }
  return (atX, atY, reach) => {
    let best = -1;
    let least = reach * reach;
    for (let column = cellOf(atX - reach); column <= cellOf(atX + reach); column++)
      for (let row = cellOf(atY - reach); row <= cellOf(atY + reach); row++)
        for (const i of cells.get(keyOf(column, row)) ?? []) {
          const distance = (x[i]! - atX) ** 2 + (y[i]! - atY) ** 2;
          if (distance > least) continue;
          [best, least] = [i, distance];
        }
    return best;
  };
}

export type Corner = readonly [x: number, y: number];

/** The four corners of the box between two places. */
export const boxOf = ([x0, y0]: Corner, [x1, y1]: Corner): Corner[] => [
  [x0, y0],
  [x1, y0],
  [x1, y1],
  [x0, y1],
];

/** Places of the points inside a closed line, by the even-odd rule. Nothing is inside fewer than three corners. */
export function inside({ x, y }: Placed, corners: readonly Corner[]): number[] {
  if (corners.length < 3) return [];
  const xs = corners.map((corner) => corner[0]);
  const ys = corners.map((corner) => corner[1]);
  const [left, right] = rangeOf(xs);
  const [top, bottom] = rangeOf(ys);
  const found: number[] = [];
  for (let i = 0; i < x.length; i++) {
    const [px, py] = [x[i]!, y[i]!];
    if (px < left || px > right || py < top || py > bottom) continue;
    if (isInside(px, py, corners)) found.push(i);
  }
  return found;
}

function isInside(px: number, py: number, corners: readonly Corner[]): boolean {
  let odd = false;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
    const [xi, yi] = corners[i]!;
    const [xj, yj] = corners[j]!;
    if (yi > py !== yj > py && px < ((xj - xi) * (py - yi)) / (yj - yi) + xi) odd = !odd;
  }
  return odd;
}
