/** The longest common subsequence by words of bits equals the usual table, and long lists take little time and memory. */

import { describe, expect, test } from 'vitest';
import { longestCommon } from '../../../src/judge/similarity/longest-common.ts';
import { seededRandom } from '../../harness/random.ts';

function byTable(a: string[], b: string[]): number {
  let above = new Array<number>(b.length + 1).fill(0);
  for (const token of a) {
    const row = [0];
    b.forEach((other, at) => {
      row.push(token === other ? above[at]! + 1 : Math.max(above[at + 1]!, row[at]!));
    });
    above = row;
  }
  return above.at(-1)!;
}

const drawn = (random: () => number, length: number, different: number) =>
  Array.from({ length }, () => `t${Math.floor(random() * different)}`);

test.each([1, 2, 5, 40, 1000])('equals the table for 300 pairs of lists of %i different tokens', (different) => {
  const random = seededRandom(different);
  for (let round = 0; round < 300; round++) {
    const a = drawn(random, Math.floor(random() * 130), different);
    const b = drawn(random, Math.floor(random() * 130), different);
    expect(longestCommon(a, b)).toBe(byTable(a, b));
  }
});

test('lengths around the ends of words', () => {
  for (const length of [29, 30, 31, 59, 60, 61, 90]) {
    const list = Array.from({ length }, (_, at) => `t${at}`);
    expect(longestCommon(list, list)).toBe(length);
    expect(longestCommon(list, [...list].reverse())).toBe(1);
    expect(longestCommon(list, list.slice(1))).toBe(length - 1);
  }
});

test('nothing in common, and nothing at all', () => {
  expect(longestCommon(['a'], ['b'])).toBe(0);
  expect(longestCommon([], ['b'])).toBe(0);
  expect(longestCommon(['a'], [])).toBe(0);
});

describe('2,000 by 2,000 tokens', () => {
  test.each([
    ['all different', 1_000_000],
    ['two that repeat', 2],
  ])('%s: under 50 ms of processor time and 5 MB', (_, different) => {
    const random = seededRandom(3);
    const [a, b] = [drawn(random, 2000, different), drawn(random, 2000, different)];
    longestCommon(a, b);
    const start = process.cpuUsage().user;
    const before = process.memoryUsage().arrayBuffers;
    longestCommon(a, b);
    expect(process.cpuUsage().user - start).toBeLessThan(50_000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5_000_000);
  });
});

test('50,000 tokens of two kinds take no more than of many', () => {
  const a = Array.from({ length: 25_000 }, (_, at) => (at % 2 === 0 ? 'a' : 'b'));
  const start = process.cpuUsage().user;
  expect(longestCommon(a, [...a, 'c'])).toBe(25_000);
  expect(process.cpuUsage().user - start).toBeLessThan(2_000_000);
});
