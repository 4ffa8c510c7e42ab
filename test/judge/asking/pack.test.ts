/** Calls filled by number and tokens, ids without sense, and halves. */

import { describe, expect, test } from 'vitest';
import { placed } from '../../../src/judge/asking/batch-prompt.ts';
import { askAgain } from '../../../src/judge/asking/halves.ts';
import { opaqueIds, randomOf, shuffled } from '../../../src/judge/asking/opaque-ids.ts';
import { packCalls } from '../../../src/judge/asking/pack.ts';

const short = (n: number) => Array.from({ length: n }, () => ({ tokens: 100 }));
const each = (n: number) => Array.from({ length: n }, (_, at) => at);
const sorted = (calls: number[][]) => calls.flat().sort((a, b) => a - b);

describe('packing', () => {
  test('20,000 short answers, 50 a call, are 400 calls', () => {
    const calls = packCalls(short(20_000), { perCall: 50, maxTokens: 1e6, seed: '1' });
    expect(calls.length).toBe(400);
    expect(calls.every((call) => call.length === 50)).toBe(true);
    expect(sorted(calls)).toEqual(each(20_000));
  });

  test('random lengths: each once, within both bounds unless alone, and close to as few calls as can be', () => {
    const random = randomOf('lengths');
    for (let round = 0; round < 30; round++) {
      const items = Array.from({ length: 400 }, () => ({
        tokens: Math.ceil(3000 ** random() * (random() < 0.02 ? 10 : 1)),
      }));
      const calls = packCalls(items, { perCall: 10, maxTokens: 3000, seed: `${round}` });
      expect(sorted(calls)).toEqual(each(400));
      const tokens = calls.map((call) => call.reduce((sum, at) => sum + items[at]!.tokens, 0));
      calls.forEach((call, at) => {
        expect(call.length).toBeLessThanOrEqual(10);
        if (call.length > 1) expect(tokens[at]).toBeLessThanOrEqual(3000);
      });
      expect(calls.length).toBeLessThanOrEqual(1.25 * (40 + tokens.filter((sum) => sum > 1500).length));
    }
  });

  test('one that is too long goes alone, and drives none out', () => {
    const items = [...short(5), { tokens: 9000 }, ...short(5)];
    const calls = packCalls(items, { perCall: 10, maxTokens: 1000, seed: 'x' });
    expect(calls.filter((call) => call.includes(5))).toEqual([[5]]);
    expect(calls.length).toBe(2);
  });

  test('the seed says the order, and only the seed', () => {
    const of = (seed: string) => packCalls(short(100), { perCall: 10, maxTokens: 1e6, seed });
    expect(of('a')).toEqual(of('a'));
    expect(of('a')).not.toEqual(of('b'));
    expect(of('a')[0]).not.toEqual(each(10));
  });

  test('none, and one a call', () => {
    expect(packCalls([], { perCall: 10, maxTokens: 10, seed: '' })).toEqual([]);
    expect(packCalls(short(3), { perCall: 1, maxTokens: 1e6, seed: '' }).map((call) => call.length)).toEqual([1, 1, 1]);
  });
});

describe('ids', () => {
  test('are short, no words, and repeat by their seed alone', () => {
    for (let round = 0; round < 50; round++) {
      const ids = opaqueIds(50, `seed ${round}`);
      expect(ids).toEqual(opaqueIds(50, `seed ${round}`));
      for (const id of ids) {
        expect(id).toMatch(/^[bcdfghjkmnpqrstvwxz][bcdfghjkmnpqrstvwxz2-9]{5}$/);
        expect(id).toMatch(/\d/);
      }
    }
    const many = each(2000).flatMap((seed) => opaqueIds(1, `${seed}`));
    expect(new Set(many).size).toBe(2000);
  });

  test('one wrong character makes no id of another', () => {
    const ids = opaqueIds(5000, 'many');
    const withoutOne = ids.flatMap((id) => each(6).map((at) => `${id.slice(0, at)}*${id.slice(at + 1)}`));
    expect(new Set(withoutOne).size).toBe(6 * 5000);
  });

  test('every order is as likely as every other', () => {
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 6000; seed++) {
      const order = shuffled(3, `${seed}`).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    // Six standard deviations of a binomial count of 6000 tries at 1/6.
    for (const count of counts.values())
      expect(Math.abs(count - 1000)).toBeLessThan(6 * Math.sqrt(6000 * (1 / 6) * (5 / 6)));
  });

  test('items take their places with their ids', () => {
    const items = each(20).map((at) => ({ answer: `${at}` }));
    const places = placed(items, 'seed');
    expect(places.map(({ id }) => id)).toEqual(opaqueIds(20, 'seed'));
    expect(places.map(({ from }) => from)).toEqual(shuffled(20, 'seed'));
    for (const { answer, from } of places) expect(answer).toBe(`${from}`);
  });
});

test.each([
  [['a', 'b', 'c'], 4, [['a', 'b'], ['c']]],
  [['a', 'b', 'c'], 50, [['a', 'b', 'c']]],
  [each(50), 50, [each(25), each(50).slice(25)]],
  [
    each(7),
    9,
    [
      [0, 1, 2, 3],
      [4, 5, 6],
    ],
  ],
  [each(3), 3, [[0, 1], [2]]],
  [['a', 'b'], 2, [['a'], ['b']]],
  [['a'], 1, []],
  [[], 10, []],
])('%j of a call of %i are asked again as %j', (ids, size, groups) => {
  expect(askAgain<unknown>(ids, size)).toEqual(groups);
});

test('halves come down from 50 to one in six rounds, if a judge never gives a verdict', () => {
  const sizes = [50];
  for (let groups = askAgain(each(50), 50); groups.length > 0; groups = askAgain(groups[0]!, groups[0]!.length))
    sizes.push(groups[0]!.length);
  expect(sizes).toEqual([50, 25, 13, 7, 4, 2, 1]);
});
