/** Says how far clusters that were found are those that were planted. */

import type { Clustering } from '../../src/mine/clusters/cluster-failures.ts';
import { adjustedRandIndex } from './adjusted-rand-index.ts';
import type { Planted } from './planted-failures.ts';
import { plantedPatterns } from './planted-patterns.ts';

export interface Agreement {
  /** Adjusted Rand index over the planted failures, and over all with the noise as one more cluster. */
  planted: number;
  all: number;
  /** Names of patterns without a cluster that holds most of them and is made mostly of them. */
  missed: string[];
  /** Shares that were put to "other". */
  plantedInOther: number;
  noiseInOther: number;
  text: string;
}

export function agreementWith({ truth }: Planted, { of }: Pick<Clustering, 'of'>): Agreement {
  const places = [...truth.keys()];
  const planted = places.filter((place) => truth[place]! >= 0);
  const noise = places.filter((place) => truth[place]! < 0);
  const inOther = (list: number[]) => list.filter((place) => of[place] === -1).length / Math.max(1, list.length);
  const found = (pattern: number) => {
    const own = planted.filter((place) => truth[place] === pattern);
    return [...new Set(own.map((place) => of[place]!))].some((cluster) => {
      const both = own.filter((place) => of[place] === cluster).length;
      return cluster >= 0 && 2 * both > own.length && 2 * both > places.filter((place) => of[place] === cluster).length;
    });
  };
  const figures = {
    planted: adjustedRandIndex(
      planted.map((place) => truth[place]!),
      planted.map((place) => of[place]!),
    ),
    all: adjustedRandIndex(truth, of),
    missed: plantedPatterns.flatMap(({ name }, pattern) => (found(pattern) ? [] : [name])),
    plantedInOther: inOther(planted),
    noiseInOther: inOther(noise),
  };
  const number = (value: number) => value.toFixed(3);
  const clusters = new Set(of.filter((cluster) => cluster >= 0)).size;
  const text = `adjusted Rand index ${number(figures.planted)} over the planted, ${number(figures.all)} over all; ${clusters} clusters, ${plantedPatterns.length - figures.missed.length} of ${plantedPatterns.length} patterns found; in other ${number(figures.noiseInOther)} of the noise, ${number(figures.plantedInOther)} of the planted`;
  return { ...figures, text };
}
