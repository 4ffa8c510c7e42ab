/** Divides the failures of each cluster into those that are shown to name it and those that are held out to test the name. */

import type { Cluster, LabelOptions } from '../../contracts/mining.ts';
import { randomOf, shuffled } from '../../judge/asking/opaque-ids.ts';

/** Failures of one cluster by what they are for, as ordinals. */
export interface Examples {
  central: number[];
  contrast: number[];
  /** Those that may test a label: of the cluster, and of others, in the order in which they are taken. None of them is shown. */
  members: number[];
  others: number[];
  /** How many of each test a label. 0: it cannot be tested. */
  heldOut: number;
}

export interface Clusters {
  clusters: Cluster[];
  /** Ordinals of a cluster's failures; of "other" by -1. */
  membersOf: (cluster: number) => ArrayLike<number>;
  options: Pick<LabelOptions, 'central' | 'contrast' | 'held_out' | 'max_tries' | 'seed'>;
}

/** Fewer rows of a kind tell nothing. */
const LEAST_HELD_OUT = 2;
/** Neighbours that lend contrastive examples. */
const NEIGHBOURS = 3;

/** All failures: which cluster each belongs to, and the order in which others are drawn. */
interface All {
  clusterOf: Map<number, number>;
  order: number[];
}

/** The examples of each cluster but "other", by its number. The same seed always gives the same ones. */
export function chooseExamples(given: Clusters): Map<number, Examples> {
  const clusterOf = new Map<number, number>();
  for (const { cluster } of given.clusters)
    for (const ordinal of Array.from(given.membersOf(cluster))) clusterOf.set(ordinal, cluster);
  const all = { clusterOf, order: drawn([...clusterOf.keys()], `${given.options.seed} others`) };
  const named = given.clusters.filter(({ cluster }) => cluster >= 0);
  return new Map(named.map((cluster) => [cluster.cluster, examplesOf(cluster, given, all)]));
}

function examplesOf(cluster: Cluster, { clusters, membersOf, options }: Clusters, all: All): Examples {
  const mine = Array.from(membersOf(cluster.cluster));
  const order = drawn(mine, `${options.seed} members ${cluster.cluster}`);
  // A small cluster gives half of its failures to the test.
  const wanted = Math.min(options.held_out, Math.floor(mine.length / 2));
  const untested = wanted < LEAST_HELD_OUT;
  const typical = new Set([...cluster.central.filter((at) => all.clusterOf.get(at) === cluster.cluster), ...order]);
  const central = [...typical].slice(0, Math.min(options.central, mine.length - (untested ? 0 : wanted)));
  // Where there are few others, half of them test.
  const spare = Math.floor((all.order.length - mine.length) / 2);
  const contrast = contrastOf(cluster, clusters).slice(0, Math.min(options.contrast, spare));
  const shown = new Set([...central, ...contrast]);
  // Each try shows some of its rows as errors, and the next one needs others in their place.
  const most = options.max_tries * options.held_out * 2;
  const members = order.filter((at) => !shown.has(at)).slice(0, most);
  const others = othersOf(cluster, all, { shown, most, seed: options.seed });
  return { central, contrast, members, others, heldOut: others.length < LEAST_HELD_OUT || untested ? 0 : wanted };
}

/**
 * Failures of other clusters. All clusters go through one order, each from its own place on: an order for each cluster takes
 * time and room by the number of clusters times that of failures.
 */
function othersOf(
  { cluster }: Cluster,
  { clusterOf, order }: All,
  o: { shown: Set<number>; most: number; seed: number },
): number[] {
  const others: number[] = [];
  const from = Math.floor(randomOf(`${o.seed} others ${cluster}`)() * order.length);
  for (let step = 0; step < order.length && others.length < o.most; step++) {
    const ordinal = order[(from + step) % order.length]!;
    if (clusterOf.get(ordinal) !== cluster && !o.shown.has(ordinal)) others.push(ordinal);
  }
  return others;
}

/** Central failures of the nearest clusters in turn: of its own group first, then by their place on the map. */
function contrastOf(cluster: Cluster, clusters: Cluster[]): number[] {
  const farness = (other: Cluster) => Math.hypot(other.x - cluster.x, other.y - cluster.y);
  const apart = (other: Cluster) => (other.group === cluster.group ? 0 : 1);
  const neighbours = clusters
    .filter((other) => other.cluster >= 0 && other.cluster !== cluster.cluster)
    .sort((a, b) => apart(a) - apart(b) || farness(a) - farness(b) || a.cluster - b.cluster)
    .slice(0, NEIGHBOURS);
  const longest = Math.max(0, ...neighbours.map(({ central }) => central.length));
  const inTurn = Array.from({ length: longest }, (_, at) => neighbours.flatMap(({ central }) => central[at] ?? []));
  return inTurn.flat();
}

/**
 * The rows that test one more label: none of `shown`, which have been shown since to name the cluster, and those that tested no
 * label yet before the others. null when too few are left.
 */
export function heldOutOf(
  examples: Examples,
  { shown, used }: { shown: Set<number>; used: Set<number> },
): { members: number[]; others: number[] } | null {
  const take = (pool: number[]) => {
    const free = pool.filter((at) => !shown.has(at));
    const fresh = free.filter((at) => !used.has(at));
    return [...fresh, ...free.filter((at) => used.has(at))].slice(0, examples.heldOut);
  };
  const [members, others] = [take(examples.members), take(examples.others)];
  return Math.min(members.length, others.length) < LEAST_HELD_OUT ? null : { members, others };
}

const drawn = (ordinals: number[], seed: string): number[] =>
  shuffled(ordinals.length, seed).map((at) => ordinals[at]!);
