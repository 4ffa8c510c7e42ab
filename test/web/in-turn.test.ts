/** Requests about the same thing go one after the other; those about others do not wait. */

import { expect, test } from 'vitest';
import { createTurns } from '../../web/src/annotate/in-turn.ts';

test('the second goes when the first has ended, and only the last is the last', async () => {
  const turns = createTurns();
  const log: string[] = [];
  const first = Promise.withResolvers<string>();
  const one = turns.take('a', () => {
    log.push('one');
    return first.promise;
  });
  const two = turns.take('a', async () => {
    log.push('two');
    return 'two';
  });
  const other = turns.take('b', async () => {
    log.push('other');
    return 'other';
  });
  expect(await other).toEqual({ value: 'other', last: true });
  expect(log).toEqual(['one', 'other']);
  expect(turns.idle('a')).toBe(false);
  first.resolve('one');
  expect(await one).toEqual({ value: 'one', last: false });
  expect(await two).toEqual({ value: 'two', last: true });
  expect(turns.idle('a')).toBe(true);
});

test('one that fails does not hold the next up', async () => {
  const turns = createTurns();
  const one = turns.take('a', async () => {
    throw new Error('refused');
  });
  const two = turns.take('a', async () => 'two');
  await expect(one).rejects.toThrow('refused');
  expect(await two).toEqual({ value: 'two', last: true });
});
