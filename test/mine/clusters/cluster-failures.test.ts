/** Clustering by words in its thread: planted patterns, the same again by seed, and input that is small, equal, hostile or wrong. */

import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/compare/random.ts';
import {
  clusterOptions,
  cluster as clusterShape,
  type Failure,
  type FailurePart,
} from '../../../src/contracts/mining.ts';
import { clusterFailures, type ToCluster } from '../../../src/mine/clusters/cluster-failures.ts';
import { adjustedRandIndex } from '../../harness/adjusted-rand-index.ts';
import { agreementWith } from '../../harness/planted-agreement.ts';
import { plantedFailures } from '../../harness/planted-failures.ts';

const { failures: some } = plantedFailures({ n: 60 });
const run = (failures: Failure[], more: Partial<ToCluster> & { asked?: object } = {}) =>
  clusterFailures(failures, {
    options: clusterOptions.parse(more.asked ?? {}),
    vectors: new Map(),
    model: null,
    signal: new AbortController().signal,
    tell: () => undefined,
    ...more,
  });
const alike = (count: number, more: Partial<Failure> = {}) =>
  some
    .slice(0, count)
    .map((each) => ({ ...each, reason: 'The total is wrong', prompt: 'Add 2 and 3.', criteria: [], ...more }));

describe('planted failures', () => {
  const planted = plantedFailures({ n: 900 });

  test('are found again by words, the noise left out, and the same seed gives the same', async () => {
    const notes: unknown[] = [];
    const found = await run(planted.failures, { tell: ({ note }) => notes.push(note) });
    const agreement = agreementWith(planted, found);
    console.log(agreement.text);
    expect(agreement.planted).toBeGreaterThan(0.6);
    expect(agreement.missed).toEqual([]);
    expect(agreement.noiseInOther).toBeGreaterThan(0.9);
    expect(await run(planted.failures)).toEqual(found);
    expect(notes).toContain('finding clusters');

    const { clusters, groups, of, x, y, vectors } = found;
    for (const each of clusters) expect(clusterShape.parse(each)).toEqual(each);
    expect(vectors).toEqual({ by: 'tfidf', model: null });
    expect(clusters.map(({ cluster }) => cluster)).toEqual(
      [...clusters.keys()].map((at) => (at === clusters.length - 1 ? -1 : at)),
    );
    expect(clusters.map(({ size }) => size).slice(0, -1)).toEqual(
      clusters
        .map(({ size }) => size)
        .slice(0, -1)
        .sort((a, b) => b - a),
    );
    expect(clusters.reduce((sum, { size }) => sum + size, 0)).toBe(900);
    for (const { cluster, size, central, edge, models } of clusters) {
      expect(of.filter((each) => each === cluster)).toHaveLength(size);
      expect([...central, ...edge].every((ordinal) => of[ordinal] === cluster)).toBe(true);
      expect(Object.values(models).reduce((sum, count) => sum + count, 0)).toBe(size);
    }
    const dates = clusters.find(({ terms }) => terms.some(({ term }) => term.includes('february')));
    expect(dates?.categories.reasoning).toBeGreaterThan(0.8 * dates!.size);
    expect(groups.flatMap((group) => group.clusters).sort((a, b) => a - b)).toEqual([...clusters.keys()].slice(0, -1));
    expect([...x, ...y].every((value) => value >= -1 && value <= 1)).toBe(true);
  });

  test('come out alike by another seed, and from a sample that the others are put to', async () => {
    const [one, other, sampled] = await Promise.all([
      run(planted.failures),
      run(planted.failures, { asked: { seed: 7 } }),
      run(planted.failures, { asked: { sample: 500 } }),
    ]);
    expect(adjustedRandIndex(one.of, other.of)).toBeGreaterThan(0.8);
    expect(adjustedRandIndex(one.of, sampled.of)).toBeGreaterThan(0.8);
    expect(agreementWith(planted, sampled).noiseInOther).toBeGreaterThan(0.9);
  });

  test('are not found where each failure has words of its own', async () => {
    const random = seededRandom(5);
    const word = () =>
      Array.from(
        { length: 3 },
        () => 'bcdfgklmnprst'[Math.floor(random() * 13)]! + 'aeiou'[Math.floor(random() * 5)]!,
      ).join('');
    const words = () => Array.from({ length: 12 }, word).join(' ');
    const noise = planted.failures
      .slice(0, 400)
      .map((each) => ({ ...each, reason: words(), prompt: words(), criteria: [] }));
    const { of, clusters } = await run(noise);
    expect(of.filter((each) => each >= 0).length).toBeLessThan(0.1 * of.length);
    expect(clusters.at(-1)).toMatchObject({ cluster: -1, group: null });
  });
});

