/** Which patterns went and which came: counts, intervals against published ones, and later failures put to earlier clusters. */

import { describe, expect, test } from 'vitest';
import { patternComparison } from '../../../src/contracts/mining.ts';
import { assignToClusters, centresOf } from '../../../src/mine/comparison/assign-clusters.ts';
import { comparePatterns, type PairedItem } from '../../../src/mine/comparison/compare-patterns.ts';
import { pairedDifference } from '../../../src/mine/comparison/paired-difference.ts';
import { seededRandom } from '../../harness/random.ts';

const before = { judge_run_id: 'jr_1', model_id: 'm' };
const after = { judge_run_id: 'jr_2', model_id: 'm-tuned' };
const patterns = [0, 1, 2, 3].map((cluster) => ({ cluster, title: `Pattern ${cluster}` }));

let next = 0;
/** `times` items that fail in these clusters; undefined: they pass; null: nobody knows in which. */
const items = (times: number, was: number | null | undefined, is: number | null | undefined): PairedItem[] =>
  Array.from({ length: times }, () => ({
    itemId: `q-${next++}`,
    failedBefore: was !== undefined,
    failedAfter: is !== undefined,
    clusterBefore: was ?? null,
    clusterAfter: is ?? null,
  }));

describe('the interval of a paired difference', () => {
  // The first is that of R's contingencytables 3.1 for the table of Cavo et al. (2012); the others have an empty margin: (0, 0, 20, 0) by hand, two
  // by this very code, which they hold to what it gave.
  test.each([
    [
      [59, 6, 16, 80],
      [-0.1186, -0.0046],
    ],
    [
      [36, 12, 2, 0],
      [0.0569, 0.3404],
    ],
    [
      [54, 0, 0, 0],
      [-0.0664, 0.0664],
    ],
    [
      [0, 0, 20, 0],
      [-1, -0.7721],
    ],
  ] as const)('of %j', ([both, afterOnly, beforeOnly, neither], [low, high]) => {
    const { difference, interval } = pairedDifference({ both, afterOnly, beforeOnly, neither })!;
    expect(difference).toBeCloseTo((afterOnly - beforeOnly) / (both + afterOnly + beforeOnly + neither), 12);
    expect(interval[0]).toBeCloseTo(low, 4);
    expect(interval[1]).toBeCloseTo(high, 4);
  });

  test('of nothing there is none', () =>
    expect(pairedDifference({ both: 0, afterOnly: 0, beforeOnly: 0, neither: 0 })).toBeNull());
});

describe('patterns', () => {
  test('gone, fewer, same and new; a failure that is none of them; one that changed its pattern', () => {
    const all = [
      ...items(20, 0, undefined),
      ...items(10, 1, null),
      ...items(15, 1, undefined),
      ...items(3, 2, 2),
      ...items(2, 2, undefined),
      ...items(2, undefined, 2),
      ...items(12, undefined, 3),
      ...items(4, undefined, -1),
      ...items(1, undefined, null),
      ...items(5, -1, -1),
      ...items(1, 2, 1),
      ...items(125, undefined, undefined),
    ];
    const found = patternComparison.parse(comparePatterns({ items: all, patterns, before, after, notes: ['First.'] }));
    const rows = found.patterns.map((one) => [
      one.n,
      one.failed_before,
      one.failed_after,
      one.mended,
      one.broken,
      one.change,
    ]);
    expect(rows).toEqual([
      [20, 20, 0, 20, 0, 'gone'],
      [26, 25, 11, 15, 1, 'fewer'],
      [8, 6, 5, 3, 2, 'same'],
      [12, 0, 12, 0, 12, 'new'],
    ]);
    expect([found.n, found.overall.failed_before, found.overall.failed_after]).toEqual([200, 56, 38]);
    expect(found.overall).toMatchObject({ n: 200, mended: 37, broken: 19, difference: -0.09, change: 'fewer' });
    expect(found.patterns[0]).toMatchObject({ difference: -1, p: 2 ** -19 });
    for (const { difference, difference_ci: of } of [...found.patterns, found.overall]) {
      expect(of![0]).toBeLessThanOrEqual(difference!);
      expect(of![1]).toBeGreaterThanOrEqual(difference!);
    }
    expect(found.unlike).toBe(4);
    expect(found.notes.map((note) => note.split(' ').slice(0, 3).join(' '))).toEqual([
      'First.',
      'Patterns are made',
      '4 new failures',
      '1 new failures',
      'Of 4 patterns',
    ]);
  });

  test('one item that passes now is no pattern that is gone, and nothing at all is no change', () => {
    const found = comparePatterns({
      items: [...items(1, 0, undefined), ...items(30, undefined, undefined), ...items(2, 1, 1)],
      patterns,
      before,
      after,
    });
    expect(found.patterns.map(({ change, p }) => [change, p])).toEqual([
      ['same', 1],
      ['same', null],
      ['same', null],
      ['same', null],
    ]);
    expect(found.patterns[2]).toMatchObject({ n: 0, difference: null, difference_ci: null });
    const none = comparePatterns({ items: [], patterns: [], before, after });
    expect(patternComparison.parse(none).overall).toMatchObject({ n: 0, difference: null, p: null, change: 'same' });
  });

  test('two runs of equal models: few patterns show a change', () => {
    const random = seededRandom(7);
    let shown = 0;
    for (let round = 0; round < 200; round++) {
      const fails = () => (random() < 0.2 ? 0 : undefined);
      const all = Array.from({ length: 150 }, () => items(1, fails(), fails())).flat();
      if (comparePatterns({ items: all, patterns, before, after }).patterns[0]!.change !== 'same') shown += 1;
    }
    expect(shown).toBeLessThan(20);
  });
});

