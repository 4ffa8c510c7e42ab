/** Each model stands in each block about as often, and always in the same one of an item. */

import { expect, test } from 'vitest';
import { slotOrder } from '../../../../src/curate/label-studio/task/slot-order.ts';

test('all orders of three models are about as frequent', () => {
  const models = ['m1', 'm2', 'm3'];
  const counts = new Map<string, number>();
  for (let at = 0; at < 6000; at++) {
    const order = Object.values(slotOrder({ seed: 1, itemId: `i${at}`, models })).join();
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  // Chi squared with 5 degrees of freedom; 20.5 is exceeded by chance once in a thousand.
  const chi = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
  expect(counts.size).toBe(6);
  expect(chi).toBeLessThan(20.5);
});

test('an item keeps its order, whatever order the models are named in; another seed draws anew', () => {
  const models = Array.from({ length: 26 }, (_, at) => `model ${at}`);
  const order = slotOrder({ seed: 3, itemId: 'x', models });
  expect(Object.keys(order).join('')).toBe('abcdefghijklmnopqrstuvwxyz');
  expect(Object.values(order).sort()).toEqual([...models].sort());
  expect(slotOrder({ seed: 3, itemId: 'x', models: models.toReversed() })).toEqual(order);
  expect(slotOrder({ seed: 4, itemId: 'x', models })).not.toEqual(order);
  // Tasks that are there were drawn so: another draw would say what is said of one model's answer of another's.
  expect(slotOrder({ seed: 1, itemId: 'i1', models: ['m1', 'm2', 'm3'] })).toEqual({ a: 'm2', b: 'm1', c: 'm3' });
});