describe('few or equal failures', () => {
  test('none, and one, are told apart', async () => {
    await expect(run([])).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('no failures') });
    await expect(run(some.slice(0, 1))).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('planted-0'),
    });
  });

  test.each([2, 3, 40])('%i equal ones are one cluster', async (count) => {
    const { clusters, of } = await run(alike(count));
    expect([...of]).toEqual(Array(count).fill(0));
    expect(clusters).toMatchObject([{ cluster: 0, size: count, share: 1 }]);
    expect(clusters[0]!.terms[0]!.term).toMatch(/total|add|wrong/);
  });

  test.each([2, 3, 5])('%i that are unlike are "other"', async (count) => {
    const words = ['alpha beta', 'gamma delta', 'epsilon zeta', 'eta theta', 'iota kappa'];
    const unlike = words.slice(0, count).map((reason, at) => ({ ...some[at]!, reason, prompt: reason, criteria: [] }));
    expect([...(await run(unlike)).of]).toEqual(Array(count).fill(-1));
  });

  test('two kinds with values of their own are two clusters', async () => {
    const kinds = Array.from({ length: 40 }, (_, at) => ({
      ...some[at]!,
      prompt: at % 2 ? `Sum ${at}` : `Translate word ${at}`,
      reason: at % 2 ? `expected ${at}, got ${2 * at}` : `The reply is not in French but in English (${at})`,
      criteria: [],
    }));
    const { of } = await run(kinds);
    expect([...of]).toEqual(kinds.map((_, at) => of[at % 2]));
    expect(new Set(of)).toEqual(new Set([0, 1]));
  });
});

describe('bad input', () => {
  test('hostile, huge and empty texts neither break it nor are taken for alike', async () => {
    const texts = [
      '\0\u0007',
      '\uD800 broken',
      '__proto__ constructor',
      '('.repeat(100_000),
      'a'.repeat(1_000_000),
      '',
      '٣ ३ 数学 の',
    ];
    const hostile = texts.map((text, at) => ({
      ...some[at]!,
      reason: text,
      prompt: text,
      answer: text,
      category: '__proto__',
    }));
    const { clusters, of, x, y } = await run([...hostile, ...alike(20)]);
    expect([...of.slice(7)]).toEqual(Array(20).fill(0));
    expect([...of.slice(0, 7)]).toEqual(Array(7).fill(-1));
    expect([...x, ...y].every(Number.isFinite)).toBe(true);
    expect(Object.keys(clusters.at(-1)!.categories)).toEqual(['__proto__']);
  });

  test('rows of a model that are missing are "other" unless words or other parts tell', async () => {
    const rows = Float32Array.from({ length: 40 * 8 }, (_, at) =>
      at < 32 ? (at < 16 ? 0 : Number.NaN) : (at >> 3) % 2 === at % 2 ? 1 : 0,
    );
    const vectors = new Map<FailurePart, Float32Array<ArrayBuffer> | null>([['reason', rows]]);
    const { of } = await run(alike(40), { vectors, model: 'm', asked: { weights: { prompt: 0 } } });
    expect([...of.slice(0, 4)]).toEqual([-1, -1, -1, -1]);
    expect([...of.slice(4)].every((each, at) => each === of[4 + (at % 2)])).toBe(true);
    expect(rows).toHaveLength(0);
  });

  test('vectors that do not fit, and weights of nothing, are named', async () => {
    const vectors = new Map<FailurePart, Float32Array<ArrayBuffer> | null>([['prompt', new Float32Array(7)]]);
    await expect(run(some, { vectors })).rejects.toMatchObject({ code: 'invalid_parameter', param: 'vectors.prompt' });
    const asked = { weights: { reason: 0, prompt: 0 } };
    await expect(run(some, { asked })).rejects.toMatchObject({ code: 'invalid_parameter', param: 'cluster.weights' });
  });

  test('an abort ends it with its reason', async () => {
    const ending = new AbortController();
    const reason = new Error('enough');
    const going = run(plantedFailures({ n: 3000 }).failures, {
      signal: ending.signal,
      tell: () => ending.abort(reason),
    });
    await expect(going).rejects.toBe(reason);
  });
});
