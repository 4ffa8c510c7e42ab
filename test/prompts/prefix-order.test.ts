/** What the prefix order saves on a simulated paged cache of limited size, beside the bound H* and other orders. */

import { expect, test } from 'vitest';
import { prefixBoundCounter } from '../../src/prompts/prefix-bound.ts';
import { prefixKey } from '../../src/prompts/prefix-key.ts';
import { seededRandom, shuffled } from '../harness/random.ts';
import { simulateCache } from '../scheduler/simulated-cache.ts';
import { nestedPrompts, perfectShare } from './nested-prompts.ts';

const engine = { blocks: 600, inFlight: 16 };

for (const groups of [1, 20, 200]) {
  test(`${groups} groups of nested beginnings: at least 95 % of H*, and no other order saves more`, () => {
    const rows = nestedPrompts({ rows: 3000, groups, seed: groups });
    const bound = perfectShare(rows);
    const saved = (order: typeof rows) => {
      const { prompt, cached } = simulateCache(order, engine);
      return cached / prompt;
    };
    const keyed = rows.map((row) => ({ row, key: prefixKey(row.text) }));
    keyed.sort((a, b) => Buffer.compare(a.key, b.key));
    const ours = saved(keyed.map(({ row }) => row));
    expect(ours).toBeGreaterThan(0.95 * bound);
    const others = {
      file: saved(rows),
      shuffled: saved(shuffled(rows, seededRandom(4))),
      system: saved(rows.toSorted((a, b) => (a.system < b.system ? -1 : a.system > b.system ? 1 : 0))),
    };
    for (const [name, other] of Object.entries(others)) expect(ours, name).toBeGreaterThanOrEqual(other - 0.001);
    if (groups > 1) expect(ours).toBeGreaterThan(others.file * 1.5);

    const counter = prefixBoundCounter(1);
    for (const { row, key } of keyed) counter.add(key, row.text.length);
    // The key's steps are coarser than a character, so the bound it counts is lower, by a step a row at most.
    expect(counter.result().whole).toBeLessThanOrEqual(bound);
    expect(counter.result().whole).toBeGreaterThan(bound - 0.08);
  });
}

test('the simulated cache counts as one that is worked out by hand', () => {
  const shared = 'a'.repeat(128);
  const rows = ['1', '2', '3'].map((own) => ({ text: shared + own.repeat(64), answerTokens: 1 }));
  // 48 tokens a prompt, of which 32 are shared.
  expect(simulateCache(rows, { blocks: 100, inFlight: 2 })).toMatchObject({
    prompt: 144,
    cached: 64,
    cachedOf: [0, 32, 32],
  });
  // Room for the blocks of one row in flight only: what the row before has left is found all the same.
  expect(simulateCache(rows, { blocks: 3, inFlight: 1 })).toMatchObject({ prompt: 144, cached: 64 });
  const strangers = ['x', 'y', 'x'].map((own) => ({ text: own.repeat(192), answerTokens: 1 }));
  expect(simulateCache(strangers, { blocks: 3, inFlight: 1 }).cached).toBe(0);
  expect(simulateCache(strangers, { blocks: 6, inFlight: 1 }).cached).toBe(48);
});
