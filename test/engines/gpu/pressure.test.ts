/** How much a run may have in flight as the memory of its card fills. */

import { expect, test } from 'vitest';
import { openPressure } from '../../../src/engines/gpu/pressure.ts';

const GB = 1024 ** 3;

function card() {
  let used = 2 * GB;
  let at = 0;
  const share = openPressure({
    gpus: () => [{ index: 0, name: 'card', memory_used_bytes: used, memory_total_bytes: 16 * GB }],
    warningShare: 0.875,
    now: () => at,
  });
  return {
    share,
    uses: (gb: number) => void (used = gb * GB),
    after: (seconds: number) => void (at += seconds * 1000),
  };
}

test('nothing is held back below the warning; from there less and less, at once', () => {
  const { share, uses } = card();
  expect(share()).toBe(1);
  uses(13.9);
  expect(share()).toBe(1);
  uses(15);
  expect(share()).toBeCloseTo(0.55, 5);
  uses(16);
  expect(share()).toBeCloseTo(0.1, 5);
});

test('when memory is free again more is let in, a tenth a second', () => {
  const { share, uses, after } = card();
  share();
  uses(16);
  share();
  uses(4);
  expect(share()).toBeCloseTo(0.1, 5);
  after(3);
  expect(share()).toBeCloseTo(0.4, 5);
  after(60);
  expect(share()).toBe(1);
});

test('a card that an engine has filled before the run does not hold it back', () => {
  const { share, uses } = card();
  uses(15.5);
  expect(share()).toBe(1);
  expect(share()).toBe(1);
  uses(15.52);
  expect(share()).toBe(1);
  uses(15.7);
  expect(share()).toBeLessThan(0.4);
});

test('no card, or one that tells nothing: nothing is held back', () => {
  expect(openPressure({ gpus: () => [], warningShare: 0.5 })()).toBe(1);
  const silent = { index: 0, name: 'unified', memory_used_bytes: null, memory_total_bytes: null };
  expect(openPressure({ gpus: () => [silent], warningShare: 0.5 })()).toBe(1);
});
