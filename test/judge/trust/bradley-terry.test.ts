/** Rankings from comparisons equal those of choix, hold the truth as often as they say, and name what cannot be ranked. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Preference } from '../../../src/contracts/judging.ts';
import { type Comparison, rankModels, winProbability } from '../../../src/judge/trust/bradley-terry.ts';
import { connectedGroups, mutualGroups } from '../../../src/judge/trust/comparison-graph.ts';
import { seededRandom } from '../../harness/random.ts';

// Made by reference_figures.py beside it; each comparison is left, right, and who won (0: neither).
const { rankings } = JSON.parse(readFileSync(join(import.meta.dirname, 'reference-figures.json'), 'utf8')) as {
  rankings: { name: string; comparisons: string; strengths: number[] }[];
};
const preferenceOf: Record<string, Preference> = { 0: 'tie', 1: 'a', 2: 'b' };
const read = (written: string): Comparison[] =>
  written.split(' ').map((each) => ({ a: `m${each[0]}`, b: `m${each[1]}`, preference: preferenceOf[each[2]!]! }));

/** "a>b" is a preferred to b, "a=b" a tie, "a?b" undecided. */
const said = (...each: string[]): Comparison[] =>
  each.map((one) => {
    const [, a, sign, b] = /^(\w+)([>=?])(\w+)$/.exec(one) as unknown as [string, string, string, string];
    return { a, b, preference: sign === '>' ? 'a' : sign === '=' ? 'tie' : 'undecided' };
  });

describe('strengths equal those of choix and of a logistic regression', () => {
  test.each(rankings)('$name', ({ comparisons, strengths }) => {
    const got = rankModels(read(comparisons), { repetitions: 1 });
    expect(got.models).toHaveLength(strengths.length);
    expect(got.warnings).toEqual([]);
    for (const { model, strength } of got.models)
      expect(Math.abs(strength - strengths[Number(model.slice(1))]!)).toBeLessThan(1e-7);
  });

  test('of two models: the logarithm of the odds', () => {
    const [first, second] = rankModels(said('x>y', 'x>y', 'x>y', 'y>x')).models;
    expect(first!.strength - second!.strength).toBeCloseTo(Math.log(3), 8);
    expect(winProbability(first!.strength, second!.strength)).toBeCloseTo(0.75, 8);
    expect(first!.elo - second!.elo).toBeCloseTo(400 * Math.log10(3), 6);
    expect(first).toMatchObject({ model: 'x', rank: 1, wins: 3, losses: 1, ties: 0, group: 0 });
  });
});

describe('ties and undecided comparisons', () => {
  const mixed = said('x>y', 'x>y', 'y>x', 'x=y', 'x?y', 'y?x');

  test('count half a win for each', () => {
    const [first, second] = rankModels(mixed).models;
    expect(first!.strength - second!.strength).toBeCloseTo(Math.log(3.5 / 2.5), 8);
    expect(first).toMatchObject({ wins: 2, losses: 1, ties: 3 });
  });

  test('or are left out', () => {
    const [first, second] = rankModels(mixed, { ties: 'left_out' }).models;
    expect(first!.strength - second!.strength).toBeCloseTo(Math.log(2), 8);
  });

  test('alone make equals, of one rank', () => {
    const { models, warnings } = rankModels(said('x=y', 'y?z', 'x=z'));
    expect(models.map(({ rank }) => rank)).toEqual([1, 1, 1]);
    expect(models.every(({ strength }) => Math.abs(strength) < 1e-9)).toBe(true);
    expect(warnings).toEqual([]);
  });
});

