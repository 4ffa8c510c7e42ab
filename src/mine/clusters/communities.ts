/** Finds the communities of a weighted graph: groups with more weight within than chance would give. */

import type { Random } from '../../compare/random.ts';

/** Undirected: each edge is in the rows of both of its ends. Those of node r are at starts[r] up to starts[r + 1]. */
export interface Graph {
  starts: Uint32Array;
  ends: Uint32Array;
  weights: Float32Array;
}

/** Rounds in which nodes are moved, before what is left to gain is not worth it. */
const ROUNDS = 20;

/** Starts from different orders, of which the best is taken: one alone hangs on its order. */
const STARTS = 5;

/** Number of each node's community, from 0: the best by modularity of several starts. */
export function communitiesOf(graph: Graph, random: Random): Int32Array {
  const starts = Array.from({ length: STARTS }, () => {
    const of = climb(graph, random);
    return { of, gained: modularity(graph, of) };
  });
  return starts.reduce((best, other) => (other.gained > best.gained + 1e-9 ? other : best)).of;
}

/** Share of the weight within communities, less the share that chance would put there: Newman and Girvan (2004), cond-mat/0308217. */
function modularity({ starts, ends, weights }: Graph, of: Int32Array): number {
  const degrees = new Float64Array(of.length);
  let [inside, all] = [0, 0];
  for (let node = 0; node < of.length; node++)
    for (let at = starts[node]!; at < starts[node + 1]!; at++) {
      degrees[of[node]!]! += weights[at]!;
      all += weights[at]!;
      if (of[node] === of[ends[at]!]) inside += weights[at]!;
    }
  return all === 0 ? 0 : inside / all - degrees.reduce((sum, degree) => sum + (degree / all) ** 2, 0);
}

/**
 * Nodes move to the community where modularity gains most; communities then become
 * nodes, until nothing moves. Blondel et al. (2008), Fast unfolding of communities in large networks, arXiv 0803.0476.
 */
function climb(graph: Graph, random: Random): Int32Array {
  let level = graph;
  const of = Int32Array.from({ length: graph.starts.length - 1 }, (_, node) => node);
  for (;;) {
    const { moved, communities, count } = moveNodes(level, random);
    for (let node = 0; node < of.length; node++) of[node] = communities[of[node]!]!;
    if (!moved) return of;
    level = foldGraph(level, communities, count);
  }
}

/** Communities are numbered without gaps. */
function moveNodes({ starts, ends, weights }: Graph, random: Random) {
  const count = starts.length - 1;
  const degrees = new Float64Array(count);
  for (let node = 0; node < count; node++)
    for (let at = starts[node]!; at < starts[node + 1]!; at++) degrees[node]! += weights[at]!;
  const all = degrees.reduce((sum, degree) => sum + degree, 0) || 1;
  const communities = Int32Array.from(degrees.keys());
  const totals = degrees.slice();
  const toward = new Float64Array(count);
  const order = shuffled(count, random);
  let moved = false;
  for (let round = 0, moves = count; round < ROUNDS && moves > count / 1000; round++) {
    moves = 0;
    for (const node of order) {
      const own = communities[node]!;
      const seen: number[] = [own];
      for (let at = starts[node]!; at < starts[node + 1]!; at++) {
        const other = communities[ends[at]!]!;
        if (ends[at] === node) continue;
        if (toward[other] === 0 && other !== own) seen.push(other);
        toward[other]! += weights[at]!;
      }
      totals[own]! -= degrees[node]!;
      let [best, most] = [own, toward[own]! - (degrees[node]! * totals[own]!) / all];
      for (const other of seen) {
        const gain = toward[other]! - (degrees[node]! * totals[other]!) / all;
        if (gain > most + 1e-9) [best, most] = [other, gain];
      }
      for (const other of seen) toward[other] = 0;
      totals[best]! += degrees[node]!;
      if (best === own) continue;
      communities[node] = best;
      moves += 1;
      moved = true;
    }
  }
  const numbers = new Map<number, number>();
  for (const old of communities) if (!numbers.has(old)) numbers.set(old, numbers.size);
  return { moved, communities: communities.map((old) => numbers.get(old)!), count: numbers.size };
}

/** The graph whose nodes are the communities; weight within one becomes an edge to itself. */
function foldGraph({ starts, ends, weights }: Graph, communities: Int32Array, count: number): Graph {
  const rows = Array.from({ length: count }, () => new Map<number, number>());
  for (let node = 0; node < communities.length; node++) {
    const row = rows[communities[node]!]!;
    for (let at = starts[node]!; at < starts[node + 1]!; at++) {
      const other = communities[ends[at]!]!;
      row.set(other, (row.get(other) ?? 0) + weights[at]!);
    }
  }
  return graphOf(rows);
}

/** The graph with an edge from each row to each of its keys. */
export function graphOf(rows: Map<number, number>[]): Graph {
  const starts = new Uint32Array(rows.length + 1);
  for (const [at, row] of rows.entries()) starts[at + 1] = starts[at]! + row.size;
  const ends = new Uint32Array(starts[rows.length]!);
  const weights = new Float32Array(ends.length);
  let at = 0;
  for (const row of rows)
    for (const [end, weight] of row) {
      ends[at] = end;
      weights[at++] = weight;
    }
  return { starts, ends, weights };
}

function shuffled(count: number, random: Random): Int32Array {
  const order = Int32Array.from({ length: count }, (_, at) => at);
  for (let at = count - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  return order;
}
