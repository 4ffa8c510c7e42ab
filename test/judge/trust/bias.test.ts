/** Bias checks find what simulated judges are made to do, and nothing in those that do not. */

import { describe, expect, test } from 'vitest';
import type { Preference } from '../../../src/contracts/judging.ts';
import { familyBias, lengthBias, modelFamily, orderBias, positionBias } from '../../../src/judge/trust/bias.ts';
import { correlationWithin } from '../../../src/judge/trust/permutation.ts';
import { seededRandom } from '../../harness/random.ts';

/** Evenly from -1 to 1. */
const noise = (random: () => number) => 2 * random() - 1;

describe('position in the call', () => {
  /** 40 calls of 10 answers; each place lowers the score, and each call has its own level. */
  const rows = (lower: number, seed = 1) => {
    const random = seededRandom(seed);
    return Array.from({ length: 400 }, (_, at) => {
      const call = Math.floor(at / 10);
      const position = at % 10;
      return { position, call: `c${call}`, score: 6 + (call % 7) / 2 - lower * position + noise(random) };
    });
  };

  test('a score that falls along the call is found, with its slope and the mean of each place', () => {
    const got = positionBias(rows(0.1));
    expect(got).toMatchObject({ n: 400, found: true });
    expect(got.effect).toBeCloseTo(-0.1, 1);
    expect(got.p).toBeLessThan(0.01);
    expect(got.correlation).toBeLessThan(-0.3);
    expect(got.sentence).toMatch(
      /^Position in the call: the score falls by 0\.(?:09|1\d) a place \(400 rows, p below 0\.001\)\.$/,
    );
    expect(got.means).toHaveLength(10);
    const plain = rows(0.1).filter(({ position }) => position === 3);
    expect(got.means[3]!.n).toBe(40);
    expect(got.means[3]!.mean).toBeCloseTo(plain.reduce((sum, { score }) => sum + score, 0) / 40, 12);
  });

  test('a judge without it is not accused, but for some 5 of 100', () => {
    const accused = Array.from({ length: 100 }, (_, seed) => positionBias(rows(0, seed + 1), { repetitions: 200 }));
    expect(accused.filter(({ found }) => found).length).toBeLessThan(13);
    expect(accused[0]!.sentence).toContain('nothing beyond chance');
  });

  test('cannot be told where nothing varies', () => {
    const got = positionBias([{ position: 0, score: 7, call: 'c' }]);
    expect(got).toMatchObject({ n: 1, effect: null, p: null, found: false });
    expect(positionBias([])).toMatchObject({ n: 0, effect: null, means: [] });
  });
});

describe('order of two answers', () => {
  const pairs = (...each: [ab: Preference, ba: Preference, count: number][]) =>
    each.flatMap(([ab, ba, count]) => Array.from({ length: count }, () => ({ ab, ba })));

  test('flips are counted, and the preferred place is named', () => {
    const got = orderBias(pairs(['a', 'a', 40], ['b', 'b', 20], ['a', 'b', 30], ['b', 'a', 5], ['tie', 'a', 5]));
    expect(got).toMatchObject({ n: 100, effect: 0.4, first: 30, second: 5, found: true });
    expect(got.flips).toMatchObject({ hits: 40, n: 100 });
    expect(got.sentence).toContain('Order: 40.0 % of 100 verdicts change with the order');
    expect(got.sentence).toContain('prefers the answer that stands first (30 first, 5 second, p below 0.001)');
  });

  test('a judge that guesses flips without preferring a place', () => {
    const got = orderBias(pairs(['a', 'a', 25], ['b', 'b', 25], ['a', 'b', 26], ['b', 'a', 24]));
    expect(got).toMatchObject({ effect: 0.5, found: false });
    expect(got.sentence).toContain('no place is preferred beyond chance');
  });

  test('no flip, and no pair', () => {
    expect(orderBias(pairs(['a', 'a', 3]))).toMatchObject({ effect: 0, p: null, found: false });
    expect(orderBias([])).toMatchObject({ n: 0, effect: null, p: null });
  });
});

