/** Which items a run is over: all, the first, a seeded sample; examples left out. */

import { expect, test } from 'vitest';
import { chooseItems } from '../../src/runs/choose-items.ts';

const choose = (more: object) => {
  const chosen = chooseItems({ items: 100, excluded: new Set(), limit: null, sample: null, seed: 1, ...more });
  return chosen === null ? null : [...chosen];
};

test('all items are no list; a limit takes the first ones that are not left out', () => {
  expect(choose({})).toBe(null);
  expect(choose({ limit: 100, sample: 200 })).toBe(null);
  expect(choose({ limit: 3 })).toEqual([0, 1, 2]);
  expect(choose({ limit: 3, excluded: new Set([0, 2]) })).toEqual([1, 3, 4]);
  expect(choose({ excluded: new Set([5]) })).toHaveLength(99);
});

test('a sample is ascending, without doubles, the same for its seed, part of a larger one, and another for another seed', () => {
  const ten = choose({ sample: 10 })!;
  expect(new Set(ten).size).toBe(10);
  expect(ten).toEqual(ten.toSorted((a, b) => a - b));
  expect(choose({ sample: 10 })).toEqual(ten);
  expect(choose({ sample: 40 })).toEqual(expect.arrayContaining(ten));
  expect(choose({ sample: 10, seed: 2 })).not.toEqual(ten);
  expect(choose({ sample: 10, limit: 12 })!.every((ordinal) => ordinal < 12)).toBe(true);
});

test('every item comes up about as often as the others', () => {
  const seen = new Int32Array(20);
  for (let seed = 0; seed < 2000; seed++) {
    for (const ordinal of chooseItems({ items: 20, excluded: new Set(), limit: null, sample: 5, seed })!)
      seen[ordinal]! += 1;
  }
  // 500 expected, with a standard deviation of 19.
  for (const count of seen) expect(Math.abs(count - 500)).toBeLessThan(100);
});
