/** Finds which failures are alike: how many clusters there are comes out, and what is like nothing is kept apart. */

import type { Random } from '../../compare/random.ts';
import { type Matrix, normaliseRows, rowsAt } from '../vectors/matrix.ts';
import { principalCoordinates } from '../vectors/principal-directions.ts';
import { background, between, type Cohesion, cohesionOf, join, likeness, separation, within } from './cohesion.ts';
import { communitiesOf } from './communities.ts';
import { type Neighbours, neighboursAmong, neighboursOf } from './nearest-neighbours.ts';
import { neighbourGraph } from './neighbour-graph.ts';

/** Directions in which neighbours are sought: 30, 50 and 100 found the same clusters. */
const DIRECTIONS = 50;
/**
 * Neighbours of each failure, as shares of all: so many reach beyond those that say it in the same words to those that mean the
 * same, however many failures there are. Of the square root of all (1.8 % of 3,000, 0.9 % of 12,000) patterns fell into their
 * phrasings. Few patterns need more than many: of a model's vectors that share is taken which clearly sets clusters best apart, among
 * TRIED_ON of them (one pattern among noise: adjusted Rand index 0.94 over all, against 0.65). Of words the finest always came out.
 */
const NEIGHBOUR_SHARES = { model: [0.03, 0.05, 0.08, 0.12], words: [0.03] };
const TRIED_ON = 1500;
const CLEARLY = 1.02;
const MOST_NEIGHBOURS = 400;
/** At least 8, but few failures have few neighbours that are alike. */
const fewestNeighbours = (failures: number): number => Math.min(8, Math.max(4, Math.floor(failures / 12)));
/** Two clusters are one when they are nearly as alike as each is in itself, what any two have in common taken off. Different patterns came to 0.57. */
const ONE_FROM = 0.6;
/**
 * A cluster is one when its failures are so much more alike than any two, as a share of what is left to 1. Planted patterns came to 0.23 and
 * more by a model, 0.10 by words; noise to 0.09 by a model and 0.04 by words, but for noise that has a phrase in common.
 */
const COHESION_FROM = { model: 0.12, words: 0.07 };
/** A failure is in a cluster when it is like it as the others are, at least by this share. */
const MEMBER_FROM = 0.35;
/** Mean similarity of all from which they are one cluster; and from which they are, where else none is found. */
const SAME_FROM = 0.9;
const ALIKE_FROM = 0.5;
/** Neighbours that say where a failure outside of the sample belongs. */
const VOTES = 10;

export interface Found {
  /** Cluster of each failure: from 0, the largest first; -1: other. */
  of: Int32Array;
  /** The sampled failures in `of`'s numbers, with how alike the clusters are. */
  cohesion: Cohesion;
  /** Of the sampled failures among themselves, as places in the sample; and of the others among the sampled ones. */
  sampled: Neighbours;
  others: Neighbours;
  /** The others, as places. */
  rest: Int32Array;
  /** Coordinates of the sampled failures, rows of length 1. */
  coordinates: Matrix;
}

export interface FindOptions {
  minSize: number;
  /** What tells failures apart: cosines of a model are of another kind than those of words. */
  by: keyof typeof COHESION_FROM;
  /** Places of the failures that are clustered; the rest is put to them. */
  sample: Int32Array;
  random: Random;
}

/**
 * Communities of the graph of nearest neighbours (Levine et al. 2015, PhenoGraph, doi 10.1016/j.cell.2015.05.047), joined where
 * they are one, without those that hold nothing together. On 3,000 planted failures with MiniLM (adjusted Rand index of the planted
 * ones): 1.00; HDBSCAN on 20 or 50 principal components, by excess of mass or leaves, at most 0.67; on a UMAP of
 * them 0.67, with no noise found; on means over neighbours 0.66: density alone takes each phrasing for a cluster.
 */
export function findClusters(rows: Matrix, { minSize, by, sample, random }: FindOptions): Found {
  const chosen = sample.length === rows.rows ? rows : rowsAt(rows, sample);
  const coordinates = principalCoordinates(rows, chosen, { wanted: DIRECTIONS, random });
  normaliseRows(coordinates);
  const own = sample.length === rows.rows ? coordinates : rowsAt(coordinates, sample);
  const judged: Judged = { rows: chosen, cohesionFrom: COHESION_FROM[by] };
  const share = bestShare(judged, own, { shares: NEIGHBOUR_SHARES[by], random });
  const { of: inSample, neighbours: sampled } = clustersBy(judged, own, { share, random });
  const picked = new Set(sample);
  const rest = Int32Array.from({ length: rows.rows }, (_, place) => place).filter((place) => !picked.has(place));
  const others = neighboursAmong(coordinates, { from: rest, places: sample, k: VOTES });
  const of = new Int32Array(rows.rows).fill(-1);
  for (const [at, place] of sample.entries()) of[place] = inSample[at]!;
  putToNearest({ ...judged, rows }, of, { rest, others, inSample, cohesion: cohesionOf(chosen, inSample) });
  // All alike is one pattern, however few they are.
  const one = of.every((cluster) => cluster === of[0]);
  const numbers = bySize(of, one ? 2 : minSize);
  const cohesion = cohesionOf(chosen, renumber(inSample, numbers));
  return { of: renumber(of, numbers), cohesion, sampled, others, rest, coordinates: own };
}

