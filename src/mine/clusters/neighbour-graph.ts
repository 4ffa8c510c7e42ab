/** Links points that share neighbours. */

import type { Graph } from './communities.ts';
import type { Neighbours } from './nearest-neighbours.ts';

/**
 * An edge between a point and each of its neighbours, weighted by the share of neighbours that both have (Jaccard), the two
 * themselves counted: Levine et al. (2015), PhenoGraph, doi 10.1016/j.cell.2015.05.047.
 */
export function neighbourGraph({ k, places }: Neighbours): Graph {
  const points = k === 0 ? 0 : places.length / k;
  const shares = new Float32Array(places.length);
  // An edge that one side alone takes is in the rows of both: oneSided counts those that come in.
  const oneSided = new Uint8Array(places.length);
  const starts = new Uint32Array(points + 1);
  const marked = new Int32Array(points).fill(-1);
  for (let point = 0; point < points; point++) {
    marked[point] = point;
    for (let at = point * k; at < (point + 1) * k; at++) marked[places[at]!] = point;
    for (let edge = point * k; edge < (point + 1) * k; edge++) {
      const other = places[edge]!;
      let both = 1;
      oneSided[edge] = 1;
      for (let at = other * k; at < (other + 1) * k; at++) {
        if (places[at] === point) oneSided[edge] = 0;
        if (marked[places[at]!] === point) both += 1;
      }
      shares[edge] = both / (2 * (k + 1) - both);
      starts[other + 1]! += oneSided[edge]!;
    }
    starts[point + 1]! += k;
  }
  for (let point = 0; point < points; point++) starts[point + 1]! += starts[point]!;
  const graph = { starts, ends: new Uint32Array(starts[points]!), weights: new Float32Array(starts[points]!) };
  const next = starts.slice();
  const add = (from: number, to: number, weight: number) => {
    graph.ends[next[from]!] = to;
    graph.weights[next[from]!++] = weight;
  };
  for (let edge = 0; edge < places.length; edge++) {
    const point = Math.floor(edge / k);
    add(point, places[edge]!, shares[edge]!);
    if (oneSided[edge]) add(places[edge]!, point, shares[edge]!);
  }
  return graph;
}
