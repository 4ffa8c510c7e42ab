/** Draws the points of the map on a canvas: each cluster by its mark, what is chosen strong, the rest faint. */

import { type Mark, markOf, outlineOf } from './map-marks.ts';
import type { Corner, Placed, Size } from './map-points.ts';

export interface Drawing {
  placed: Placed;
  cluster: ArrayLike<number>;
  /** The chosen cluster; null: none. */
  chosen: number | null;
  /** Points inside a lasso or a box; null: none was drawn. */
  caught: ReadonlySet<number> | null;
}

const FAINT = 0.16;
const STRONG = 0.9;

/** Radius of a point in pixels: smaller where there are many. */
export const radiusOf = (points: number): number => Math.max(1.6, Math.min(4, 9 - 1.6 * Math.log10(points + 1)));

/** Makes the canvas as sharp as the screen, and empties it. */
export function readied(canvas: HTMLCanvasElement, { width, height }: Size): CanvasRenderingContext2D | null {
  const ratio = window.devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
  const context = canvas.getContext('2d');
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  context?.clearRect(0, 0, width, height);
  return context;
}

/** Points from which on each is a plain square: at their size no shape shows, and 50,000 are drawn five times as fast. */
const MANY = 6000;

/** Faint ones and "other" go below, so that nothing chosen is covered. */
export function drawPoints(context: CanvasRenderingContext2D, drawing: Drawing): void {
  const { placed, cluster, chosen, caught } = drawing;
  const radius = radiusOf(cluster.length);
  const put = cluster.length > MANY ? squares(context, radius) : stamps(context, radius);
  const isStrong = (i: number) => (caught === null || caught.has(i)) && (chosen === null || cluster[i] === chosen);
  for (const [strong, other] of layers) {
    context.globalAlpha = strong ? (other ? 0.6 : STRONG) : FAINT;
    for (let i = 0; i < cluster.length; i++) {
      const number = cluster[i]!;
      if (isStrong(i) === strong && number < 0 === other) put(number, placed.x[i]!, placed.y[i]!);
    }
  }
  context.globalAlpha = 1;
}

/** Draws a point of a cluster at a place. */
type Put = (cluster: number, x: number, y: number) => void;

function squares(context: CanvasRenderingContext2D, radius: number): Put {
  let last = Number.NaN;
  return (cluster, x, y) => {
    if (cluster !== last) context.fillStyle = markOf(cluster).colour;
    last = cluster;
    context.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
  };
}

/** The mark of a cluster is drawn once and then copied. */
function stamps(context: CanvasRenderingContext2D, radius: number): Put {
  const made = new Map<number, HTMLCanvasElement>();
  const half = Math.ceil(radius * 1.3) + 1;
  return (cluster, x, y) => {
    let stamp = made.get(cluster);
    if (stamp === undefined) made.set(cluster, (stamp = stampOf(markOf(cluster), radius, half)));
    context.drawImage(stamp, x - half, y - half, 2 * half, 2 * half);
  };
}

const layers: [strong: boolean, other: boolean][] = [
  [false, true],
  [false, false],
  [true, true],
  [true, false],
];

function stampOf({ colour, shape }: Mark, radius: number, half: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  const context = readied(canvas, { width: 2 * half, height: 2 * half });
  if (context === null) return canvas;
  context.fillStyle = colour;
  context.fill(new Path2D(outlineOf(shape, radius, [half, half])));
  return canvas;
}

export interface Hovering {
  /** Where the point under the pointer stands. */
  at: Corner | null;
  /** The line of a box or lasso that is being drawn. */
  line: readonly Corner[];
  /** Names of clusters and where they stand. */
  names: readonly { text: string; at: Corner; faint: boolean }[];
  ink: string;
  paper: string;
}

/** What lies over the points and follows the pointer. */
export function drawOver(context: CanvasRenderingContext2D, { at, line, names, ink, paper }: Hovering): void {
  context.font = '600 12px system-ui, sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  for (const { text, at: place, faint } of names) {
    context.globalAlpha = faint ? 0.35 : 1;
    context.lineWidth = 4;
    context.strokeStyle = paper;
    context.strokeText(text, ...place);
    context.fillStyle = ink;
    context.fillText(text, ...place);
  }
  context.globalAlpha = 1;
  context.strokeStyle = ink;
  if (at !== null) {
    context.lineWidth = 2;
    context.beginPath();
    context.arc(...at, 7, 0, 2 * Math.PI);
    context.stroke();
  }
  if (line.length < 2) return;
  context.lineWidth = 1.5;
  context.setLineDash([5, 4]);
  context.beginPath();
  for (const corner of line) context.lineTo(...corner);
  context.closePath();
  context.stroke();
  context.setLineDash([]);
}