/** The share of neighbours whose clusters are farthest apart, tried on some of the points; the finest of those that do about as well. */
function bestShare(judged: Judged, coordinates: Matrix, o: { shares: number[]; random: Random }): number {
  if (o.shares.length === 1) return o.shares[0]!;
  const count = coordinates.rows;
  const places = Int32Array.from({ length: Math.min(count, TRIED_ON) }, (_, at) =>
    Math.floor((at * count) / Math.min(count, TRIED_ON)),
  );
  const some = { ...judged, rows: rowsAt(judged.rows, places) };
  const tries = o.shares.map((share) => {
    const { of } = clustersBy(some, rowsAt(coordinates, places), { share, random: o.random });
    return { share, apart: separation(cohesionOf(some.rows, of), some.rows, of) };
  });
  return tries.reduce((best, other) => (other.apart > CLEARLY * best.apart ? other : best)).share;
}

function clustersBy(judged: Judged, coordinates: Matrix, o: { share: number; random: Random }) {
  const neighbours = neighboursOf(coordinates, neighbourCount(o.share, coordinates.rows));
  return { neighbours, of: clustersOf(judged, communitiesOf(neighbourGraph(neighbours), o.random)) };
}

function neighbourCount(share: number, failures: number): number {
  return Math.min(MOST_NEIGHBOURS, Math.max(fewestNeighbours(failures), Math.round(share * failures)));
}

/** Rows, and how much a cluster of them has to hold together. */
interface Judged {
  rows: Matrix;
  cohesionFrom: number;
}

/** Clusters made of communities; -1: in none. */
function clustersOf(judged: Judged, communities: Int32Array): Int32Array {
  const { rows } = judged;
  const whole = new Int32Array(rows.rows);
  const all = cohesionOf(rows, whole);
  const alike = within(all, 0);
  if (alike >= SAME_FROM) return membersOnly(judged, whole, all);
  const joined = joinAlike(judged, communities);
  const found = membersOnly(judged, joined, cohesionOf(rows, joined));
  if (alike >= ALIKE_FROM && found.every((cluster) => cluster < 0)) return membersOnly(judged, whole, all);
  return found;
}

/** Joins the two clusters that are most alike, until no two are one. */
function joinAlike({ rows, cohesionFrom }: Judged, communities: Int32Array): Int32Array {
  const c = cohesionOf(rows, communities);
  const floor = background(c);
  const into = Int32Array.from(c.sizes.keys());
  for (;;) {
    let [first, second, most] = [-1, -1, ONE_FROM];
    for (let a = 0; a < c.sizes.length; a++)
      for (let b = 0; b < a; b++) {
        if (c.sizes[a] === 0 || c.sizes[b] === 0) continue;
        const least = Math.min(within(c, a), within(c, b)) - floor;
        // What holds nothing together is like everything else that does not.
        if (least < cohesionFrom * (1 - floor)) continue;
        const ratio = (between(c, a, b) - floor) / least;
        if (ratio > most) [first, second, most] = [b, a, ratio];
      }
    if (first < 0) return communities.map((community) => into[community]!);
    join(c, first, second);
    for (let at = 0; at < into.length; at++) if (into[at] === second) into[at] = first;
  }
}

/** Takes out clusters that hold nothing together, and members that are not like theirs. */
function membersOnly(judged: Judged, of: Int32Array, c: Cohesion): Int32Array {
  const floor = background(c);
  return of.map((group, point) => (belongs(judged, c, { point, group, own: true, floor }) ? group : -1));
}

interface Membership {
  point: number;
  group: number;
  own: boolean;
  floor: number;
}

function belongs({ rows, cohesionFrom }: Judged, c: Cohesion, { floor, ...o }: Membership): boolean {
  const own = within(c, o.group) - floor;
  return own >= cohesionFrom * (1 - floor) && likeness(c, rows, o) - floor >= MEMBER_FROM * own;
}

/** Puts each of the rest to the cluster that most of its neighbours are in, where it is like that cluster. */
function putToNearest(
  judged: Judged,
  of: Int32Array,
  o: { rest: Int32Array; others: Neighbours; inSample: Int32Array; cohesion: Cohesion },
): void {
  const floor = background(o.cohesion);
  const { k, places } = o.others;
  for (const [at, point] of o.rest.entries()) {
    const votes = new Map<number, number>();
    for (let rank = 0; rank < k; rank++) {
      const group = o.inSample[places[at * k + rank]!]!;
      votes.set(group, (votes.get(group) ?? 0) + 1);
    }
    // The nearer one of two with as many votes.
    const [group] = [...votes].reduce((best, vote) => (vote[1] > best[1] ? vote : best), [-1, 0]);
    if (group >= 0 && belongs(judged, o.cohesion, { point, group, own: false, floor })) of[point] = group;
  }
}

/** New numbers by old ones, the largest first; those of clusters below `minSize` are not in it. */
function bySize(of: Int32Array, minSize: number): Map<number, number> {
  const sizes = new Map<number, number>();
  for (const cluster of of) if (cluster >= 0) sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1);
  const kept = [...sizes].filter(([, size]) => size >= minSize).sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  return new Map(kept.map(([cluster], number) => [cluster, number]));
}

function renumber(of: Int32Array, numbers: Map<number, number>): Int32Array {
  return of.map((cluster) => numbers.get(cluster) ?? -1);
}
