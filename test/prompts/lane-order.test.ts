/** The order for slots with a cache each, against other orders on simulated slots. */

import { expect, test } from 'vitest';
import { laneOrder } from '../../src/prompts/lane-order.ts';
import { prefixBoundCounter } from '../../src/prompts/prefix-bound.ts';
import { prefixKey } from '../../src/prompts/prefix-key.ts';
import { seededRandom, shuffled } from '../harness/random.ts';
import { type Prompted, simulateSlots } from '../scheduler/simulated-slots.ts';
import { workRow } from '../scheduler/work-row.ts';

type Row = Prompted & { key: Buffer; row: ReturnType<typeof workRow> };

/** `sizes[g]` rows of group g: 2,500 characters that the group shares, then some of their own; shuffled. */
function grouped(sizes: number[], seed: number): Row[] {
  const random = seededRandom(seed);
  const rows = sizes.flatMap((count, group) =>
    Array.from({ length: count }, (_, i) => {
      const text = `${`Group ${group}. `.repeat(300).slice(0, 2500)}row ${i} ${'x'.repeat(Math.floor(random() * 400))}`;
      const key = prefixKey(text);
      const row = { ...workRow(group * 10_000 + i), prefixKey: key };
      return { text, answerChars: 50 + Math.floor(random() * 400), key, row };
    }),
  );
  return shuffled(rows, random);
}

const sorted = (rows: Row[]): Row[] => rows.toSorted((a, b) => Buffer.compare(a.key, b.key));

function forLanes(rows: Row[], slots: number): Row[] {
  const inOrder = sorted(rows);
  const lanes = laneOrder(slots, inOrder.length);
  for (const { key, text } of inOrder) lanes.add(key, text.length);
  return Array.from(lanes.order(), (place) => inOrder[place]!);
}

/** Share of the prompts that was not evaluated, and the bound for such an engine. */
function shares(rows: Row[], slots: number, evaluated: number) {
  const all = rows.reduce((sum, { text }) => sum + text.length, 0);
  const counter = prefixBoundCounter(slots);
  for (const { key, text } of sorted(rows)) counter.add(key, text.length);
  return { saved: 1 - evaluated / all, bound: counter.result() };
}

test('every row has its place once, whatever the number of rows and slots', () => {
  for (const [count, slots] of [
    [0, 4],
    [1, 4],
    [3, 4],
    [4, 4],
    [100, 1],
    [101, 7],
    [5, 16],
  ] as const) {
    const rows = grouped([count], 1);
    expect(
      forLanes(rows, slots)
        .map((row) => row.row.line)
        .sort((a, b) => a - b),
    ).toEqual(Array.from({ length: count }, (_, i) => i));
  }
});

test('four groups on one, two and four slots: never slower than file order, shuffled or sorted, and near the bound', () => {
  for (const sizes of [[64, 64, 64, 64], [150, 60, 30, 16], [256], Array.from({ length: 32 }, () => 8)]) {
    const rows = grouped(sizes, 3);
    for (const slots of [1, 2, 4]) {
      const ours = simulateSlots(forLanes(rows, slots), { slots, lanes: true });
      const others = {
        file: simulateSlots(rows, { slots, lanes: false }),
        shuffled: simulateSlots(shuffled(rows, seededRandom(9)), { slots, lanes: false }),
        sorted: simulateSlots(sorted(rows), { slots, lanes: false }),
        'sorted, lanes': simulateSlots(sorted(rows), { slots, lanes: true }),
      };
      const at = `${sizes.length} groups on ${slots} slots`;
      for (const [name, other] of Object.entries(others))
        expect(ours.ms, `${at}: ${name} took ${other.ms} ms`).toBeLessThan(other.ms * 1.03);
      const { saved, bound } = shares(rows, slots, ours.evaluated);
      expect(saved, `${at}: bounds ${bound.perSlot} and ${bound.whole}`).toBeGreaterThan(0.95 * bound.perSlot);
      expect(saved, `${at}: of the whole bound`).toBeGreaterThan(0.93 * bound.whole);
    }
  }
});

test('parts of unequal groups end together', () => {
  const rows = grouped([200, 20, 20, 16], 5);
  const one = simulateSlots(forLanes(rows, 1), { slots: 1, lanes: true });
  const four = simulateSlots(forLanes(rows, 4), { slots: 4, lanes: true });
  expect(four.ms).toBeLessThan((one.ms / 4) * 1.1);
});

test('each prefix is evaluated by one slot, and by a second one only at the border of two parts', () => {
  for (const [sizes, slots] of [
    [[500, 500, 500, 500], 4],
    [[500, 500], 2],
    [Array.from({ length: 50 }, () => 40), 4],
    [[900, 500, 300, 300], 4],
  ] as const) {
    const rows = grouped([...sizes], 11);
    const own = rows.reduce((sum, { text }) => sum + text.length - 2500, 0);
    const { evaluated } = simulateSlots(forLanes(rows, slots), { slots, lanes: true });
    const prefixes = (evaluated - own) / 2500;
    expect(prefixes, `${sizes.length} groups on ${slots} slots`).toBeLessThan(sizes.length + slots);
  }
});
