/** Puts failures into clusters and tells what each is like: the whole work, as a function that waits for nothing. */

import { seededRandom } from '../../compare/random.ts';
import {
  type Cluster,
  type ClusterOptions,
  type Failure,
  type FailurePart,
  failureParts,
} from '../../contracts/mining.ts';
import { failureTexts } from '../vectors/failure-texts.ts';
import { joinParts, type Part } from '../vectors/join-parts.ts';
import { clusterTerms } from './cluster-terms.ts';
import { describeClusters } from './describe-clusters.ts';
import { type Found, findClusters } from './find-clusters.ts';
import { groupClusters } from './group-clusters.ts';
import { mapPoints } from './map-points.ts';

/** Clusters that are alike: the second level of the hierarchy. `title` is made of the terms that they share. */
export interface ClusterGroup {
  group: number;
  clusters: number[];
  /** Failures in all of its clusters. */
  size: number;
  title: string;
}

/** What was found. Arrays are by the place of a failure in the list that was given. */
export interface Clustering {
  /** The largest first; "other" (-1) last, where anything is in it. */
  clusters: Cluster[];
  groups: ClusterGroup[];
  /** Number of each failure's cluster; -1: other. */
  of: Int32Array;
  /** Places on the map, each between -1 and 1. */
  x: Float32Array;
  y: Float32Array;
  vectors: { by: 'model' | 'tfidf'; model: string | null };
}

export interface ClusteringInput {
  failures: Failure[];
  options: ClusterOptions;
  vectors: Map<FailurePart, Float32Array<ArrayBuffer> | null>;
  model: string | null;
}

/** Terms of a group's title. */
const TITLE_TERMS = 3;
/** Of the failures, raised to this power: 3 of 15, 6 of 100, 25 of 3,000, 76 of 50,000. */
const SIZE_POWER = 0.4;
const SMALLEST = 3;

/** Failures of a cluster at least, where nobody says so. */
export function defaultMinSize(failures: number): number {
  return Math.max(SMALLEST, Math.round(failures ** SIZE_POWER));
}

/** Calls `stage` with what is begun. */
export function clusteringOf(input: ClusteringInput, stage: (note: string) => void): Clustering {
  const { failures, options, vectors, model } = input;
  const random = seededRandom(options.seed);
  const sample = drawn(failures.length, options.sample, random);
  stage('reading texts');
  const chosen = failureParts.filter((part) => options.weights[part] > 0);
  const parts: Part[] = chosen.map((part) => ({
    weight: options.weights[part],
    texts: failureTexts(failures, part),
    vectors: vectors.get(part) ?? null,
  }));
  const rows = joinParts(parts, { sample, random });
  stage('finding clusters');
  const minSize = options.min_size ?? defaultMinSize(failures.length);
  const byModel = parts.some((part) => part.vectors !== null);
  // Of words where any part is told apart by them: the lower bar lets both in.
  const by = parts.every((part) => part.vectors !== null) ? 'model' : 'words';
  const found = findClusters(rows, { minSize, by, sample, random });
  stage('drawing the map');
  const places = mapPoints(found, sample, random);
  stage('finding terms and examples');
  const texts = failures.map((_, place) => parts.map((part) => part.texts[place]!));
  const groups = groupClusters(found.cohesion);
  const terms = clusterTerms(texts, found.of, groups.length);
  const clusters = describeClusters({ rows, found, groups, terms, places, told: failures, texts });
  return {
    clusters,
    groups: groupsOf(clusters, texts, found),
    of: found.of,
    ...places,
    vectors: byModel ? { by: 'model', model } : { by: 'tfidf', model: null },
  };
}

function groupsOf(clusters: Cluster[], texts: string[][], found: Found): ClusterGroup[] {
  const named = clusters.filter(({ cluster }) => cluster >= 0);
  const count = named.reduce((most, { group }) => Math.max(most, group! + 1), 0);
  const terms = clusterTerms(
    texts,
    found.of.map((cluster) => (cluster < 0 ? -1 : named[cluster]!.group!)),
    count,
  );
  return terms.map((own, group) => {
    const within = named.filter((each) => each.group === group);
    return {
      group,
      clusters: within.map(({ cluster }) => cluster),
      size: within.reduce((sum, { size }) => sum + size, 0),
      title: own
        .slice(0, TITLE_TERMS)
        .map(({ term }) => term)
        .join(', '),
    };
  });
}

/** Places of `wanted` failures drawn without bias (Knuth's algorithm S), in their order; all where there are no more. */
function drawn(count: number, wanted: number, random: () => number): Int32Array {
  const places = new Int32Array(Math.min(count, wanted));
  for (let place = 0, taken = 0; taken < places.length; place++)
    if (random() * (count - place) < places.length - taken) places[taken++] = place;
  return places;
}
