/** Clusters of failures whose kind stands in the reason, as what names them is handed them. */

import { type Cluster, type Failure, labelOptions } from '../../../src/contracts/mining.ts';
import type { ToLabel } from '../../../src/mine/patterns/label-patterns.ts';

const kinds = ['kind-carry', 'kind-units', 'kind-loops', 'kind-dates'];

/** Clusters of these sizes, the last of them "other"; `spoil` changes a failure. */
export function planted(
  sizes: number[],
  o: { options?: Record<string, unknown>; spoil?: (failure: Failure) => Failure } = {},
): ToLabel & { all: Failure[] } {
  const numbers = sizes.map((_, at) => (at === sizes.length - 1 ? -1 : at));
  const all = sizes.flatMap((size, at) => Array.from({ length: size }, () => kinds[at % kinds.length]!)).map(failure);
  const starts = sizes.map((_, at) => sizes.slice(0, at).reduce((sum, size) => sum + size, 0));
  const membersOf = (cluster: number) => {
    const at = numbers.indexOf(cluster);
    return Array.from({ length: sizes[at]! }, (_, n) => starts[at]! + n);
  };
  return {
    all,
    clusters: numbers.map((cluster, at) => clusterOf(cluster, { at, members: membersOf(cluster), total: all.length })),
    membersOf,
    failures: async (ordinals) =>
      all.filter(({ ordinal }) => ordinals.includes(ordinal)).map(o.spoil ?? ((one) => one)),
    options: labelOptions.parse({ model: 'fake', ...o.options }),
  };
}

const failure = (kind: string, ordinal: number): Failure => ({
  ordinal,
  candidate_id: `q-${ordinal}`,
  name: `q-${ordinal}`,
  category: null,
  benchmark_id: 'bm_1',
  model_id: 'm',
  prompt: `Task ${ordinal}`,
  answer: `Answer ${ordinal}`,
  expected: ordinal % 2 === 0 ? '42' : null,
  score: 1,
  judge: 'rules',
  reason: `Wrong: ${kind}.`,
  criteria: [],
});

function clusterOf(cluster: number, { at, members, total }: { at: number; members: number[]; total: number }): Cluster {
  return {
    cluster,
    group: cluster < 0 ? null : 0,
    size: members.length,
    share: members.length / total,
    terms: ['arithmetic', 'carry', 'subtraction', 'digit'].map((term) => ({ term, weight: 1 })),
    central: members.slice(0, 10),
    edge: members.slice(-3),
    categories: {},
    models: {},
    x: at,
    y: 0,
  };
}