describe('later failures', () => {
  const random = seededRandom(3);
  const near = (centre: number[], spread = 0.2) =>
    Float32Array.from(centre, (value) => value + (random() - 0.5) * 2 * spread);
  const middles = [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
  ];
  const members = middles.flatMap((middle, cluster) =>
    Array.from({ length: 40 }, () => ({ cluster, vector: near(middle) })),
  );

  test('go by item, else to what they are like, else to nothing', () => {
    const centres = centresOf([...members, { cluster: -1, vector: Float32Array.of(0, 0, 0, 9) }]);
    expect(centres.map(({ cluster }) => cluster)).toEqual([0, 1, 2]);
    const failures = [
      ...middles.map((middle, at) => ({ itemId: `like-${at}`, vector: near(middle, 0.1).map((value) => value * 50) })),
      { itemId: 'strange', vector: Float32Array.of(0, 0, 0, 1) },
      { itemId: 'between', vector: Float32Array.of(1, 1, 0, 0) },
      { itemId: 'known', vector: Float32Array.of(1, 0, 0, 0) },
      { itemId: 'other', vector: Float32Array.of(1, 0, 0, 0) },
      { itemId: 'none', vector: null },
      { itemId: 'zeros', vector: new Float32Array(4) },
      { itemId: 'broken', vector: Float32Array.of(Number.NaN, 1, 0, 0) },
    ];
    const known = new Map([
      ['known', 2],
      ['other', -1],
    ]);
    expect([...assignToClusters(failures, { known, centres }).values()]).toEqual([
      ...[0, 1, 2],
      ...[-1, -1, 2, -1],
      ...[null, null, null],
    ]);
    // Of its own members nearly all come back.
    const again = members.map(({ vector }, at) => ({ itemId: String(at), vector }));
    const back = assignToClusters(again, { known: new Map(), centres });
    expect(members.filter(({ cluster }, at) => back.get(String(at)) === cluster).length).toBeGreaterThan(110);
  });

  test('equal members take their copies and what is as near as members of others are; without clusters nothing is like', () => {
    const equal = Array.from({ length: 5 }, () => ({ cluster: 3, vector: Float32Array.of(0, 0, 0.1, 0.7) }));
    const failures = [
      { itemId: 'copy', vector: Float32Array.of(0, 0, 0.1, 0.7) },
      { itemId: 'near', vector: Float32Array.of(0, 0, 0.2, 0.7) },
    ];
    const put = (from: typeof equal) => [
      ...assignToClusters(failures, { known: new Map(), centres: centresOf(from) }).values(),
    ];
    expect(put(equal)).toEqual([3, -1]);
    expect(put([...members, ...equal])).toEqual([3, 3]);
    expect(put([])).toEqual([-1, -1]);
    expect(() => put([...equal, { cluster: 3, vector: Float32Array.of(1, 0) }])).toThrow(/2 numbers.*4\. Embed both/);
    const centres = centresOf(members.map(({ cluster }) => ({ cluster, vector: Float32Array.of(1, 0) })));
    expect(() => assignToClusters(failures, { known: new Map(), centres })).toThrow('Embed both with the same model');
  });
});
