/** How a cluster is marked on the map and in the list: a colour of the palette and a shape, so that colour alone tells nothing apart. */

import { okabeIto } from '../app/palette.ts';

export const shapes = ['circle', 'square', 'triangle', 'diamond'] as const;
export type Shape = (typeof shapes)[number];

export interface Mark {
  colour: string;
  shape: Shape;
}

const GREY = okabeIto[7];
const colours = okabeIto.filter((colour) => colour !== GREY);

/** The colours come first, then the same ones in the next shape: 28 clusters are told apart, the later ones begin anew. "Other" is grey. */
export function markOf(cluster: number): Mark {
  if (cluster < 0) return { colour: GREY, shape: 'circle' };
  const round = Math.floor(cluster / colours.length) % shapes.length;
  return { colour: colours[cluster % colours.length]!, shape: shapes[round]! };
}

/** An outline of the shape in a circle of this radius round the middle, as the `d` of a path. */
export function outlineOf(shape: Shape, radius: number, [x, y]: readonly [number, number]): string {
  const at = (dx: number, dy: number) => `${x + dx * radius} ${y + dy * radius}`;
  if (shape === 'square') return `M${at(-0.85, -0.85)}L${at(0.85, -0.85)}L${at(0.85, 0.85)}L${at(-0.85, 0.85)}Z`;
  if (shape === 'triangle') return `M${at(0, -1.1)}L${at(1, 0.8)}L${at(-1, 0.8)}Z`;
  if (shape === 'diamond') return `M${at(0, -1.2)}L${at(1.2, 0)}L${at(0, 1.2)}L${at(-1.2, 0)}Z`;
  return `M${at(-1, 0)}A${radius} ${radius} 0 1 0 ${at(1, 0)}A${radius} ${radius} 0 1 0 ${at(-1, 0)}Z`;
}