describe('what cannot be ranked', () => {
  test('models that no comparison connects are named, and ranked apart', () => {
    const { groups, models, warnings } = rankModels(said('a>b', 'b>c', 'c>a', 'x>y', 'y>x'));
    expect(groups).toEqual([
      ['a', 'b', 'c'],
      ['x', 'y'],
    ]);
    expect(warnings).toEqual([
      'No comparison that counts connects {a, b, c} and {x, y}: models of one cannot be ranked against those of another.',
    ]);
    expect(models.map(({ model, group }) => [model, group])).toEqual([
      ['a', 0],
      ['b', 0],
      ['c', 0],
      ['x', 1],
      ['y', 1],
    ]);
  });

  test('ties that are left out connect nothing', () => {
    const { groups } = rankModels(said('a>b', 'b>a', 'b=c'), { ties: 'left_out' });
    expect(groups).toEqual([['a', 'b'], ['c']]);
  });

  test('one that always wins has finite strength, and a warning', () => {
    const { models, warnings } = rankModels(said('a>b', 'a>c', 'b>c', 'c>b', 'a>b'));
    expect(models[0]).toMatchObject({ model: 'a', rank: 1, losses: 0 });
    expect(models.every(({ strength, interval }) => [strength, ...interval].every(Number.isFinite))).toBe(true);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('{a} and {b, c}');
  });

  test('nothing compared is an empty ranking; a model against itself does not count', () => {
    expect(rankModels([])).toEqual({ models: [], groups: [], comparisons: 0, warnings: [] });
    expect(rankModels(said('a>a')).models).toEqual([]);
  });

  test('groups of wins', () => {
    const wins = [
      [0, 1, 0, 0],
      [0, 0, 1, 0],
      [1, 0, 0, 0],
      [0, 0, 0, 0],
    ];
    expect(connectedGroups(wins)).toEqual([[0, 1, 2], [3]]);
    expect(mutualGroups(wins)).toEqual([[0, 1, 2], [3]]);
    wins[2]![0] = 0;
    expect(connectedGroups(wins)).toEqual([[0, 1, 2], [3]]);
    expect(mutualGroups(wins)).toEqual([[0], [1], [2], [3]]);
  });
});

describe('bootstrap intervals', () => {
  const drawn = (seed: number, n: number): Comparison[] => {
    const random = seededRandom(seed);
    return Array.from({ length: n }, () => {
      const [a, b] = random() < 0.5 ? ['x', 'y'] : ['y', 'z'];
      return { a: a!, b: b!, preference: random() < winProbability(0.5, 0) ? 'a' : 'b' };
    });
  };

  test('the same seed gives the same, another seed another', () => {
    const comparisons = drawn(1, 100);
    const first = rankModels(comparisons, { seed: 3 });
    expect(rankModels(comparisons, { seed: 3 })).toEqual(first);
    expect(rankModels(comparisons, { seed: 4 })).not.toEqual(first);
  });

  test('hold the true strength in about 95 of 100 draws', () => {
    let held = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const { models } = rankModels(drawn(seed, 200), { repetitions: 300, seed });
      const [low, high] = models.find(({ model }) => model === 'x')!.interval;
      if (low <= 0.5 && 0.5 <= high) held += 1;
    }
    expect(held).toBeGreaterThanOrEqual(180);
    expect(held).toBeLessThan(200);
  });

  test('are wider where the comparisons of an item say the same', () => {
    const alone = drawn(5, 60).flatMap((each) => [each, each, each, each]);
    const together = drawn(5, 60).flatMap((each, at) => Array(4).fill({ ...each, item: `i${at}` }) as Comparison[]);
    const width = (comparisons: Comparison[]) => {
      const [low, high] = rankModels(comparisons).models[0]!.interval;
      return high - low;
    };
    expect(width(together)).toBeGreaterThan(1.6 * width(alone));
  });

  test('of ranks: sure where models are far apart, wide where they are alike', () => {
    const far = rankModels(said(...Array(40).fill('x>y'), 'y>x', ...Array(40).fill('y>z'), 'z>y')).models;
    expect(far.map(({ model, rankInterval }) => [model, rankInterval])).toEqual([
      ['x', [1, 1]],
      ['y', [2, 2]],
      ['z', [3, 3]],
    ]);
    const alike = rankModels(said(...Array(10).fill('x>y'), ...Array(11).fill('y>x'))).models;
    expect(alike.map(({ rankInterval }) => rankInterval)).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });
});