describe('length', () => {
  /** Good answers are longer and score higher; beyond that a doubled length adds `more`. */
  const rows = (more: number, labelled = true) => {
    const random = seededRandom(4);
    return Array.from({ length: 600 }, () => {
      const good = random() < 0.5;
      const doublings = 5 + (good ? 2 : 0) + 2 * noise(random);
      return {
        characters: Math.round(2 ** doublings),
        score: (good ? 8 : 4) + more * doublings + noise(random),
        label: labelled ? (good ? 'pass' : 'fail') : null,
      };
    });
  };

  test('that only comes with quality is no bias', () => {
    const got = lengthBias(rows(0));
    expect(got).toMatchObject({ n: 600, found: false });
    expect(Math.abs(got.correlation!)).toBeLessThan(0.1);
  });

  test('that adds to the score beyond quality is one', () => {
    const got = lengthBias(rows(0.3));
    expect(got).toMatchObject({ found: true });
    expect(got.effect).toBeCloseTo(0.3, 1);
    expect(got.sentence).toMatch(/^Length: the score rises by 0\.[23]\d when the length doubles \(600 rows/);
  });

  test('without labels it may be quality, and the sentence says so', () => {
    const got = lengthBias(rows(0, false));
    expect(got.found).toBe(true);
    expect(got.sentence).toContain('None of the answers has a label, so this may be quality.');
  });
});

describe('own family', () => {
  const rows = (kinder: number) => {
    const random = seededRandom(9);
    return Array.from({ length: 300 }, () => {
      const own = random() < 0.4;
      // The judge's own family is better: that alone is no bias.
      const good = random() < (own ? 0.8 : 0.4);
      return { own, label: good ? 'pass' : 'fail', score: (good ? 8 : 4) + (own ? kinder : 0) + noise(random) };
    });
  };

  test('better answers of its own are no bias, higher scores for the same are', () => {
    expect(familyBias(rows(0)).found).toBe(false);
    const got = familyBias(rows(0.8));
    expect(got.found).toBe(true);
    expect(got.effect).toBeCloseTo(0.8, 0);
    expect(got.sentence).toMatch(/^Own family: answers of the judge's own family score 0\.\d\d higher \(300 rows/);
    expect(familyBias(rows(-0.8)).sentence).toContain('lower');
  });

  test('cannot be told where there are none of the others', () => {
    expect(familyBias([{ own: true, label: 'pass', score: 3 }])).toMatchObject({ effect: null, found: false });
  });

  test.each([
    ['Qwen/Qwen2.5-7B-Instruct', 'qwen'],
    ['qwen2.5-coder-1.5b', 'qwen'],
    ['smollm2-135m', 'smollm'],
    ['gpt-4o-mini', 'gpt'],
    ['meta-llama/Meta-Llama-3-8B', 'llama'],
    ['llama-7b', 'llama'],
    ['7b', '7b'],
  ])('%s is %s', (model, family) => {
    expect(modelFamily(model)).toBe(family);
  });
});

describe('correlation with a permutation test', () => {
  const rows = Array.from({ length: 8 }, (_, x) => ({ x, y: [1, 3, 2, 5, 4, 7, 8, 6][x]!, stratum: '' }));

  test('is that of Pearson in one stratum', () => {
    const mean = { x: 3.5, y: 4.5 };
    const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((all, row) => all + of(row), 0);
    const xy = sum(({ x, y }) => (x - mean.x) * (y - mean.y));
    const [xx, yy] = [sum(({ x }) => (x - mean.x) ** 2), sum(({ y }) => (y - mean.y) ** 2)];
    const got = correlationWithin(rows);
    expect(got.correlation).toBeCloseTo(xy / Math.sqrt(xx * yy), 12);
    expect(got.slope).toBeCloseTo(xy / xx, 12);
  });

  test('p is near the exact share of all orders', () => {
    const few = rows.slice(0, 5);
    const all = orders(few.map(({ y }) => y));
    const product = (ys: number[]) => Math.abs(few.reduce((sum, { x }, at) => sum + (x - 2) * (ys[at]! - 3), 0));
    const exact = all.filter((ys) => product(ys) >= product(few.map(({ y }) => y))).length / all.length;
    expect(correlationWithin(few, { repetitions: 20_000 }).p).toBeCloseTo(exact, 1.7);
  });

  test('values are exchanged within a stratum only', () => {
    // In the second stratum x never varies, so its large values may not be mixed into the first.
    const large = rows.map(({ y }) => ({ x: 0, y: 1000 * y, stratum: 'second' }));
    expect(correlationWithin(rows).p).toBeLessThan(0.03);
    expect(correlationWithin([...rows, ...large]).p).toBeLessThan(0.03);
  });

  test('the same seed gives the same p; it is never 0', () => {
    expect(correlationWithin(rows, { seed: 2 })).toEqual(correlationWithin(rows, { seed: 2 }));
    const sure = Array.from({ length: 50 }, (_, x) => ({ x, y: x, stratum: '' }));
    expect(correlationWithin(sure, { repetitions: 99 }).p).toBe(0.01);
  });
});

function orders(list: number[]): number[][] {
  if (list.length === 0) return [[]];
  return list.flatMap((each, at) => orders(list.filter((_, other) => other !== at)).map((rest) => [each, ...rest]));
}
