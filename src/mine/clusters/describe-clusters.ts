/** Describes each cluster: how large it is, its terms, typical and doubtful failures, whose they are, where they lie. */

import type { Cluster } from '../../contracts/mining.ts';
import type { Matrix } from '../vectors/matrix.ts';
import type { Term } from './cluster-terms.ts';
import { likeness } from './cohesion.ts';
import type { Found } from './find-clusters.ts';
import type { Places } from './map-points.ts';

/** Examples given of each kind. */
const EXAMPLES = 30;
/** Members that are looked through for examples, evenly drawn; and clusters that an edge may lie at. */
const LOOKED_AT = 5000;
const NEIGHBOURS = 5;

/** What is told of a failure beside its texts. */
export interface Told {
  ordinal: number;
  category: string | null;
  model_id: string;
}

export interface ToDescribe {
  rows: Matrix;
  found: Found;
  groups: Int32Array;
  terms: Term[][];
  places: Places;
  told: Told[];
  /** What makes two failures the same example: their texts. */
  texts: string[][];
}

/** The largest first, "other" last where there is any. */
export function describeClusters(o: ToDescribe): Cluster[] {
  const { of } = o.found;
  const members: number[][] = o.terms.map(() => []);
  const other: number[] = [];
  for (const [place, cluster] of of.entries()) (cluster < 0 ? other : members[cluster]!).push(place);
  const described = members.map((own, cluster) => {
    const { central, edge } = examplesOf(o, own, cluster);
    return { ...figures(o, own), cluster, group: o.groups[cluster]!, terms: o.terms[cluster]!, central, edge };
  });
  if (other.length === 0) return described;
  return [...described, { ...figures(o, other), cluster: -1, group: null, terms: [], central: [], edge: [] }];
}

function figures({ told, places, found }: ToDescribe, own: number[]) {
  return {
    size: own.length,
    share: own.length / found.of.length,
    categories: counted(own.flatMap((place) => told[place]!.category ?? [])),
    models: counted(own.map((place) => told[place]!.model_id)),
    x: median(own.map((place) => places.x[place]!)),
    y: median(own.map((place) => places.y[place]!)),
  };
}

/** Central: most like the cluster's others. Edge: most like another cluster, against their own. Equal texts are told once, while there are others. */
function examplesOf({ rows, found, told, texts }: ToDescribe, own: number[], cluster: number) {
  const { cohesion } = found;
  const step = Math.max(1, own.length / LOOKED_AT);
  const looked = Array.from({ length: Math.min(own.length, LOOKED_AT) }, (_, at) => own[Math.floor(at * step)]!);
  const nearest = [...cohesion.sizes.keys()]
    .filter((other) => other !== cluster)
    .sort((a, b) => similarity(b) - similarity(a))
    .slice(0, NEIGHBOURS);
  function similarity(other: number): number {
    return cohesion.products[cluster * cohesion.sizes.length + other]! / cohesion.sizes[other]!;
  }
  const scored = looked.map((place) => {
    const like = (group: number, inside: boolean) => likeness(cohesion, rows, { point: place, group, own: inside });
    const central = like(cluster, false);
    const beside = nearest.reduce((most, other) => Math.max(most, like(other, false)), Number.NEGATIVE_INFINITY);
    return { place, central, edge: beside - central };
  });
  const ordinals = (by: 'central' | 'edge') => {
    const sorted = scored.toSorted((a, b) => b[by] - a[by] || a.place - b.place);
    return unlikeFirst(
      sorted.map(({ place }) => place),
      texts,
    ).map((place) => told[place]!.ordinal);
  };
  const central = ordinals('central');
  const shown = new Set(central);
  // A small cluster has nothing but its centre.
  const edge = nearest.length === 0 ? [] : ordinals('edge').filter((ordinal) => !shown.has(ordinal));
  return { central, edge };
}

function unlikeFirst(places: number[], texts: string[][]): number[] {
  const seen = new Set<string>();
  const fresh: number[] = [];
  const repeated: number[] = [];
  for (const place of places) {
    if (fresh.length === EXAMPLES) break;
    const text = texts[place]!.join('\n');
    (seen.has(text) ? repeated : fresh).push(place);
    seen.add(text);
  }
  return [...fresh, ...repeated].slice(0, EXAMPLES);
}

/** The most frequent first. */
function counted(names: string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)));
}

function median(values: number[]): number {
  const sorted = Float32Array.from(values).sort();
  return sorted[sorted.length >> 1] ?? 0;
}
